"""What the values of a column tell of how its dates are written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import ibis.expr.types as ir

from clientela.errors import DecisionNeeded, MappingError
from clientela.mapping import dates
from clientela.mapping.formats import DateFormat, Order, Shape

DAY_MONTH = dates.FORMS["numeric", "dmy"].pattern  # the same for month and day
YEAR_FIRST = f"^{dates.DAY_NAME}{dates.YEAR4}[/.]{dates.PART}[/.]{dates.PART}{dates.TIME}$"
HALVES = "[0-9][ \u00a0\u202f]*[AaPp][.]?[Mm][.]?(?: ?[-+A-Z0-9:]+)?$"
# Each way to write a date: its pattern, shape and order. Where a value fits two, the first counts.
WAYS: dict[str, tuple[str, Shape, Order]] = {
    "iso": (dates.ISO_ZONED.pattern, "iso", "ymd"),
    "year_first": (YEAR_FIRST, "numeric", "ymd"),
    "compact": (dates.FORMS["compact", "ymd"].pattern, "compact", "ymd"),
    "named": (dates.FORMS["named", "dmy"].pattern, "named", "dmy"),
    "month_named": (dates.FORMS["named", "mdy"].pattern, "named", "mdy"),
    "year_named": (dates.FORMS["named", "ymd"].pattern, "named", "ymd"),
    "day_month": (DAY_MONTH, "numeric", "dmy"),
    "serial": (dates.COUNTS["serial"][0], "serial", "ymd"),
    "epoch": (dates.COUNTS["epoch"][0], "epoch", "ymd"),
    "epoch_ms": (dates.COUNTS["epoch_ms"][0], "epoch_ms", "ymd"),
}


def date_evidence(x: ir.StringValue) -> dict[str, ir.Scalar]:
    """Return the measures of distinct values that :func:`date_format` decides by."""
    first = x.re_extract(DAY_MONTH, 1).try_cast("int64")
    second = x.re_extract(DAY_MONTH, 2).try_cast("int64")
    two_parts = x.re_search(DAY_MONTH)
    return {
        "values": x.count(),
        "example": x.min(),
        "plain": x.re_search(dates.PLAIN).sum(),
        "zoned": (x.re_extract(dates.ZONE_SHOWN, 1) != "").sum(),
        "halves": x.re_search(HALVES).sum(),
        **{way: x.re_search(pattern).sum() for way, (pattern, _, _) in WAYS.items()},
        "day_first": x.min(where=two_parts & (first > 12) & (second <= 12)),
        "month_first": x.min(where=two_parts & (first <= 12) & (second > 12)),
    }


def measure_dates(values: Sequence[str]) -> dict[str, Any]:
    """Return the measures of :func:`date_evidence` for the values of a sample."""
    parts = [(value, match) for value in values if (match := re.search(DAY_MONTH, value))]
    orders = [(value, int(match[1]), int(match[2])) for value, match in parts]
    return {
        "values": len(values),
        "example": min(values, default=None),
        "plain": sum(bool(re.search(dates.PLAIN, value)) for value in values),
        "zoned": sum(bool(re.search(dates.ZONE_SHOWN, value)) for value in values),
        "halves": sum(bool(re.search(HALVES, value)) for value in values),
        **{
            way: sum(bool(re.search(pattern, value)) for value in values)
            for way, (pattern, _, _) in WAYS.items()
        },
        "day_first": min((v for v, first, second in orders if first > 12 >= second), default=None),
        "month_first": min(
            (v for v, first, second in orders if second > 12 >= first), default=None
        ),
    }


def date_format(measures: Mapping[str, Any], column: str, user_order: Order | None) -> DateFormat:
    """Decide a column's format by what was found in it.

    Parameters
    ----------
    measures : mapping
        The measures of :func:`date_evidence`.
    column : str
        The source's column, for messages.
    user_order : "ymd", "dmy" or "mdy", optional
        What the user says (``source.date_order``).

    Raises
    ------
    DecisionNeeded
        Every value fits both orders of day and month.
    MappingError
        No value is a date, or some fit only one order and others only the other.

    Examples
    --------
    >>> measures = measure_dates(["1/2/2011", "13/2/2011"])
    >>> date_format(measures, "Data", None).order
    'dmy'
    """
    if not measures["values"]:
        return DateFormat(plain=True)
    ways = sorted((way for way in WAYS if measures[way]), key=lambda way: -measures[way])
    if not ways:
        raise MappingError(
            f"no value of the column is a date that is understood, such as {measures['example']!r}",
            where=f"column {column}",
            do="map another column, or write the dates as 2010-12-31",
        )
    formats = [_format_of(way, measures, column, user_order) for way in ways]
    # A few digits among written dates may be anything; they are dates only in columns of them.
    further = [form for form in formats[1:] if form.shape not in dates.COUNTS]
    return replace(formats[0], further=tuple(further), plain=formats[0].plain and not further)


def _format_of(
    way: str, measures: Mapping[str, Any], column: str, user_order: Order | None
) -> DateFormat:
    _, shape, order = WAYS[way]
    zoned, halves = bool(measures["zoned"]) or shape in dates.INSTANTS, bool(measures["halves"])
    plain = way == "iso" and measures["plain"] == measures["values"]
    if way == "day_month":
        order = user_order or _order(measures, column)
    return DateFormat(shape, order, zoned=zoned, halves=halves, plain=plain)


def _order(measures: Mapping[str, Any], column: str) -> Order:
    day_first, month_first = measures["day_first"], measures["month_first"]
    if day_first and month_first:
        raise MappingError(
            f"dates are written in two orders: {day_first!r} has the day first, "
            f"{month_first!r} the month",
            where=f"column {column}",
            do="write them in one order, or set source.date_order and lose the others",
        )
    if not day_first and not month_first:
        raise DecisionNeeded(
            f"every date fits day-month and month-day alike, such as {measures['example']!r}",
            where=f"column {column}",
            do='set source.date_order to "dmy" or "mdy"',
        )
    return "dmy" if day_first else "mdy"
