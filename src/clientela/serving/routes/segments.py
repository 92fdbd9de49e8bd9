"""The segments of the published run."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Annotated, cast
from zlib import crc32

import msgspec
from litestar.types import ASGIApp
from msgspec import Meta

from clientela.contract.result_table import LANGS
from clientela.i18n import Lang
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest, NotFoundProblem
from clientela.serving.request import LangQuery, SinceQuery, check_language
from clientela.serving.response import MoneyStamp, RawJsonResponse, respond_by_version
from clientela.serving.results import get_results
from clientela.serving.routes.customers import SegmentPath
from clientela.serving.routes.products import read_products
from clientela.serving.routes.run_comparison import RunQuery
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.serving.segment_measures import (
    MEASURES,
    add_counts,
    find_compared,
    measure,
    sum_counts,
)
from clientela.serving.small_groups import keep_large, keep_parts
from clientela.store.earlier_runs import (
    find_pair,
    find_run_since,
    list_kept,
    list_past,
    read_segment_sizes,
)
from clientela.store.filters import PREVIOUS, Condition
from clientela.store.read import Reader, Row
from clientela.store.segment_flows import read_flows
from clientela.store.segment_labels import read_given

SegmentMonth = derive_schema(
    "SegmentMonth",
    "A month of the year: a segment's orders of the last 365 days that fell in it.",
    "segment_months",
    *("month", "orders", "orders_share", "base_share"),
)
Segment = derive_schema(
    "Segment",
    "One segment of the published run.",
    "segments",
    *("segment", "name", "description", "customers", "customers_share"),
    *("revenue", "revenue_share", "profile", "colour"),
    merged_as=Annotated[str | None, Meta(description="The name under which some are shown as one")],
    note=Annotated[str | None, Meta(description="What people want to remember of it")],
    profile=Annotated[
        dict[str, dict[str, float | None]],
        Meta(description="Feature to its median, its mean and its index: 100 is the mean of all"),
    ],
    months=list_of(SegmentMonth),
    **MEASURES,
)
MergedSegments = define_schema(
    "MergedSegments",
    "Segments that are shown as one: their names begin with its name; sums, and means of all.",
    {
        "name": str,
        "segments": list[int],
        "customers": int,
        "customers_share": float,
        "revenue": float,
        "revenue_share": float,
        **MEASURES,
    },
)
SegmentsAnswer = define_schema(
    "SegmentsAnswer",
    "All segments of the published run, and which of them are shown as one.",
    {"segments": list_of(Segment), "merged": list_of(MergedSegments)},
    MoneyStamp,
)


SegmentSize = define_schema(
    "SegmentSize",
    "How large a segment was in a run.",
    {"run_id": str, "as_of": dt.date, "customers": int, "revenue": float},
)
SegmentMove = define_schema(
    "SegmentMove",
    "Customers who were in one segment in the run before and are in another now.",
    {
        "from_segment": Annotated[int | None, Meta(description="None: they were no customers")],
        "to_segment": Annotated[int | None, Meta(description="None: they are none any longer")],
        "customers": int,
        "revenue": float,
    },
)
SegmentProduct = define_schema(
    "SegmentProduct",
    "A family of products that customers of a segment ever bought.",
    {
        "family": str,
        "name": str,
        "customers": int,
        "customers_share": Annotated[float, Meta(description="Of the segment's customers")],
        "base_share": Annotated[float, Meta(description="Of all customers")],
    },
)
SegmentAnswer = define_schema(
    "SegmentAnswer",
    "One segment: who they are, how many they were, where they came from and went, what they buy.",
    {
        "segment": Segment,
        "rule": Annotated[str | None, Meta(description="The segment in words")],
        "sizes": list_of(SegmentSize),
        "moves": list_of(SegmentMove),
        "products": list_of(SegmentProduct),
    },
    MoneyStamp,
)
SHOWN = ("merged_as", "note")
SUMMED = ("customers", "customers_share", "revenue", "revenue_share")
MOST_PRODUCTS = 10  # by convention: a table that is read at a glance


@read(
    "/v1/segments",
    right="aggregates",
    tag="Segments",
    summary="Read the segments",
    responses=answers(SegmentsAnswer, 304),
)
async def list_segments(request: AnyRequest, lang: LangQuery = None) -> ASGIApp:
    """Return name, size, revenue, growth, risk and profile of each segment of the published run."""
    reading = await get_results(request).ask(lambda reader: reader.table("segments"))
    given = await get_results(request).ask(read_given)
    run, language = reading.run, check_language(request, lang)
    rows = await add_counts(request, reading.content, await find_compared(request))
    months = await get_results(request).ask(read_months)
    segments = [_build_segment(row, language, given, months) for row in rows]
    merged = [
        msgspec.convert(
            {**row, **measure(row), "name": row["merged_as"], "segments": list_parts(row)},
            MergedSegments,
        )
        for row in merge_rows(rows, given)
        if len(list_parts(row)) > 1
    ]
    content = SegmentsAnswer(run.run_id, run.as_of, run.currency, segments, merged)
    # people name and merge segments between runs, earlier ones go, and filters may be busy
    digest = crc32(msgspec.json.encode(content))
    return respond_by_version(request, content, f"{run.run_id}-{language}-{digest:x}")


def read_months(reader: Reader) -> list[Row]:
    """Read in which months of the year each segment orders."""
    return reader.table("segment_months").content


def _build_segment(
    row: Row, lang: Lang, labels: Mapping[int, Row], months: Sequence[Row]
) -> msgspec.Struct:
    texts = {name: row[f"{name}_{lang.lower()}"] for name in ("name", "description")}
    label = labels.get(cast(int, row["segment"]), {})
    shown = {name: label.get(name) for name in SHOWN}
    own = [month for month in months if month["segment"] == row["segment"]]
    return msgspec.convert({**row, **texts, **shown, **measure(row), "months": own}, Segment)


def merge_rows(rows: Sequence[Row], labels: Mapping[int, Row]) -> list[Row]:
    """Return segments as they are shown: those that are shown as one are a row with their sums.

    Such a row is named as people said, has ``merged_as`` and ``parts``, and no profile.
    """
    shown: dict[object, list[Row]] = {}
    for row in rows:
        name = labels.get(cast(int, row["segment"]), {}).get("merged_as")
        shown.setdefault(name or row["segment"], []).append(row)
    return [
        parts[0] if len(parts) == 1 else _sum_rows(str(name), parts)
        for name, parts in shown.items()
    ]


def _sum_rows(name: str, parts: Sequence[Row]) -> Row:
    texts = dict.fromkeys(column for column in parts[0] if column.endswith(LANGS))
    names = {f"name_{lang}": name for lang in LANGS}
    sums = {column: sum(cast(float, row[column] or 0) for row in parts) for column in SUMMED}
    numbers = [row["segment"] for row in parts]
    own = {"merged_as": name, "parts": numbers, "segment": numbers[0], "colour": None}
    return {**parts[0], **texts, **names, **sums, **sum_counts(parts), **own, "profile": {}}


def list_parts(row: Row) -> list[int]:
    """List the segments of a row of :func:`merge_rows`."""
    return cast("list[int]", row.get("parts") or [row["segment"]])


ScoreCell = define_schema(
    "ScoreCell",
    "Customers of one score of recency and one of frequency.",
    {
        "r_score": Annotated[int, Meta(description="The higher, the later they bought")],
        "f_score": Annotated[int, Meta(description="The higher, the more often they bought")],
        "customers": int,
        "revenue": float,
    },
)
ScoresAnswer = define_schema(
    "ScoresAnswer",
    "The customers of the published run by their scores of recency and frequency.",
    {"cells": list_of(ScoreCell)},
    MoneyStamp,
)


@read(
    "/v1/rfm",
    right="aggregates",
    tag="Segments",
    summary="Count customers by recency and frequency",
    responses=answers(ScoresAnswer),
)
async def count_scores(request: AnyRequest) -> RawJsonResponse:
    """Return how many customers have each pair of scores, with their net revenue so far."""
    reading = await get_filters(request).count_scores(request)
    run, rows = reading.run, keep_parts(request, reading.content)
    cells = [
        ScoreCell(row["r_score"], row["f_score"], row["customers"], row["revenue"] or 0.0)
        for row in rows
    ]
    return RawJsonResponse(ScoresAnswer(run.run_id, run.as_of, run.currency, cells))


@read(
    "/v1/segments/{segment:int}",
    right="aggregates",
    tag="Segments",
    summary="Read a segment",
    responses=answers(SegmentAnswer, 404),
)
async def get_segment(
    request: AnyRequest, segment: SegmentPath, lang: LangQuery = None
) -> RawJsonResponse:
    """Return a segment with its sizes over the runs, who moved in and out, and what they buy."""
    results, language = get_results(request), check_language(request, lang)
    run = await results.read_run()
    row, sizes, moves, products = await read_segment(request, segment)
    return RawJsonResponse(
        SegmentAnswer(
            run.run_id,
            run.as_of,
            run.currency,
            _build_segment(
                row, language, await results.ask(read_given), await results.ask(read_months)
            ),
            row[f"rule_{language.lower()}"],
            [msgspec.convert(size, SegmentSize) for size in sizes],
            [msgspec.convert(move, SegmentMove) for move in moves],
            [msgspec.convert(product, SegmentProduct) for product in products],
        )
    )


async def read_segment(
    request: AnyRequest, segment: int, compared: Mapping[str, str] | None = None
) -> tuple[Row, list[Row], list[Row], list[Row]]:
    """Read a segment, its sizes, its moves and what its customers buy, without small groups.

    It grew since the run before and since a year, or since the runs that are named.

    Raises
    ------
    NotFoundProblem
        The run has no such segment, or one too small for who asks.
    """
    results = get_results(request)
    reading = await results.ask(lambda reader: reader.table("segments"))
    asked = await find_compared(request) if compared is None else compared
    rows, run_id = await add_counts(request, reading.content, asked), reading.run.run_id
    row = next((row for row in rows if row["segment"] == segment), None)
    if row is None:
        ids = ", ".join(str(row["segment"]) for row in rows)
        raise NotFoundProblem(f"there is no segment {segment}", do=f"choose one of {ids}")
    sizes = [size for size in await read_sizes(request) if size["segment"] == segment]
    moves = await results.ask(
        lambda reader: reader.table("segment_migrations", run_id).content, long=True
    )
    ends = [(move, move["from_segment"], move["to_segment"]) for move in moves]
    own = [move for move, before, now in ends if before != now and segment in (before, now)]
    own.sort(key=lambda move: -cast(int, move["customers"]))
    products = await _read_products(request, row)
    return row, sizes, keep_parts(request, own), products


async def read_sizes(request: AnyRequest) -> list[Row]:
    """Read the sizes of the segments in the runs of this past, the earliest first."""
    every = await get_results(request).ask(read_segment_sizes)
    runs = groupby(every, key=lambda size: size["run_id"])
    return [size for _, sizes in runs for size in keep_parts(request, list(sizes))]


async def _read_products(request: AnyRequest, segment: Row) -> list[Row]:
    """Read what most of a segment's customers bought, beside the share of all customers."""
    results = get_results(request)
    run = await results.read_run()
    families, _ = await results.ask(lambda reader: read_products(request, reader))
    by_family = {str(row["family"]): row for row in families}
    members = {name: cast(Sequence[str], row["product_ids"]) for name, row in by_family.items()}
    only = Condition("segment", "=", cast(int, segment["segment"]))
    buyers = await get_filters(request).count_buyers(request, only, members)
    return [
        {
            "family": row["family"],
            "name": by_family[str(row["family"])]["name"],
            "customers": row["customers"],
            "customers_share": _share(row["customers"], segment["customers"]),
            "base_share": _share(by_family[str(row["family"])]["customers"], run.customers),
        }
        for row in keep_large(request, buyers)[:MOST_PRODUCTS]
    ]


