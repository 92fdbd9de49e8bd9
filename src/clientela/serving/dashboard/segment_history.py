"""All segments over the kept runs: a line for each, of people or of money."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from clientela.report.answer import Axis, Chart, Series
from clientela.serving.dashboard.annotations import mark_notes
from clientela.serving.dashboard.flows import MEASURES, find_measure, list_measures
from clientela.serving.dashboard.frame import Page
from clientela.serving.routes.segments import list_parts, read_sizes
from clientela.store.read import Row

MOST_RUNS = 36  # by convention: three years of monthly runs


class SegmentHistory(NamedTuple):
    """The chart, and links to the other measure."""

    chart: Chart
    measures: Sequence[tuple[str, str, bool]]


async def draw_history(
    page: Page, rows: Sequence[Row], notes: Sequence[Row]
) -> SegmentHistory | None:
    """Draw the sizes of the segments as they are shown; None where one run alone is kept.

    Of several runs that look from one day the last one counts.
    """
    by_day: dict[dt.date, dict[object, Row]] = {}
    runs: dict[dt.date, object] = {}
    for size in await read_sizes(page.request):
        day = cast(dt.date, size["as_of"])
        if runs.get(day) != size["run_id"]:
            runs[day], by_day[day] = size["run_id"], {}
        by_day[day][size["segment"]] = size
    days = sorted(by_day)[-MOST_RUNS:]
    if len(days) < 2:
        return None
    measure = find_measure(page, "size")
    column, form = MEASURES[measure]
    chart = Chart(
        "segment-sizes",
        page.say(f"segments.sizes.{measure}"),
        "columns",
        tuple(
            Series(
                str(row[f"name_{page.lang.lower()}"]),
                tuple(_sum_size(by_day[day], row, column) for day in days),
                tone=place if row["colour"] is None else cast(int, row["colour"]),
                line=True,
            )
            for place, row in enumerate(rows)
        ),
        tuple(page.write(day) for day in days),
        marks=mark_notes(notes, days, days[0]),
        value=Axis(format=form),
        note=page.say("segments.sizes_note"),
        currency=page.run.currency,
    )
    return SegmentHistory(chart, list_measures(page, "size"))


def _sum_size(sizes: Mapping[object, Row], row: Row, column: str) -> float | None:
    """Sum what the segments of a row had in a run; None where one of them was not there."""
    parts = list_parts(row)
    if any(part not in sizes for part in parts):
        return None
    return sum(float(cast(float, sizes[part][column] or 0.0)) for part in parts)
