"""The segments as areas: the larger the more they hold, coloured by how they grew."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from clientela.report.answer import Axis, Chart, Series
from clientela.serving.dashboard.flows import MEASURES, find_measure, list_measures
from clientela.serving.dashboard.frame import Page
from clientela.serving.segment_measures import measure
from clientela.store.read import Row

KEY = "segment-map"
PARAMETER = "area"
USUAL = "money"


class SegmentMap(NamedTuple):
    """The chart, and links to the other measure."""

    chart: Chart
    measures: Sequence[tuple[str, str, bool]]


def draw_map(page: Page, rows: Sequence[Row]) -> SegmentMap | None:
    """Draw the segments as they are shown; None of one alone, which would be all of the area."""
    if len(rows) < 2:
        return None
    column, form = MEASURES[find_measure(page, PARAMETER, USUAL)]
    since = next(iter(page.compared), "")
    growth = tuple(_read_growth(row, since, column) for row in rows)
    is_compared = any(share is not None for share in growth)
    grown = page.say("segments.map.growth", since=page.say_since(since)) if is_compared else ""
    area = page.say(f"segment.{column}")
    chart = Chart(
        KEY,
        page.say(f"segments.map.{column}"),
        "treemap",
        (
            Series(area, tuple(max(0.0, cast(float, row[column] or 0.0)) for row in rows)),
            *([Series(grown, growth)] if is_compared else []),
        ),
        tuple(str(row[f"name_{page.lang.lower()}"]) for row in rows),
        category=Axis(format="share"),
        value=Axis(format=form),
        note=page.say("segments.map.note" if is_compared else "segments.map.note_alone"),
        currency=page.run.currency,
    )
    return SegmentMap(chart, list_measures(page, PARAMETER, USUAL))


def _read_growth(row: Row, since: str, column: str) -> float | None:
    growth = cast("Mapping[str, Mapping[str, float | None]]", measure(row)["growth"])
    return growth.get(since, {}).get(column)
