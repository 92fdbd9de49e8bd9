"""Who moved between segments from a run to another: a flow of people or money, and its table."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple, cast

from clientela.errors import InputError
from clientela.report.answer import Axis, Chart, Format, Series
from clientela.serving.dashboard.customers import write_error
from clientela.serving.dashboard.frame import Page
from clientela.serving.dashboard.heat import HeatMap
from clientela.serving.dashboard.runs import name_run
from clientela.serving.results import Results
from clientela.serving.routes.run_comparison import MOST_RUNS, WHEN
from clientela.serving.small_groups import keep_parts
from clientela.store.earlier_runs import find_pair, list_kept, list_past
from clientela.store.filters import PREVIOUS, Condition, FilterGroup, write_filter
from clientela.store.read import Row
from clientela.store.segment_flows import MOST_COUNTED, read_flows

MEASURES: Mapping[str, tuple[str, Format]] = {
    "people": ("customers", "number"),
    "money": ("revenue", "money"),
}
ASKED = ("flow", "size", "area", *WHEN)
"""Parts of the address that say what the page's charts count, and between which runs."""
KEY = "flows"
Ends = tuple[int | None, int | None]


class Period(NamedTuple):
    """Two runs, as a filter names the first and, unless it is the published one, the second."""

    since: str
    asked: str | None
    until: str | None = None


class Flows(NamedTuple):
    """The moves as a chart and as a table that leads to lists, and what else may be asked for.

    ``pair`` are the two runs, ``runs`` those to choose from, each by its id and its name, and
    ``error`` why the two that were asked for cannot be compared.
    """

    chart: Chart | None
    table: HeatMap | None
    measures: Sequence[tuple[str, str, bool]]
    runs: Sequence[tuple[str, str]]
    pair: tuple[str, str]
    error: str
    twin: str


async def draw_flows(
    page: Page,
    results: Results,
    names: Mapping[int, str],
    segments: Collection[object] | None = None,
) -> Flows | None:
    """Draw the moves between two runs; None where there is none to compare with.

    They are those that the address names, else the published one and the one that the page is
    compared with first. ``segments`` are those whose moves are shown, in and out; all where there
    are none.
    """
    run_days, error = await results.ask(list_kept, long=True), ""
    usual = Period(*next(iter(page.compared.items()), (PREVIOUS, None)))
    try:
        period = _read_period(page, run_days) or usual
    except InputError as problem:
        period, error = usual, write_error(problem, page.lang)
    read = partial(read_flows, since=period.asked, until=period.until)
    run_id, moves = await results.ask(read, long=True)
    past = await results.ask(list_past, long=True)
    if run_id is None or run_id not in past:  # one of another past has no day
        return None
    if run_id != period.asked:
        if _asks(page) and not error:
            error = page.say("segments.flows_many", count=page.write(MOST_COUNTED))
        period = Period(PREVIOUS if period.until is None else run_id, run_id, period.until)
    if period.until:
        ends = [await results.read_names(run, page.lang) for run in (run_id, period.until)]
        names = {**ends[0], **ends[1]}
    drawn = _draw(page, names, period, _select_moves(page, moves, segments), past)
    until = period.until or page.run.run_id
    if drawn is None and not (error or _asks(page)):
        return None
    chart, table = drawn or (None, None)
    runs = await results.ask(lambda reader: reader.runs(MOST_RUNS)) if len(run_days) > 2 else []
    asked = {"before": run_id, "after": until} if _asks(page) else {"since": page.kept.get("since")}
    return Flows(
        chart,
        table,
        list_measures(page, "flow"),
        [(run.run_id, name_run(page, run)) for run in runs if run.run_id in run_days],
        (run_id, until),
        error,
        page.link("segments/flows", **asked),
    )


def _asks(page: Page) -> bool:
    return any(page.request.query_params.get(name) for name in WHEN)


