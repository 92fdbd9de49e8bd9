"""Cohorts on the page of value: who comes back and what they spend, by how they began."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple, cast
from urllib.parse import urlencode

from clientela.i18n import format_month
from clientela.report.answer import (
    LEAST_COHORT,
    MOST_COHORTS,
    MOST_MONTHS_AFTER,
    Axis,
    Chart,
    Format,
    Series,
)
from clientela.serving.dashboard.cross_filter import CrossFilter
from clientela.serving.dashboard.frame import Page
from clientela.serving.results import Results
from clientela.serving.routes.cohorts import (
    DATED,
    KINDS,
    MONTHS_A_QUARTER,
    OTHERS,
    CohortKind,
    add_months,
    read_cohorts,
)
from clientela.serving.routes.evidence import COHORTS
from clientela.store.filters import Condition, Filter, FilterGroup, write_filter
from clientela.store.read import Reader, Row

FIRST_ORDER = "first_order_date"
MEASURES: Mapping[str, tuple[str, Format]] = {
    "retention": ("active_share", "share"),
    "revenue": ("revenue_per_customer", "money"),
}
MONTHS = {"month": 1, "quarter": MONTHS_A_QUARTER}  # as calendars have it
Tabs = Sequence[tuple[str, str, bool]]


class CohortsPart(NamedTuple):
    """The chart with how to read it, what else may be asked for, and the lists of its rows."""

    chart: Chart | None
    kinds: Tabs
    measures: Tabs
    lists: Sequence[tuple[str, str, int]]
    kind: CohortKind


async def draw_cohorts(
    page: Page, results: Results, reported: Sequence[Chart], narrowed: CrossFilter
) -> CohortsPart | None:
    """Draw the cohorts that the address asks for; None where the run has none.

    Who comes back by months is drawn as the report has it, among its charts ``reported``.
    """
    asked = page.request.query_params.get("cohort", "")
    kind = next((name for name in KINDS if name == asked), KINDS[0])
    content = await results.ask(partial(_read, page, kind=kind))
    kinds = cast("list[CohortKind]", content["kinds"])
    if not kinds:
        return None
    if kind not in kinds:
        kind = KINDS[0]
        content = await results.ask(partial(_read, page, kind=kind))
    measure = page.request.query_params.get("show", "")
    measure = measure if measure in MEASURES else "retention"
    cohorts = _select_large(cast("list[Row]", content["cohorts"]), kind)
    chart = next((chart for chart in reported if chart.key == COHORTS), None)
    if (kind, measure) != ("month", "retention"):
        title = chart.title if chart else page.say("value.cohorts")
        everyone = cast("list[Row]", content["new_customers"])
        chart = _draw(page, cohorts, everyone, kind=kind, measure=measure, title=title)
    return CohortsPart(
        chart,
        [
            (page.say(f"value.cohort.{name}"), _link(page, cohort=name), name == kind)
            for name in kinds
        ],
        [
            (page.say(f"value.cohort.show.{name}"), _link(page, show=name), name == measure)
            for name in MEASURES
        ],
        _list_rows(page, content, chart, kind, narrowed) if chart else [],
        kind,
    )


def _read(page: Page, reader: Reader, kind: CohortKind) -> Row:
    return read_cohorts(page.request, reader, kind)


def _link(page: Page, **asked: str) -> str:
    """Return the page's address with another choice of cohorts, and all else that it asks for."""
    query = {**page.request.query_params.dict(), **asked}
    return f"{page.name}?{urlencode(sorted(query.items()), doseq=True)}"


def _select_large(cohorts: Sequence[Row], kind: CohortKind) -> list[Row]:
    """Select the cohorts that are large enough to draw: of days the latest, else all."""
    large = [row for row in cohorts if cast(int, row["customers"]) >= LEAST_COHORT]
    return large[-MOST_COHORTS:] if kind in DATED else large


