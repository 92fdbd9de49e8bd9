"""Any two runs beside each other: what changed, and why; and which runs there are."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, cast

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from clientela.i18n import Lang
from clientela.report.comparison import compare_runs
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest, refuse_absent
from clientela.serving.request import LangQuery, check_language
from clientela.serving.response import RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, list_of
from clientela.serving.small_groups import find_hidden, hides_small, is_small
from clientela.store.read import Reader, Row

WHEN = ("before", "after")
MOST_RUNS = 100  # by convention: three months of nightly runs

RunOfList = define_schema(
    "RunOfList",
    "A published run.",
    {"run_id": str, "as_of": dt.date, "finished_at": dt.datetime, "customers": int},
)
RunList = define_schema("RunList", "The runs, the newest first.", {"runs": list_of(RunOfList)})
ComparedRun = define_schema("ComparedRun", "A run compared.", {"run_id": str, "as_of": dt.date})
ComparedPair = define_schema(
    "ComparedPair",
    "Something in both runs.",
    {"name": str, "before": str | int | None, "after": str | int | None},
)
ComparedSegment = define_schema(
    "ComparedSegment",
    "A segment in both runs; its number survives a new fit.",
    {
        "segment": int,
        "name": str,
        "name_before": str | None,
        "customers_before": int | None,
        "customers_after": int | None,
        "revenue_before": float | None,
        "revenue_after": float | None,
    },
)
ComparedFigure = define_schema(
    "ComparedFigure",
    "A figure in both runs.",
    {
        "name": str,
        "before": float | None,
        "after": float | None,
        "change": float | None,
        "unit": str,
        "meaning": str,
    },
)
PAIRS = ("facts", "rows", "models", "conditions")
RunComparison = define_schema(
    "RunComparison",
    "What changed between two runs.",
    {
        "before": ComparedRun,
        "after": ComparedRun,
        "currency": str | None,
        "causes": Annotated[
            list[str],
            Meta(
                description="What differs before any result: data, settings, version, day, models"
            ),
        ],
        **{topic: list_of(ComparedPair) for topic in PAIRS},
        "segments": list_of(ComparedSegment),
        "figures": list_of(ComparedFigure),
    },
)
RunQuery = Annotated[
    str | None,
    QueryParameter(description="Id of a run", schema_extra={"examples": ["20111210T000001"]}),
]


@read(
    "/v1/runs",
    right="aggregates",
    tag="Runs",
    summary="List the runs",
    responses=answers(
        RunList,
    ),
)
async def list_runs(request: AnyRequest) -> RawJsonResponse:
    """Return the published runs, the newest first."""
    runs = await get_results(request).ask(lambda reader: reader.runs(MOST_RUNS))
    rows = [
        RunOfList(*(getattr(run, name) for name in RunOfList.__struct_fields__)) for run in runs
    ]
    return RawJsonResponse(RunList(rows))


@read(
    "/v1/runs/comparison",
    right="aggregates",
    tag="Runs",
    summary="Compare two runs",
    responses=answers(RunComparison, 404),
)
async def get_comparison(
    request: AnyRequest,
    before: RunQuery = None,
    after: RunQuery = None,
    lang: LangQuery = None,
) -> RawJsonResponse:
    """Return what changed between two runs: data, settings, models, segments, rules, figures.

    Without ids the published run is compared with the one before it.
    """
    read = read_comparison(request, before, after, check_language(request, lang))
    content = await get_results(request).ask(read, long=True)
    return RawJsonResponse(msgspec.convert(content, RunComparison))


def read_comparison(
    request: AnyRequest, before: str | None, after: str | None, lang: Lang
) -> Callable[[Reader], dict[str, Any]]:
    """Return what reads the comparison of two runs as who asks may see it.

    It raises NotFoundProblem where there is no such run, or none to compare with.
    """
    return partial(_read, hides=hides_small(request), before=before, after=after, lang=lang)


def _read(
    reader: Reader, *, hides: bool, before: str | None, after: str | None, lang: Lang
) -> dict[str, Any]:
    with refuse_absent():
        facts = compare_runs(reader, before or None, after or None, lang)
    return hide_small_changes(facts) if hides else facts


def hide_small_changes(facts: dict[str, Any]) -> dict[str, Any]:
    """Take out the segments and the counts of so few that a person could be recognised."""
    hidden: set[int] = set()
    for when in WHEN:
        hidden |= find_hidden([row[f"customers_{when}"] for row in facts["segments"]])
    segments = [row for position, row in enumerate(facts["segments"]) if position not in hidden]
    figures = [row for row in facts["figures"] if not _is_small(row)]
    return facts | {"segments": segments, "figures": figures}


def _is_small(row: Row) -> bool:
    change = cast("float | None", row["change"])
    values = (row["before"], row["after"], abs(change or 0.0))
    return row["unit"] == "count" and any(map(is_small, values))
