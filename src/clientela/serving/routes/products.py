"""What is bought: families of products by what they bring, and which go together."""

from typing import cast

import msgspec

from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.response import MONEY_EXAMPLE, MoneyStamp, RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.serving.small_groups import hide_counts, hides_small, is_small, keep_large
from clientela.store.read import Reader, Row

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
EXAMPLE = {
    **MONEY_EXAMPLE,
    "products": [
        {
            "position": 1,
            "family": "22386",
            "name": "JUMBO BAG",
            "variants": 14,
            "product_ids": ["21928", "22386"],
            "revenue": 265210.4,
            "revenue_share": 0.031,
            "customers": 1204,
            "orders": 4410,
            "repeat_share": 0.52,
            "first_customers": 310,
            "first_returned_share": 0.71,
            "insiders": 188,
        }
    ],
    "pairs": [
        {
            "position": 1,
            "first": "22386",
            "second": "20725",
            "first_name": "JUMBO BAG",
            "second_name": "LUNCH BAG",
            "orders": 1411,
            "support": 0.074,
            "confidence": 0.32,
            "lift": 1.9,
        }
    ],
}


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
    responses=answers(ProductsAnswer, EXAMPLE),
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
