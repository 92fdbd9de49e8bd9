"""Charts on the page: their size, and their numbers as tables."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from markupsafe import Markup

from clientela.i18n import NO_CURRENCY, Lang, format_money, format_number, format_share, t
from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Series

WIDE = ("heat", "columns", "flow", "treemap")
MANY = 8  # columns whose labels no longer fit into half the width of the text
# Set by eye: row labels, a heat map's cell, a letter of its head, the air beside it.
LABELS_PX, CELL_PX, LETTER_PX, GAP_PX = 170, 34, 6, 10
CELL_LETTERS = {"money": 11}  # of the longest number in a cell, such as R$ 216,7 mil
# Set by eye, see below.
FIXED_PX = {"columns": 290, "lines": 310, "points": 360, "silhouettes": 330, "treemap": 340}
ROW_PX = {
    "heat": 30,
    "intervals": 34,
    "bars": 34,
    "flow": 56,
}  # by eye: a line and its air
AROUND_PX = {
    "heat": 64,
    "intervals": 58,
    "bars": 40,
    "flow": 40,
}  # by eye: axis, labels, legend
SECOND_BAR_PX = 16  # set by eye: half a row
LEGEND_PX = 30
"""Sizes in CSS pixels were set by eye, at 390 and 1280 pixels of width and on A4."""
WITHOUT_TABLE = ("points", "silhouettes")
NOTHING = "\N{EN DASH}"
DECIMALS = {"decimal": 2}  # all other formats are whole numbers here

LinePlace = tuple[float, int]
"""An x, and how many earlier points of the line stand at it."""


def find_wide(charts: Sequence[Chart]) -> set[str]:
    """Return the charts that take the whole width of the text.

    Where halves in a row leave one without a neighbour, the first takes the whole width.
    """
    names: set[str] = set()
    for is_wide, group in groupby(charts, key=_needs_width):
        row = [chart.key for chart in group]
        names.update(row if is_wide else row[: len(row) % 2])
    return names


def _needs_width(chart: Chart) -> bool:
    if chart.kind == "columns":
        return len(chart.categories) > MANY
    return chart.kind in WIDE


def style_box(chart: Chart) -> str:
    """Return the style of a chart's box: height and least width."""
    height = f"height:{compute_height_px(chart)}px"
    if chart.kind != "heat":
        return height
    longest = max((len(word) for name in chart.categories for word in name.split()), default=0)
    letters = max(longest, CELL_LETTERS.get(chart.value.format, 0))
    cell_px = max(CELL_PX, LETTER_PX * letters + GAP_PX)  # whose head need not break a word
    return f"{height};min-width:{LABELS_PX + cell_px * len(chart.categories)}px"


def compute_height_px(chart: Chart) -> int:
    """Return the height of a chart in CSS pixels."""
    more = max(0, len(chart.series) - 1)
    if chart.kind in FIXED_PX:
        return FIXED_PX[chart.kind] + (LEGEND_PX if more and chart.kind != "treemap" else 0)
    by_row = chart.kind in ("heat", "flow")
    rows = len(chart.series) if chart.kind == "heat" else len(chart.categories)
    rows = max(rows, len(chart.series)) if chart.kind == "flow" else rows
    row = ROW_PX[chart.kind] + (SECOND_BAR_PX * more if chart.kind == "bars" else 0)
    legend = LEGEND_PX if more and not by_row else 0
    return rows * row + AROUND_PX[chart.kind] + legend


def tabulate_chart(chart: Chart, lang: Lang) -> AnswerTable | None:
    """Return a chart's numbers as a table; None of a cloud of points.

    For those who cannot see the chart, or would rather read it.
    """
    if chart.kind in WITHOUT_TABLE:
        return None
    if not chart.categories:
        return _tabulate_lines(chart, lang)
    if chart.kind in ("heat", "flow"):
        return _tabulate_heat(chart, lang)
    heads = [head for series in chart.series for head in _list_heads(series, lang)]
    rows = tuple(
        (
            label,
            *(
                format_axis(_read_number(values[index]), axis, chart.currency, lang)
                for series, axis in zip(chart.series, _list_axes(chart), strict=True)
                for values in (series.values, *_list_ends(series))
            ),
        )
        for index, label in enumerate(chart.categories)
    )
    return AnswerTable(chart.key, chart.title, (AnswerColumn(chart.category.title), *heads), rows)


