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
from clientela.serving.dashboard.frame import Page
from clientela.serving.dashboard.heat import HeatMap
from clientela.serving.results import Results
from clientela.serving.routes.cohorts import (
    DATED,
    FIRST_ORDER,
    KINDS,
    MONTHS_A_QUARTER,
    OTHERS,
    CohortKind,
    read_cohorts,
    select_known,
)
from clientela.serving.routes.evidence import COHORTS
from clientela.store.filter_text import read_filter
from clientela.store.filters import Condition, write_filter
from clientela.store.read import Reader, Row

MEASURES: Mapping[str, tuple[str, Format]] = {
    "retention": ("active_share", "share"),
    "revenue": ("revenue_per_customer", "money"),
}
Tabs = Sequence[tuple[str, str, bool]]


class CohortsPart(NamedTuple):
    """The chart with how to read it, what else may be asked for, and the lists behind its cells."""

    chart: Chart | None
    kinds: Tabs
    measures: Tabs
    cells: HeatMap | None
    kind: CohortKind


async def draw_cohorts(
    page: Page, results: Results, reported: Sequence[Chart]
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
        _list_cells(page, content, chart, kind, measure) if chart else None,
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


def _list_cells(
    page: Page, content: Row, chart: Chart, kind: CohortKind, measure: str
) -> HeatMap | None:
    """List the customers behind each cell of the chart and each row, to who may see lists.

    Of who comes back, those who ordered in the month; of what is spent, those it is the mean of.
    """
    if not page.may("lists"):
        return None
    rows = {_name(page, row, kind): row for row in cast("list[Row]", content["cohorts"])}
    since = Condition(FIRST_ORDER, ">=", str(content["new_since"]))
    rows[page.say("value.cohort.everyone")] = {
        "filter": write_filter(since),
        "ages": content["new_customers"],
    }
    first = 1 if measure == "retention" else 0
    as_of = None if kind in DATED else page.run.as_of

    def draw(cohort: Row, age: Row, value: object) -> tuple[str, str, float]:
        if value is None:
            return "", "", 0.0
        text, count = age["filter"], age["active"]
        if measure != "retention":
            known = read_filter(str(cohort["filter"]))
            if as_of is not None:
                known = select_known(known, cast(int, age["age_months"]), as_of)
            text, count = write_filter(known), age["customers"]
        share = cast(int, count) / max(cast(int, age["customers"]), 1)
        return page.write(count, "count"), _link_list(page, str(text)), share

    drawn = []
    for series in chart.series:
        cohort = rows[series.name]
        ages = cast("list[Row]", cohort["ages"])[first : first + len(series.values)]
        cells = [draw(cohort, *pair) for pair in zip(ages, series.values, strict=False)]
        cells += [("", "", 0.0)] * (len(series.values) - len(cells))
        drawn.append((series.name, cells, _link_list(page, str(cohort["filter"]))))
    return HeatMap(
        page.say("value.cohort_lists"),
        page.say(f"value.cohort_note.{measure}"),
        chart.categories,
        [(name, cells) for name, cells, _ in drawn],
        chart.key,
        [link for *_, link in drawn],
    )


def _link_list(page: Page, text: str) -> str:
    return page.link("customers", filter=text)
