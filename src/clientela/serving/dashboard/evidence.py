"""Value, data and models: the report's answers to them, each as a page with lists."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from litestar import Response

from clientela.report.answer import Answer
from clientela.serving.dashboard.annotations import list_notes, list_targets, read_annotations
from clientela.serving.dashboard.frame import (
    HOME,
    Page,
    open_page,
    title_answer,
)
from clientela.serving.dashboard.revenue_chart import draw_revenue
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.routes.evidence import COHORTS, pick_evidence
from clientela.serving.routes.report import read_answers

ORDER_DAYS = (7, 30)  # by convention: the week and the month that a campaign is planned for


@read(HOME + "/value", right="aggregates")
async def show_value(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show what revenue is expected, of whom, and how customers of each month came back."""
    page, results = await open_page(request, "value", lang)
    answers = await read_answers(request, page.lang)
    cohorts = [
        chart for answer in answers.values() for chart in answer.charts if chart.key == COHORTS
    ]
    parts = [answers[key] for key in ("value", "expected") if key in answers]
    orders = _list_orders(page)
    written = await read_annotations(results)
    return _respond(
        page,
        parts,
        "value.none",
        "../v1/value",
        cohorts=cohorts,
        orders=orders,
        months=await draw_revenue(page, results, written),
        notes=list_notes(page, written.notes),
        targets=list_targets(page, written.targets),
    )


def _list_orders(page: Page) -> list[tuple[str, str]]:
    """List the links to who is expected to order next, within so many days."""
    if not page.may("lists"):
        return []
    return [
        (
            page.say("value.orders", days=days),
            page.link(
                "customers",
                filter=f"next_order <= {page.run.as_of + dt.timedelta(days=days)}",
                sort="next_order",
            ),
        )
        for days in ORDER_DAYS
    ]


@read(HOME + "/models", right="aggregates")
async def show_models(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show how the data were read, and the evidence for each model."""
    page, _ = await open_page(request, "models", lang)
    answers = await read_answers(request, page.lang)
    parts = pick_evidence(answers)
    title = page.say(
        "models.title",
        rows=page.write(page.run.rows_canonical, "count"),
        refused=page.write(page.run.rows_quarantined, "count"),
    )
    return _respond(page, parts, "models.none", "../v1/models", title=title)


def _respond(
    page: Page,
    parts: Sequence[Answer],
    otherwise: str,
    twin: str,
    *,
    title: str = "",
    **content: Any,
) -> Response[str]:
    """Answer with the parts; the first of them is the page's title and finding."""
    finding = ""
    if not title:
        title, finding = title_answer(parts[0] if parts else None, page.say(otherwise))
    charts = [chart for part in parts for chart in part.charts]
    return page.respond(
        title,
        finding=finding,
        twin=twin,
        charts=[*charts, *content.get("cohorts", ()), *content.get("months", ())],
        answers=parts,
        **content,
    )
