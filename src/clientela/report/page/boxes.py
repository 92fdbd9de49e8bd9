"""How much room a chart takes."""

from collections.abc import Sequence
from itertools import groupby

from clientela.report.answer import Chart

WIDE = ("heat", "columns")
MANY = 8
LABELS_PX, CELL_PX, LETTER_PX, GAP_PX = 130, 34, 6, 10
FIXED_PX = {"columns": 270, "lines": 290, "points": 360, "silhouettes": 330}
ROW_PX = {"heat": 30, "intervals": 34, "bars": 34}
AROUND_PX = {"heat": 64, "intervals": 58, "bars": 16}
SECOND_BAR_PX = 16
LEGEND_PX = 30


def wide(charts: Sequence[Chart]) -> set[str]:
    """Name the charts of an answer that take the width of the text rather than half of it.

    Where halves in a row leave one without a neighbour, the first takes the whole width.
    """
    names: set[str] = set()
    for whole, listed in groupby(charts, key=_needs_width):
        row = [chart.key for chart in listed]
        names.update(row if whole else row[: len(row) % 2])
    return names


def _needs_width(chart: Chart) -> bool:
    if chart.kind == "columns":
        return len(chart.categories) > MANY
    return chart.kind in WIDE


def box(chart: Chart) -> str:
    """Give the style of a chart's box: a height that its rows need, a width that its cells need."""
    height = f"height:{height_px(chart)}px"
    if chart.kind != "heat":
        return height
    return f"{height};min-width:{LABELS_PX + _cell_px(chart) * len(chart.categories)}px"


def _cell_px(chart: Chart) -> int:
    """Give the width of a cell whose head need not break a word."""
    longest = max((len(word) for name in chart.categories for word in name.split()), default=0)
    return max(CELL_PX, LETTER_PX * longest + GAP_PX)


def height_px(chart: Chart) -> int:
    """Give the height of a chart in CSS pixels."""
    more = max(0, len(chart.series) - 1)
    if chart.kind in FIXED_PX:
        return FIXED_PX[chart.kind] + (LEGEND_PX if more else 0)
    rows = len(chart.series) if chart.kind == "heat" else len(chart.categories)
    row = ROW_PX[chart.kind] + (SECOND_BAR_PX * more if chart.kind == "bars" else 0)
    legend = LEGEND_PX if more and chart.kind != "heat" else 0
    return rows * row + AROUND_PX[chart.kind] + legend
