"""The figures of the published run: one row a quantity, as the report cites them."""

import datetime as dt
from functools import partial
from typing import Annotated

import msgspec
from litestar.types import ASGIApp
from msgspec import Meta

from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery, SinceQuery, check_language
from clientela.serving.response import MoneyStamp, RawJsonResponse, respond_by_version
from clientela.serving.results import get_results
from clientela.serving.revenue_months import list_months, read_forecast
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.serving.small_groups import hides_small, is_small
from clientela.store.annotations import read_notes, read_targets
from clientela.store.earlier_runs import find_run_since, list_past
from clientela.store.read import Reader

Figure = derive_schema(
    "Figure",
    "One quantity of the published run.",
    "figures",
    before=Annotated[
        float | None, Meta(description="Its value in the run that `since` names; null without one")
    ],
)
FiguresAnswer = define_schema(
    "FiguresAnswer",
    "Every figure of the published run; amounts are in currency.",
    {
        "compared_run_id": Annotated[
            str | None, Meta(description="The run that `since` names; null without one")
        ],
        "compared_as_of": dt.date | None,
        "figures": list_of(Figure),
    },
    MoneyStamp,
)


Note = define_schema("Note", "What people noted on a day.", {"day": dt.date, "text": str})
Target = define_schema(
    "Target", "The net revenue planned for a month.", {"month": dt.date, "amount": float}
)
AnnotationsAnswer = define_schema(
    "AnnotationsAnswer",
    "What people wrote beside the figures.",
    {"notes": list_of(Note), "targets": list_of(Target)},
    MoneyStamp,
)


@read(
    "/v1/figures",
    right="aggregates",
    tag="Figures",
    summary="Read the figures",
    responses=answers(FiguresAnswer, 304),
)
async def list_figures(
    request: AnyRequest,
    since: SinceQuery = None,
    lang: LangQuery = None,
) -> ASGIApp:
    """Return each published quantity once: its value, unit, interval, horizon and meaning.

    With `since` each says its value of then too, of an earlier run.
    """
    results = get_results(request)
    reading = await results.ask(lambda reader: reader.table("figures"))
    run, language = reading.run, check_language(request, lang)
    compared, before = await results.ask(partial(_read_before, since=since), long=bool(since))
    hides = hides_small(request)

    def is_hidden(unit: object, value: object) -> bool:
        return hides and unit == "count" and is_small(value)

    figures = [
        msgspec.convert(
            row
            | {
                "meaning": row[f"meaning_{language.lower()}"],
                "before": None
                if is_hidden(row["unit"], before.get(row["name"]))
                else before.get(row["name"]),
            },
            Figure,
        )
        for row in reading.content
        if not is_hidden(row["unit"], row["value"])
    ]
    content = FiguresAnswer(run.run_id, run.as_of, run.currency, *compared, figures)
    version = f"{run.run_id}-{language}-{compared[0]}-{len(figures)}-{hides}"
    return respond_by_version(request, content, version)


@read(
    "/v1/annotations",
    right="aggregates",
    tag="Figures",
    summary="Read what people wrote beside the figures",
    responses=answers(AnnotationsAnswer),
)
async def list_annotations(request: AnyRequest) -> RawJsonResponse:
    """Return the notes on days, and the revenue planned for months."""
    results = get_results(request)
    run = await results.read_run()
    notes = msgspec.convert(await results.ask(read_notes), list_of(Note))
    targets = msgspec.convert(await results.ask(read_targets), list_of(Target))
    return RawJsonResponse(AnnotationsAnswer(run.run_id, run.as_of, run.currency, notes, targets))


MonthlyRevenue = define_schema(
    "MonthlyRevenue",
    "The revenue of a month, as it was, was planned or is expected.",
    {
        "month": dt.date,
        "net": Annotated[float | None, Meta(description="Net revenue; of the last month so far")],
        "year_before": Annotated[float | None, Meta(description="That of the same month before")],
        "planned": Annotated[float | None, Meta(description="What people plan")],
        "expected": Annotated[
            float | None,
            Meta(description="The forecast of its days, spread evenly; whole months alone"),
        ],
        "low": float | None,
        "high": float | None,
    },
)
RevenueAnswer = define_schema(
    "RevenueAnswer",
    "Revenue month by month, and those ahead.",
    {"months": list_of(MonthlyRevenue)},
    MoneyStamp,
)


@read(
    "/v1/revenue",
    right="aggregates",
    tag="Figures",
    summary="Read revenue by month",
    responses=answers(RevenueAnswer),
)
async def list_revenue(request: AnyRequest) -> RawJsonResponse:
    """Return the last twelve months and up to three ahead that are planned or expected."""
    results = get_results(request)
    run = await results.read_run()
    months = await results.ask(lambda reader: reader.table("revenue_by_month").content)
    targets, forecast = await results.ask(read_targets), await results.ask(read_forecast)
    rows = [MonthlyRevenue(*row) for row in list_months(months, targets, forecast, run.as_of)]
    return RawJsonResponse(RevenueAnswer(run.run_id, run.as_of, run.currency, rows))


def _read_before(
    reader: Reader, since: str | None
) -> tuple[tuple[str | None, dt.date | None], dict[object, object]]:
    """Read the run to compare with, and the figures of then by their names."""
    past = list_past(reader) if since else {}
    run_id = find_run_since(past, since) if since else None
    if run_id is None:
        return (None, None), {}
    rows = reader.table("figures", run_id).content
    return (run_id, past[run_id]), {row["name"]: row["value"] for row in rows}
