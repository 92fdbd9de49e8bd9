"""The numbers of a chart as a table, for those who cannot see or would rather read it."""

from clientela.i18n import Lang, money, number, share
from clientela.report.answer import Axis, Chart, Column, Series, Table

UNREAD = ("points", "silhouettes")
NOTHING = "\N{EN DASH}"
DECIMALS = {"decimal": 2}


def numbers(chart: Chart, lang: Lang) -> Table | None:
    """Give a chart's numbers; None of a cloud of points, which says nothing point by point."""
    if chart.kind in UNREAD:
        return None
    if not chart.categories:
        return _pairs(chart, lang)
    if chart.kind == "heat":
        return _cells(chart, lang)
    heads = [column for series in chart.series for column in _heads(series)]
    rows = tuple(
        (label, *(text for series in chart.series for text in _values(chart, series, place, lang)))
        for place, label in enumerate(chart.categories)
    )
    return Table(chart.key, chart.title, (Column(chart.category.title), *heads), rows)


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
        return money(value, currency, lang, whole=abs(value) >= 100)
    if axis.format == "share":
        return share(value, lang)
    return number(value, lang, DECIMALS.get(axis.format, 0))


def _heads(series: Series) -> list[Column]:
    parts = ("", " \N{DOWNWARDS ARROW}", " \N{UPWARDS ARROW}") if series.low else ("",)
    return [Column(series.name + part, True) for part in parts]


def _values(chart: Chart, series: Series, place: int, lang: Lang) -> list[str]:
    columns = (series.values, series.low, series.high) if series.low else (series.values,)
    return [written(_number(c[place]), chart.value, chart.currency, lang) for c in columns]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _cells(chart: Chart, lang: Lang) -> Table:
    columns = (Column(chart.category.title), *(Column(name, True) for name in chart.categories))
    rows = tuple(
        (
            series.name,
            *(written(_number(v), chart.value, chart.currency, lang) for v in series.values),
        )
        for series in chart.series
    )
    return Table(chart.key, chart.title, columns, rows)


def _pairs(chart: Chart, lang: Lang) -> Table:
    """Give the pairs of lines whose x is a number, one row a pair, with its interval if any has."""
    ends = any(series.low for series in chart.series)
    values = _heads(Series(chart.value.title, (), (0.0,) if ends else ()))
    columns = (Column(""), Column(chart.category.title, True), *values)
    rows = tuple(
        (
            series.name,
            written(pair[0], chart.category, None, lang),
            *(written(v, chart.value, chart.currency, lang) for v in (pair[1], *_ends(series, i))),
        )[: len(columns)]
        for series in chart.series
        for i, pair in enumerate(series.values)
        if isinstance(pair, tuple | list)
    )
    return Table(chart.key, chart.title, columns, rows)


def _ends(series: Series, place: int) -> tuple[float | None, float | None]:
    return (series.low[place], series.high[place]) if series.low else (None, None)
