"""Customers at risk: whom to reach first, and what that is worth."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from litestar import Response
from litestar.params import FromQuery

from clientela.errors import PlatformError
from clientela.i18n import load_catalogue
from clientela.report.answer import Axis, Chart, Mark, Series, Tone
from clientela.serving.dashboard.builder import name_column
from clientela.serving.dashboard.comparison import read_figures
from clientela.serving.dashboard.cross_filter import (
    CrossFilter,
    list_narrowings,
    read_cross_filter,
)
from clientela.serving.dashboard.day_calendar import draw_calendar
from clientela.serving.dashboard.frame import (
    HOME,
    Page,
    open_page,
    title_answer,
)
from clientela.serving.dashboard.heat import HeatMap
from clientela.serving.dashboard.moments import look_back
from clientela.serving.dashboard.risk_money import (
    LOSSES,
    RANK,
    build_slider,
    draw_bands,
    draw_losses,
)
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.recorder import note_list
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.routes.report import read_answers
from clientela.serving.routes.value import NEXT_CHARGE
from clientela.store.filters import (
    REASON,
    Condition,
    Filter,
    FilterGroup,
    Negation,
    write_filter,
)
from clientela.store.past_lists import read_past_list
from clientela.store.read import Reader, Row

LOSS_FIGURE = "expected_loss_to_contact"
TILES = {
    "customers_scored": "churn_band in ('high', 'medium', 'low')",
    "customers_at_high_risk": "churn_band = 'high'",
    "revenue_at_high_risk": "churn_band = 'high'",
    "customers_gone": "churn_band = 'gone'",
    LOSS_FIGURE: "contact_rank is not null",
}
"""The figures of the page with the filters of whom each counts."""
MOST_CONTACTS = 1_000  # by convention: what one page can hold; the file has all
CURVES: dict[str, Tone] = {
    "at_stake": "accent",
    "at_stake_revenue": "signal",
    "at_stake_random": "quiet",
}
MOST_THEMES = 8  # by convention: one more than there are themes
ROWS = 50  # by convention: a screen or two


@read(HOME + "/risk", right="lists")
async def show_risk(
    request: AnyRequest,
    capacity: FromQuery[str] = "100",
    threshold: FromQuery[str] = "",
    lang: LangQuery = None,
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
    names = await results.read_names(page.run.run_id, page.lang)
    narrowed = await read_cross_filter(page, names)
    rows = await _read_first(page, results, contacts, narrowed)
    # what past lists say is of everybody
    curve = await _read_curve(results) if narrowed.tree is None else []
    losses = await draw_losses(page, names)
    note_list(request, [str(row["customer_id"]) for row in rows[:ROWS]], run_id=page.run.run_id)
    figure = figures["now"].get(LOSS_FIGURE, {})
    days = figure.get("horizon_days")
    loss, spent = (
        page.write(sum(cast(float, row[name] or 0.0) for row in rows), "amount")
        for name in ("expected_loss", "revenue_365d")
    )
    key = "risk.reach" if days is None else "risk.reach_days"
    key = "risk.reach_spent" if figure.get("judged") is False else key
    values = {"count": page.write(len(rows), "count"), "days": page.write(days, "count")}
    tiles = [
        page.build_tile(name, figures, page.link("customers", filter=whom))
        for name, whom in TILES.items()
        if name != LOSS_FIGURE or figure.get("judged") is not False
    ]
    title, finding = title_answer(answers.get("churn"), page.say("risk.none"))
    return page.respond(
        title,
        finding=finding,
        charts=[*losses, *([_build_chart(page, curve, contacts)] if curve else [])],
        narrowed=narrowed,
        losses=losses,
        narrowings=_list_narrowings(page, narrowed, names) if losses else [],
        twin="../v1/churn/at-risk",
        tiles=[tile for tile in tiles if tile],
        heads=[
            page.say(f"risk.{name}") for name in ("probability", "if_active", "expected", "loss")
        ]
        + ([page.name_feature(NEXT_CHARGE)] if _read_charges(page) else []),
        capacity=contacts,
        most=MOST_CONTACTS,
        reach=page.say(key, loss=loss, spent=spent, **values),
        orders=_compare_orders(page, curve, len(rows)),
        rows=[_build_row(page, row, names) for row in rows[:ROWS]],
        calendar=await _draw_charges(page, narrowed),
        caveat=answers["churn"].caveat if "churn" in answers else "",
        bands=await draw_bands(page, names, narrowed),
        slider=await build_slider(page, threshold) if curve else None,
        late=await _count_late(page, narrowed),
        fate=await _tell_fate(page, results) if narrowed.tree is None else [],
        themes=await _count_themes(page, narrowed),
        files=_list_files(page, narrowed),
    )


async def _read_curve(results: Results) -> list[Row]:
    return await results.ask(lambda reader: reader.table("churn_contacts").content)


def _list_narrowings(
    page: Page, narrowed: CrossFilter, names: Mapping[int, str]
) -> list[tuple[str, str, bool, str]]:
    segments = [(name, [number]) for number, name in names.items()]
    return list_narrowings(page, narrowed, segments, LOSSES)


def _list_files(page: Page, narrowed: CrossFilter) -> list[tuple[str, str]]:
    """List the files of the list at risk, or of what it is narrowed to."""
    if narrowed.tree is None:
        return page.list_files("../v1/churn/at-risk?")
    text = write_filter(narrowed.narrow(Condition(RANK, "!=", None)))
    address = page.link("customers/file", filter=text, sort=RANK)
    return page.list_files(address, ("csv", "xlsx"))


async def _read_first(
    page: Page, results: Results, contacts: int, narrowed: CrossFilter
) -> list[Row]:
    """Read the first so many of the list at risk, from the file of filters where it is ready.

    The database sorts all of them for it: of a million customers .6 s of CPU.
    """
    listed = narrowed.narrow(Condition(RANK, "!=", None))
    try:
        read = get_filters(page.request).read_page
        return (await read(page.request, listed, RANK, None, contacts)).content
    except PlatformError:  # filters are busy, or were made by another build
        if narrowed.tree is not None:
            raise
        first = partial(_read_list, contacts=contacts)
        return await results.ask(first, long=True)


def _read_list(reader: Reader, contacts: int) -> list[Row]:
    return reader.read_list("at-risk", None, None, contacts).content


async def _count_late(page: Page, narrowed: CrossFilter) -> list[tuple[str, str]]:
    """Count who waits longer than they usually do and is not gone: all, and of the programme."""
    late = (Condition("last_gap_ratio", ">", 1), Condition("churn_band", "!=", "gone"))
    groups: dict[str, tuple[Filter, ...]] = {
        "all": late,
        "members": (*late, Condition("insider", "in", ("member", "leaving"))),
    }
    told = []
    for name, conditions in groups.items():
        tree = narrowed.narrow(FilterGroup("and", conditions))
        try:
            count = (await get_filters(page.request).count(page.request, tree)).content
        except PlatformError:  # filters are busy, or were made by another build
            return []
        if count["customers"]:
            values = {
                "count": page.write(count["customers"], "count"),
                "revenue": page.write(count["revenue"], "amount"),
            }
            text = page.say(f"risk.late_{name}", **values)
            link = page.link("customers", filter=write_filter(tree), sort="-last_gap_ratio")
            told.append((text, link))
    return told


async def _tell_fate(page: Page, results: Results) -> list[tuple[str, str]]:
    """Tell what became of the list of a month before, each part with its customers."""
    read = partial(read_past_list, run_id=page.run.run_id)
    row = await results.ask(read, long=True)
    if row is None:
        return []
    listed = Condition(look_back(RANK, str(row["since"])), "!=", None)
    bought = Condition("last_order_date", ">", str(row["since"]))
    parts: dict[str, tuple[Filter, ...]] = {
        "listed": (listed,),
        "bought": (listed, bought),
        "silent": (listed, Negation(bought)),
        "gone": (listed, Condition("churn_band", "=", "gone")),
    }
    count = cast("dict[str, int]", row)
    count = count | {"silent": count["listed"] - count["bought"]}
    revenue = page.write(row["revenue"], "amount")
    texts = {
        part: page.say(
            f"risk.fate_{part}",
            count=page.write(count[part], "count"),
            share=page.write(count[part] / count["listed"], "share"),
            day=page.write(row["since"]),
            revenue=revenue,
        )
        for part in parts
        if count[part]
    }
    return [
        (text, page.link("customers", filter=write_filter(FilterGroup("and", parts[part]))))
        for part, text in texts.items()
    ]


async def _count_themes(page: Page, narrowed: CrossFilter) -> list[tuple[str, str, str]]:
    """Count the customers of the list by the themes of their reasons, most first."""
    # NumPy would cost every server 30 MB at its start.
    from clientela.churn.score.themes import find_theme

    listed = narrowed.narrow(Condition(RANK, "!=", None))
    try:
        rows = await get_filters(page.request).count_reasons(page.request, listed)
    except PlatformError:  # filters are busy, or were made by another build
        return []
    counts: Counter[str] = Counter()
    names: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        features = cast("list[str]", row["reasons"])
        themes = {name: find_theme(name) or name for name in features}
        counts.update({theme: cast(int, row["customers"]) for theme in themes.values()})
        for name, theme in themes.items():
            names[theme].add(name)
    texts = load_catalogue(page.lang)
    return [
        (
            texts.get(f"dashboard.risk.theme.{theme}") or name_column(page, theme),
            page.write(count, "count"),
            page.link("customers", filter=write_filter(_ask_reasons(listed, names[theme]))),
        )
        for theme, count in counts.most_common(MOST_THEMES)
    ]


def _ask_reasons(listed: Filter, features: set[str]) -> Filter:
    reasons = Condition(REASON, "in", tuple(sorted(features)))
    return CrossFilter(reasons).narrow(listed)


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
            *([page.write(row[NEXT_CHARGE])] if _read_charges(page) else []),
        ],
    }


def _read_charges(page: Page) -> dict[str, int]:
    """Return how days of charges held a month ago; empty where none is told."""
    facts = cast("Mapping[str, Any]", page.run.summary.get("churn") or {})
    charges: dict[str, int] = facts.get("charges") or {}
    return charges


async def _draw_charges(page: Page, narrowed: CrossFilter) -> HeatMap | None:
    """Draw on which days charges are due, with how such days held; None where none is told."""
    charges = _read_charges(page)
    if not charges:
        return None
    told = {
        "expected": page.write(charges["expected"], "count"),
        "share": page.write(charges["held"] / charges["expected"], "share"),
    }
    return await draw_calendar(page, narrowed, NEXT_CHARGE, "risk.charges", **told)