def _share(part: object, whole: object) -> float:
    return cast(int, part) / max(cast(int, whole), 1)


SegmentFlow = define_schema(
    "SegmentFlow",
    "Customers who stand in one segment and stood in another, or in the same.",
    {
        "from_segment": Annotated[int | None, Meta(description="Null of who was no customer yet")],
        "to_segment": int | None,
        "customers": int,
        "revenue": float,
    },
)
SegmentFlows = define_schema(
    "SegmentFlows",
    "Who moved between segments from a run to a later one.",
    {
        "since_run_id": Annotated[str | None, Meta(description="None where there is none")],
        "until_run_id": str,
        "flows": list_of(SegmentFlow),
    },
    MoneyStamp,
)


@read(
    "/v1/segments/flows",
    right="aggregates",
    tag="Segments",
    summary="Read who moved between segments",
    responses=answers(SegmentFlows, 400),
)
async def list_segment_flows(
    request: AnyRequest,
    since: SinceQuery = None,
    before: RunQuery = None,
    after: RunQuery = None,
) -> RawJsonResponse:
    """Return how many customers went from which segment to which since an earlier run.

    Without `since` it is the run before. `before` and `after` are any two runs whose customers are
    kept. Of more than 200,000 customers it is always the run before the later one.
    """
    results = get_results(request)
    run = await results.read_run()
    if before or after:
        kept = await results.ask(list_kept, long=True)
        asked, until = find_pair(kept, before, after) or (None, after)
    else:
        past = await results.ask(list_past, long=True)
        asked, until = find_run_since(past, since or PREVIOUS), None
    read_moves = partial(read_flows, since=asked, until=until)
    run_id, moves = await results.ask(read_moves, long=True)
    rows = msgspec.convert(keep_parts(request, moves), list_of(SegmentFlow))
    stamp = (run.run_id, run.as_of, run.currency)
    return RawJsonResponse(SegmentFlows(*stamp, run_id, until or run.run_id, rows))
