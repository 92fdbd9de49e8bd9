"""The numbers of a chart as a table, for those who cannot see or would rather read it."""

from collections import Counter

from clientela.i18n import Lang, format_money, format_number, format_share, t
from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Series

UNREAD = ("points", "silhouettes")
NOTHING = "\N{EN DASH}"
DECIMALS = {"decimal": 2}

Place = tuple[float, int]
"""An x, and how many earlier points of the line stand at it."""


def numbers(chart: Chart, lang: Lang) -> AnswerTable | None:
    """Give a chart's numbers; None of a cloud of points, which says nothing point by point."""
    if chart.kind in UNREAD:
        return None
    if not chart.categories:
        return _pairs(chart, lang)
    if chart.kind == "heat":
        return _cells(chart, lang)
    heads = [column for series in chart.series for column in _heads(series, series.name, lang)]
    rows = tuple(
        (label, *(text for series in chart.series for text in _values(chart, series, place, lang)))
        for place, label in enumerate(chart.categories)
    )
    return AnswerTable(chart.key, chart.title, (AnswerColumn(chart.category.title), *heads), rows)


def written(value: float | None, axis: Axis, currency: str | None, lang: Lang) -> str:
    """Write a number of an axis.

    Examples
    --------
    >>> written(0.5, Axis(format="share"), None, "pt_BR"), written(1240, Axis(), None, "pt_BR")
    ('50,0%', '1.240')
    """
    if value is None:
        return NOTHING
    if axis.format == "money" and currency:
        return format_money(value, currency, lang, whole=abs(value) >= 100)
    if axis.format == "share":
        return format_share(value, lang)
    return format_number(value, lang, DECIMALS.get(axis.format, 0))


def _heads(series: Series, name: str, lang: Lang) -> list[AnswerColumn]:
    ends = ("low", "high") if series.low else ()
    named = (f"{name} ({t(f'report.page.{end}', lang)})" for end in ends)
    return [AnswerColumn(name, True), *(AnswerColumn(each, True) for each in named)]


def _values(chart: Chart, series: Series, place: int, lang: Lang) -> list[str]:
    columns = (series.values, series.low, series.high) if series.low else (series.values,)
    return [written(_number(c[place]), chart.value, chart.currency, lang) for c in columns]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _cells(chart: Chart, lang: Lang) -> AnswerTable:
    columns = (
        AnswerColumn(chart.category.title),
        *(AnswerColumn(name, True) for name in chart.categories),
    )
    rows = tuple(
        (
            series.name,
            *(written(_number(v), chart.value, chart.currency, lang) for v in series.values),
        )
        for series in chart.series
    )
    return AnswerTable(chart.key, chart.title, columns, rows)


def _pairs(chart: Chart, lang: Lang) -> AnswerTable:
    """Give lines whose x is a number: one row an x, and one column a line and each of its ends."""
    heads = [column for series in chart.series for column in _heads(series, series.name, lang)]
    told = [_at(series) for series in chart.series]
    rows = tuple(
        (
            written(x, chart.category, None, lang),
            *(
                written(value, chart.value, chart.currency, lang)
                for series, known in zip(chart.series, told, strict=True)
                for value in known.get((x, nth), _unknown(series))
            ),
        )
        for x, nth in sorted(set[Place]().union(*told))
    )
    columns = (AnswerColumn(chart.category.title, True), *heads)
    return AnswerTable(chart.key, chart.title, columns, rows)


def _at(series: Series) -> dict[Place, tuple[float | None, ...]]:
    """Give a line's value at each x, with the ends of its interval; a line may rise at one x."""
    ends = (series.low, series.high) if series.low else ()
    found: dict[Place, tuple[float | None, ...]] = {}
    times: Counter[float] = Counter()
    for i, pair in enumerate(series.values):
        if isinstance(pair, tuple | list):
            found[pair[0], times[pair[0]]] = (pair[1], *(end[i] for end in ends))
            times[pair[0]] += 1
    return found


def _unknown(series: Series) -> tuple[None, ...]:
    return (None, None, None) if series.low else (None,)