def format_axis(value: float | None, axis: Axis, currency: str | None, lang: Lang) -> str:
    """Write a number of an axis.

    Examples
    --------
    >>> format_axis(0.5, Axis(format="share"), None, "pt_BR")
    '50,0%'
    >>> format_axis(1240, Axis(), None, "pt_BR")
    '1.240'
    >>> format_axis(1240, Axis(format="money"), "XXX", "en")
    '1,240'
    """
    if value is None:
        return NOTHING
    if axis.format == "money" and currency not in (None, NO_CURRENCY):
        return format_money(value, str(currency), lang, whole=abs(value) >= 100)
    if axis.format == "share":
        return format_share(value, lang)
    return format_number(value, lang, DECIMALS.get(axis.format, 0))


def _list_axes(chart: Chart) -> list[Axis]:
    """List the axis that each series is measured on."""
    coloured = chart.category if chart.kind == "treemap" else chart.value
    return [chart.value, *[coloured] * (len(chart.series) - 1)]


def _list_ends(series: Series) -> tuple[tuple[float | None, ...], ...]:
    return (series.low, series.high) if series.low else ()


def _list_heads(series: Series, lang: Lang) -> list[AnswerColumn]:
    ends = ("low", "high") if series.low else ()
    names = (f"{series.name} ({t(f'report.page.{end}', lang)})" for end in ends)
    return [AnswerColumn(name, True) for name in (series.name, *names)]


def _read_number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _tabulate_heat(chart: Chart, lang: Lang) -> AnswerTable:
    heads = (AnswerColumn(name, True) for name in chart.categories)
    rows = tuple(
        (
            series.name,
            *(
                format_axis(_read_number(value), chart.value, chart.currency, lang)
                for value in series.values
            ),
        )
        for series in chart.series
    )
    return AnswerTable(chart.key, chart.title, (AnswerColumn(chart.category.title), *heads), rows)


def _tabulate_lines(chart: Chart, lang: Lang) -> AnswerTable:
    """Return the numbers of lines: a row an x, a column a line."""
    heads = [head for series in chart.series for head in _list_heads(series, lang)]
    lines = [_index_line(series) for series in chart.series]
    blanks = [(None,) * (3 if series.low else 1) for series in chart.series]
    rows = tuple(
        (
            format_axis(x, chart.category, None, lang),
            *(
                format_axis(value, chart.value, chart.currency, lang)
                for line, blank in zip(lines, blanks, strict=True)
                for value in line.get((x, nth), blank)
            ),
        )
        for x, nth in sorted(set[LinePlace]().union(*lines))
    )
    columns = (AnswerColumn(chart.category.title, True), *heads)
    return AnswerTable(chart.key, chart.title, columns, rows)


def _index_line(series: Series) -> dict[LinePlace, tuple[float | None, ...]]:
    """Return a line's value at each x, with the ends of its interval."""
    line: dict[LinePlace, tuple[float | None, ...]] = {}
    times: Counter[float] = Counter()
    for index, point in enumerate(series.values):
        if isinstance(point, tuple | list):
            line[point[0], times[point[0]]] = (point[1], *(e[index] for e in _list_ends(series)))
            times[point[0]] += 1
    return line


def embed_charts(charts: Iterable[Chart], lang: Lang) -> Markup:
    """Return the charts as JSON that cannot end the element it stands in."""
    content = {
        "lang": lang.replace("_", "-"),
        "words": {name: t(f"report.page.{name}", lang) for name in ("low", "high")},
        "charts": {chart.key: chart for chart in charts},
    }
    text = msgspec.json.encode(content).decode().replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 - no "<" left
