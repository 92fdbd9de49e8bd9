"""The segments of the published run."""

from typing import Annotated

import msgspec
from litestar.types import ASGIApp
from msgspec import Meta

from clientela.i18n import Lang
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery, check_language
from clientela.serving.response import MONEY_EXAMPLE, MoneyStamp, respond_by_version
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.serving.small_groups import keep_large
from clientela.store.read import Row

Segment = derive_schema(
    "Segment",
    "One segment of the published run.",
    "segments",
    *("segment", "name", "description", "customers", "customers_share"),
    *("revenue", "revenue_share", "profile"),
    profile=Annotated[
        dict[str, dict[str, float | None]],
        Meta(description="Feature to its median, its mean and its index: 100 is the mean of all"),
    ],
)
SegmentsAnswer = define_schema(
    "SegmentsAnswer",
    "All segments of the published run.",
    {"segments": list_of(Segment)},
    MoneyStamp,
)
EXAMPLE = {
    **MONEY_EXAMPLE,
    "segments": [
        {
            "segment": 2,
            "name": "Loyal",
            "description": "They buy often and lately.",
            "customers": 1093,
            "customers_share": 0.252,
            "revenue": 4301274.5,
            "revenue_share": 0.482,
            "profile": {"orders": {"median": 7.0, "mean": 9.4, "index": 220.0}},
        }
    ],
}


@read(
    "/v1/segments",
    right="aggregates",
    tag="Segments",
    summary="Read the segments",
    responses=answers(SegmentsAnswer, EXAMPLE, 304),
)
async def list_segments(request: AnyRequest, lang: LangQuery = None) -> ASGIApp:
    """Return name, size, revenue and profile of each segment of the published run."""
    reading = await get_results(request).ask(lambda reader: reader.table("segments"))
    run, language = reading.run, check_language(request, lang)
    rows = keep_large(request, reading.content)
    segments = [_build_segment(row, language) for row in rows]
    content = SegmentsAnswer(run.run_id, run.as_of, run.currency, segments)
    return respond_by_version(request, content, f"{run.run_id}-{language}-{len(rows)}")


def _build_segment(row: Row, lang: Lang) -> msgspec.Struct:
    texts = {name: row[f"{name}_{lang.lower()}"] for name in ("name", "description")}
    return msgspec.convert(row | texts, Segment)
