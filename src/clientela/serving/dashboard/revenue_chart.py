"""The chart of revenue by month: the year before behind, plan and forecast ahead."""

import datetime as dt
from collections.abc import Sequence
from typing import cast

from clientela.i18n import format_month
from clientela.report.answer import Axis, Chart, Series
from clientela.serving.dashboard.annotations import Annotations, list_month_ends, mark_notes
from clientela.serving.dashboard.frame import Page
from clientela.serving.results import Results
from clientela.serving.revenue_months import MONTHS, RevenueMonth, list_months, read_forecast
from clientela.store.filters import ORDERED_IN, Condition, write_filter
from clientela.store.read import Row


async def draw_revenue(page: Page, results: Results, written: Annotations) -> list[Chart]:
    """Draw the revenue of the last months with notes, plan and forecast; nothing without months."""
    months = await results.ask(lambda reader: reader.table("revenue_by_month").content)
    forecast = await results.ask(read_forecast)
    rows = list_months(months, written.targets, forecast, page.run.as_of)
    return [_build_chart(page, rows, forecast, written)] if rows else []


def list_month_buyers(page: Page, months: Sequence[Row]) -> list[tuple[str, str, str]]:
    """List who ordered in each month of the past that the chart draws: its name, count and list.

    Nothing for who may not see lists, or where no month is published.
    """
    if not page.may("lists"):
        return []
    drawn = sorted(months, key=lambda row: cast(dt.date, row["month"]))[-MONTHS:]
    return [
        (
            format_month(month, page.lang),
            page.write(row["customers"], "count"),
            page.link(
                "customers", filter=write_filter(Condition(ORDERED_IN, "=", f"{month:%Y-%m}"))
            ),
        )
        for row in drawn
        for month in [cast(dt.date, row["month"])]
    ]


def _build_chart(
    page: Page, rows: list[RevenueMonth], forecast: Row | None, written: Annotations
) -> Chart:
    first_days = [row.month for row in rows]
    is_ahead = any(row.expected is not None for row in rows)
    return Chart(
        "revenue-by-month",
        page.say("today.revenue"),
        "columns",
        tuple(_list_series(page, rows)),
        tuple(format_month(day, page.lang) for day in first_days),
        marks=mark_notes(written.notes, list_month_ends(first_days), first_days[0]),
        value=Axis(format="money"),
        note=_write_note(page, forecast if is_ahead else None),
        currency=page.run.currency,
    )


def _list_series(page: Page, rows: list[RevenueMonth]) -> list[Series]:
    before, planned, expected = (
        tuple(getattr(row, name) for row in rows) for name in ("year_before", "planned", "expected")
    )
    series = [Series(page.say("today.this_year"), tuple(row.net for row in rows))]
    if any(value is not None for value in before):
        series.append(Series(page.say("today.year_before"), before, tone="quiet"))
    if any(value is not None for value in planned):
        series.append(Series(page.say("today.plan"), planned, tone="signal", line=True))
    if any(value is not None for value in expected):
        low, high = (tuple(getattr(row, name) for row in rows) for name in ("low", "high"))
        ends = {"low": low, "high": high} if any(value is not None for value in low) else {}
        name = page.say("today.expected")
        series.append(Series(name, expected, tone="accent", line=True, **ends))
    return series


def _write_note(page: Page, forecast: Row | None) -> str:
    """Say what the chart counts, and how the forecast of many days became one of months."""
    if forecast is None:
        return page.say("today.revenue_note")
    key = "today.expected_note" if forecast["measurable"] else "today.expected_unjudged"
    days = page.write(forecast["days"], "count")
    return f"{page.say('today.revenue_note')} {page.say(key, days=days)}"
