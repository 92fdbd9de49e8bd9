"""What is bought: families of products by what they bring, and which go together."""

import datetime as dt
from functools import partial
from typing import Annotated, cast

import msgspec
from msgspec import Meta

from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.response import MoneyStamp, RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.serving.small_groups import hide_counts, hides_small, is_small, keep_large
from clientela.store.earlier_runs import find_run_since, list_past
from clientela.store.read import Reader, Row

UNSOLD_SINCE = ("90_days", "30_days")
ProductFamily = derive_schema(
    "ProductFamily",
    "Products that are variants of one thing, and who buys them.",
    "products",
    product_ids=list[str],
    insiders=int | None,
)
ProductPair = derive_schema("ProductPair", "Two families ordered together.", "product_pairs")
ProductsAnswer = define_schema(
    "ProductsAnswer",
    "The families of most revenue, and the pairs that chance explains least.",
    {"products": list_of(ProductFamily), "pairs": list_of(ProductPair)},
    MoneyStamp,
)


def read_products(request: AnyRequest, reader: Reader) -> tuple[list[Row], list[Row]]:
    """Read families and pairs, without groups that who asks may not see."""
    rows = keep_large(request, reader.table("products").content)
    if hides_small(request):
        small = {"repeat_share": None, "first_returned_share": None, "insiders": None}
        rows = [
            row
            | hide_counts({"first_customers": cast(int, row["first_customers"])})
            | {name: value for name, value in small.items() if is_small(_count(row, name))}
            for row in rows
        ]
    return rows, reader.table("product_pairs").content


def _count(row: Row, name: str) -> object:
    """Return of how many customers a value tells."""
    share = row[name]
    if name == "insiders" or not isinstance(share, float):
        return share
    base = row["customers" if name == "repeat_share" else "first_customers"]
    return share * base if isinstance(base, int) else None


@read(
    "/v1/products",
    right="aggregates",
    tag="Products",
    summary="Read what is bought, and what goes together",
    responses=answers(ProductsAnswer),
)
async def list_products(request: AnyRequest) -> RawJsonResponse:
    """Return product families by revenue, and pairs of them; none where lines name no product."""
    results = get_results(request)
    run = await results.read_run()
    products, pairs = await results.ask(lambda reader: read_products(request, reader))
    return RawJsonResponse(
        ProductsAnswer(
            run.run_id,
            run.as_of,
            run.currency,
            [msgspec.convert(row, ProductFamily) for row in products],
            [msgspec.convert(row, ProductPair) for row in pairs],
        )
    )


UnsoldFamily = define_schema(
    "UnsoldFamily",
    "Products of one family that no order held since a day.",
    {
        "family": str,
        "name": str,
        "product_ids": list[str],
        "revenue": Annotated[float, Meta(description="What they brought before, net of returns")],
        "customers": Annotated[int, Meta(description="Who ever bought them")],
    },
)
UnsoldAnswer = define_schema(
    "UnsoldAnswer",
    "What rests on the shelf, the largest revenue of before first.",
    {
        "since_run_id": Annotated[str | None, Meta(description="None where no run is that old")],
        "since": Annotated[dt.date | None, Meta(description="The day that run looked from")],
        "products": list_of(UnsoldFamily),
    },
    MoneyStamp,
)


def read_unsold(
    request: AnyRequest, reader: Reader
) -> tuple[str | None, dt.date | None, list[Row]]:
    """Read what no order held since a run of a quarter or a month before, which comes first.

    Those that had brought most come first; no run and nothing where none is that old.
    """
    past = list_past(reader)
    run_id = next(filter(None, (find_run_since(past, since) for since in UNSOLD_SINCE)), None)
    if run_id is None:
        return None, None, []
    then = reader.table("products", run_id).content
    orders = {row["family"]: row["orders"] for row in then}
    families, _ = read_products(request, reader)
    resting = [row for row in families if orders.get(row["family"]) == row["orders"]]
    return run_id, past[run_id], sorted(resting, key=lambda row: -cast(float, row["revenue"]))


@read(
    "/v1/products/unsold",
    right="aggregates",
    tag="Products",
    summary="Read what no order held of late",
    responses=answers(UnsoldAnswer),
)
async def list_unsold_products(request: AnyRequest) -> RawJsonResponse:
    """Return the families in no order since a run of a quarter before, else of a month before."""
    results = get_results(request)
    run = await results.read_run()
    read = partial(read_unsold, request)
    run_id, since, rows = await results.ask(read, long=True)
    products = [msgspec.convert(row, UnsoldFamily) for row in rows]
    stamp = (run.run_id, run.as_of, run.currency)
    return RawJsonResponse(UnsoldAnswer(*stamp, run_id, since, products))
