"""Customers at risk: whom to reach first, and what that is worth."""

from typing import Any, cast

from litestar import Response
from litestar.params import FromQuery

from clientela.report.answer import Axis, Chart, Mark, Series, Tone
from clientela.serving.dashboard.comparison import read_figures
from clientela.serving.dashboard.frame import (
    HOME,
    Page,
    open_page,
    title_answer,
)
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.recorder import note_list
from clientela.serving.request import LangQuery
from clientela.serving.routes.report import read_answers
from clientela.store.read import Row

TILES = ("customers_scored", "customers_at_high_risk", "revenue_at_high_risk", "customers_gone")
MOST_CONTACTS = 1_000  # by convention: what one page can hold; the file has all
CURVES: dict[str, Tone] = {
    "at_stake": "accent",
    "at_stake_revenue": "signal",
    "at_stake_random": "quiet",
}
ROWS = 50  # by convention: a screen or two


@read(HOME + "/risk", right="lists")
async def show_risk(
    request: AnyRequest, capacity: FromQuery[str] = "100", lang: LangQuery = None
) -> Response[str]:
    """Show whom to reach first with so many contacts."""
    contacts = (
        min(max(int(capacity), 1), MOST_CONTACTS)
        if capacity.isdecimal() and len(capacity) < 10
        else 100
    )
    page, results = await open_page(request, "risk", lang)
    figures = await read_figures(page, results)
    answers = await read_answers(request, page.lang)
    rows = (
        await results.ask(
            lambda reader: reader.read_list("at-risk", None, None, contacts), long=True
        )
    ).content
    curve = await results.ask(lambda reader: reader.table("churn_contacts").content)
    names = await results.read_names(page.run.run_id, page.lang)
    note_list(request, [str(row["customer_id"]) for row in rows[:ROWS]], run_id=page.run.run_id)
    unjudged = figures["now"].get("expected_loss_to_contact", {}).get("judged") is False
    loss, spent = (
        page.write(sum(cast(float, row[name] or 0.0) for row in rows), "amount")
        for name in ("expected_loss", "revenue_365d")
    )
    count, key = page.write(len(rows), "count"), "risk.reach_spent" if unjudged else "risk.reach"
    tiles = [page.build_tile(name, figures) for name in TILES]
    title, finding = title_answer(answers.get("churn"), page.say("risk.none"))
    return page.respond(
        title,
        finding=finding,
        charts=[_build_chart(page, curve, contacts)] if curve else [],
        twin="../v1/churn/at-risk",
        tiles=[tile for tile in tiles if tile],
        capacity=contacts,
        most=MOST_CONTACTS,
        reach=page.say(key, count=count, loss=loss, spent=spent),
        orders=_compare_orders(page, curve, len(rows)),
        rows=[_build_row(page, row, names) for row in rows[:ROWS]],
        caveat=answers["churn"].caveat if "churn" in answers else "",
        files=page.list_files("../v1/churn/at-risk?"),
    )


def _compare_orders(page: Page, curve: list[Row], contacts: int) -> str:
    """Say how the order did beside that by past revenue, with about so many contacts."""
    # Arrow would cost every server 100 MB at its start.
    from clientela.report.answers.churn_evidence import compare_orders
    from clientela.report.formatter import Formatter

    rows = [row for row in curve if row["contacts"]]
    if not rows:
        return ""
    nearest = min(rows, key=lambda row: abs(cast(float, row["contacts"]) - contacts))
    return compare_orders(nearest, Formatter(page.lang, page.run.currency))


def _build_chart(page: Page, curve: list[Row], capacity: int) -> Chart:
    """Draw what was at stake among the first so many of a past list, beside a random one."""

    def pair(row: Row, name: str) -> tuple[float, float]:
        return cast(float, row["contacts"]), cast(float, row[name] or 0.0)

    series = tuple(
        Series(page.say(f"risk.{name}"), tuple(pair(row, name) for row in curve), tone=tone)
        for name, tone in CURVES.items()
    )
    return Chart(
        "risk-curve",
        page.say("risk.curve"),
        "lines",
        series,
        category=Axis(page.say("risk.contacts")),
        value=Axis(format="money"),
        marks=(Mark(float(capacity), page.say("risk.capacity_mark", count=capacity)),),
        note=page.say("risk.curve_note"),
        currency=page.run.currency,
    )


def _build_row(page: Page, row: Row, names: Any) -> dict[str, Any]:
    amounts = ("expected_revenue_if_active", "expected_revenue_churn_days", "expected_loss")
    return {
        "id": row["customer_id"],
        "link": page.link("customer", id=row["customer_id"]),
        "segment": names.get(row["segment"], ""),
        "reasons": str(row[f"churn_reasons_{page.lang.lower()}"] or ""),
        "cells": [
            page.write(row["churn_probability"], "share"),
            *(page.write(row[name], "amount") for name in amounts),
        ],
    }