def _read_period(page: Page, run_days: Mapping[str, dt.date]) -> Period | None:
    """Read the two runs that the address names; None where it names none."""
    if not _asks(page):
        return None
    before, after = (page.request.query_params.get(name) or None for name in WHEN)
    pair = find_pair(run_days, before, after)
    return pair and Period(pair[0], pair[0], None if pair[1] == page.run.run_id else pair[1])


def _select_moves(
    page: Page, moves: Sequence[Row], segments: Collection[object] | None
) -> Mapping[Ends, float]:
    """Select the moves to and from some segments, counted as the page counts."""
    column, _ = MEASURES[find_measure(page, "flow")]
    return {
        (cast("int | None", row["from_segment"]), cast("int | None", row["to_segment"])): cast(
            float, row[column] or 0.0
        )
        for row in keep_parts(page.request, moves)
        if row["to_segment"] is not None
        and (segments is None or row["from_segment"] in segments or row["to_segment"] in segments)
    }


def _draw(
    page: Page,
    names: Mapping[int, str],
    period: Period,
    by_ends: Mapping[Ends, float],
    past: Mapping[str, dt.date],
) -> tuple[Chart, HeatMap] | None:
    """Draw moves as bands and as numbers; None where there are none."""
    rows = [segment for segment in (*names, None) if any(ends[0] == segment for ends in by_ends)]
    columns = [segment for segment in names if any(ends[1] == segment for ends in by_ends)]
    if not rows or not columns:
        return None
    measure, labels = find_measure(page, "flow"), _label(page, names)
    day = page.write(past[cast(str, period.asked)])
    title = page.say("segments.flows", day=day)
    if period.until:
        title = page.say("segments.flows_between", day=day, until=page.write(past[period.until]))
    chart = Chart(
        KEY,
        title,
        "flow",
        tuple(
            Series(labels(row), tuple(by_ends.get((row, column)) for column in columns), tone=place)
            for place, row in enumerate(rows)
        ),
        tuple(map(labels, columns)),
        value=Axis(page.say(f"segments.flow.{measure}"), MEASURES[measure][1]),
        currency=page.run.currency,
    )
    most = max(by_ends.values(), default=0.0) or 1.0

    def fill(row: int | None, column: int) -> tuple[str, str, float]:
        amount = by_ends.get((row, column))
        if amount is None:
            return "", "", 0.0
        text = page.write(amount, "amount" if measure == "money" else "count")
        return text, _link_flow(page, period, row, column), amount / most

    lines = [(labels(row), [fill(row, column) for column in columns]) for row in rows]
    note = page.say("segments.flows_note")
    return chart, HeatMap(
        page.say("segments.flows_table"), note, [*map(labels, columns)], lines, KEY
    )


def _label(page: Page, names: Mapping[int, str]) -> Callable[[int | None], str]:
    return lambda segment: page.say("segments.flow.new") if segment is None else names[segment]


def _link_flow(page: Page, period: Period, left: int | None, entered: int) -> str:
    """Link to who moved; empty for who may not see lists."""
    if not page.may("lists"):
        return ""
    before = Condition(f"past.{period.since}.segment", "=", left)
    column = f"past.{period.until}.segment" if period.until else "segment"
    moved = FilterGroup("and", (before, Condition(column, "=", entered)))
    return page.link("customers", filter=write_filter(moved))


def find_measure(page: Page, parameter: str, usual: str = "people") -> str:
    """Find what a chart of the page counts, people or money, as a part of the address asks."""
    measure = page.request.query_params.get(parameter, usual)
    return measure if measure in MEASURES else usual


def list_measures(page: Page, parameter: str, usual: str = "people") -> list[tuple[str, str, bool]]:
    """List the links to what a chart counts: people or money; what others count is kept."""
    parameters = {name: page.request.query_params.get(name) for name in ASKED}
    return [
        (
            page.say(f"segments.flow.{name}"),
            page.link("segments", **{**parameters, parameter: name}),
            name == find_measure(page, parameter, usual),
        )
        for name in MEASURES
    ]