def _draw(
    page: Page,
    cohorts: Sequence[Row],
    everyone: Sequence[Row],
    *,
    kind: CohortKind,
    measure: str,
    title: str,
) -> Chart | None:
    """Draw the months of cohorts; what is spent counts from the month of the first order on."""
    column, form = MEASURES[measure]
    first = 1 if measure == "retention" else 0
    rows = [(_name(page, row, kind), cast("list[Row]", row["ages"])) for row in cohorts]
    if kind not in DATED:
        rows.append((page.say("value.cohort.everyone"), [*everyone]))
    known = [(name, _pick(ages, column, first)) for name, ages in rows]
    longest = max((len(values) for _, values in known), default=0)
    drawn = [(name, values) for name, values in known if any(value is not None for value in values)]
    if not drawn:
        return None
    notes = [f"value.cohort.note.{measure}", f"value.cohort.note.{kind}", "value.cohort.small"]
    return Chart(
        COHORTS,
        title if measure == "retention" else _tell_spent(page, everyone) or title,
        "heat",
        tuple(Series(name, (*values, *[None] * (longest - len(values)))) for name, values in drawn),
        tuple(page.write(number + 1) for number in range(longest)),
        category=Axis(page.say(f"value.cohort.axis.{measure}"), "text"),
        value=Axis(page.say(f"value.cohort.show.{measure}"), form),
        note=" ".join(page.say(note, n=page.write(LEAST_COHORT)) for note in notes),
        currency=page.run.currency,
    )


def _pick(ages: Sequence[Row], column: str, first: int) -> tuple[float | None, ...]:
    """Pick the numbers of a cohort's months, without those of few customers."""
    return tuple(
        cast("float | None", age[column]) if cast(int, age["customers"]) >= LEAST_COHORT else None
        for age in ages[first : first + MOST_MONTHS_AFTER]
    )


def _tell_spent(page: Page, everyone: Sequence[Row]) -> str:
    """Say what a new customer spends up to the last month of the chart; empty where unknown."""
    spent = [value for value in _pick(everyone, "revenue_per_customer", 0) if value is not None]
    if not spent:
        return ""
    amount, month = page.write(spent[-1], "amount"), page.write(len(spent))
    return page.say("value.cohort.spent", amount=amount, month=month)


def _name(page: Page, cohort: Row, kind: CohortKind) -> str:
    """Name a cohort as readers of the language do."""
    name = str(cohort["cohort"])
    if kind == "month":
        return format_month(dt.date.fromisoformat(name), page.lang)
    if kind == "quarter":
        day = dt.date.fromisoformat(name)
        number = (day.month - 1) // MONTHS_A_QUARTER + 1
        return page.say("value.cohort.quarter_name", number=number, year=day.year)
    return page.say("value.cohort.others") if name == OTHERS else str(cohort["name"] or name)


def _list_rows(
    page: Page, content: Row, chart: Chart, kind: CohortKind, narrowed: CrossFilter
) -> list[tuple[str, str, int]]:
    """List the rows of the chart by name, each with its customers, to who may see them.

    A cell tells how many of them ordered again in a month; which, no published column knows, nor
    with what product or in which channel somebody began.
    """
    if not page.may("lists") or kind in ("product", "channel"):
        return []
    trees = {
        _name(page, row, kind): _pick_customers(str(row["cohort"]), kind, content["new_since"])
        for row in cast("list[Row]", content["cohorts"])
    }
    return [
        (
            series.name,
            page.link("customers", filter=write_filter(narrowed.narrow(tree))),
            place,
        )
        for place, series in enumerate(chart.series)
        for tree in [trees.get(series.name)]
        if tree is not None
    ]


def _pick_customers(cohort: str, kind: CohortKind, new_since: object) -> Filter | None:
    """Return the filter of a cohort's customers; None of the others, whom nothing names.

    Examples
    --------
    >>> write_filter(_pick_customers("2011-10-01", "quarter", None))
    "first_order_date >= '2011-10-01' and first_order_date < '2012-01-01'"
    """
    if kind not in DATED:
        begun = Condition(FIRST_ORDER, ">=", str(new_since))
        own = FilterGroup("and", (Condition(kind, "=", cohort), begun))
        return None if cohort == OTHERS else own
    following = add_months(dt.date.fromisoformat(cohort), MONTHS[kind])
    begun = Condition(FIRST_ORDER, ">=", cohort)
    return FilterGroup("and", (begun, Condition(FIRST_ORDER, "<", following.isoformat())))
