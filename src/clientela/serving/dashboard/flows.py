"""Who moved between segments since an earlier run: a flow of people or money, and its table."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple, cast

from clientela.report.answer import Axis, Chart, Format, Series
from clientela.serving.dashboard.frame import Page
from clientela.serving.dashboard.heat import HeatMap
from clientela.serving.results import Results
from clientela.serving.small_groups import keep_parts
from clientela.store.earlier_runs import list_past
from clientela.store.filters import PREVIOUS, Condition, FilterGroup, write_filter
from clientela.store.segment_flows import read_flows

MEASURES: Mapping[str, tuple[str, Format]] = {
    "people": ("customers", "number"),
    "money": ("revenue", "money"),
}
ASKED = ("flow", "size", "area")
"""Parts of the address that say what a chart of the page counts."""
KEY = "flows"
Ends = tuple[int | None, int | None]


class Flows(NamedTuple):
    """The moves as a chart and as a table that leads to lists, and links to the other measure."""

    chart: Chart
    table: HeatMap
    measures: Sequence[tuple[str, str, bool]]


async def draw_flows(
    page: Page,
    results: Results,
    names: Mapping[int, str],
    segments: Collection[object] | None = None,
) -> Flows | None:
    """Draw the moves since the run that the page is compared with first; None where none is.

    ``segments`` are those whose moves are shown, in and out; all where there are none.
    """
    since, asked = next(iter(page.compared.items()), (PREVIOUS, None))
    run_id, moves = await results.ask(partial(read_flows, since=asked), long=True)
    shown, past = keep_parts(page.request, moves), await results.ask(list_past, long=True)
    if run_id is None or run_id not in past or not shown:  # one of another past has no day
        return None
    since = since if run_id == asked else PREVIOUS
    measure = find_measure(page, "flow")
    column, form = MEASURES[measure]
    by_ends: dict[Ends, float] = {
        (cast("int | None", row["from_segment"]), cast("int | None", row["to_segment"])): cast(
            float, row[column] or 0.0
        )
        for row in shown
        if row["to_segment"] is not None
        and (segments is None or row["from_segment"] in segments or row["to_segment"] in segments)
    }
    if not by_ends:
        return None
    rows = [segment for segment in (*names, None) if any(ends[0] == segment for ends in by_ends)]
    columns = [segment for segment in names if any(ends[1] == segment for ends in by_ends)]
    day = page.write(past[run_id])
    title, labels = page.say("segments.flows", day=day), _label(page, names)
    chart = Chart(
        KEY,
        title,
        "flow",
        tuple(
            Series(labels(row), tuple(by_ends.get((row, column)) for column in columns), tone=place)
            for place, row in enumerate(rows)
        ),
        tuple(map(labels, columns)),
        value=Axis(page.say(f"segments.flow.{measure}"), form),
        currency=page.run.currency,
    )
    most = max(by_ends.values(), default=0.0) or 1.0

    def fill(row: int | None, column: int) -> tuple[str, str, float]:
        amount = by_ends.get((row, column))
        if amount is None:
            return "", "", 0.0
        text = page.write(amount, "amount" if form == "money" else "count")
        return text, _link_flow(page, since, row, column), amount / most

    lines = [(labels(row), [fill(row, column) for column in columns]) for row in rows]
    note = page.say("segments.flows_note")
    table = HeatMap(page.say("segments.flows_table"), note, [*map(labels, columns)], lines, KEY)
    return Flows(chart, table, list_measures(page, "flow"))


def _label(page: Page, names: Mapping[int, str]) -> Callable[[int | None], str]:
    return lambda segment: page.say("segments.flow.new") if segment is None else names[segment]


def _link_flow(page: Page, since: str, left: int | None, entered: int) -> str:
    """Link to who moved; empty for who may not see lists."""
    if not page.may("lists"):
        return ""
    before = Condition(f"past.{since}.segment", "=", left)
    moved = FilterGroup("and", (before, Condition("segment", "=", entered)))
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
