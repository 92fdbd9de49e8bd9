"""What the values of a column tell of how its dates are written."""

from collections.abc import Mapping
from typing import Any, Literal

import ibis.expr.types as ir

from clientela.errors import DecisionNeeded, MappingError
from clientela.mapping import dates
from clientela.mapping.formats import DateFormat, Order

DAY_MONTH = dates.FORMS["numeric", "dmy"].pattern  # the same for month and day
YEAR_FIRST = f"^{dates.YEAR4}[/.]{dates.PART}[/.]{dates.PART}{dates.TIME}$"
SHAPES = ("iso", "year_first", "compact", "named", "day_month")


def date_evidence(x: ir.StringValue) -> dict[str, ir.Scalar]:
    """Give the measures of distinct values that :func:`date_format` decides by."""
    first = x.re_extract(DAY_MONTH, 1).try_cast("int64")
    second = x.re_extract(DAY_MONTH, 2).try_cast("int64")
    two_parts = x.re_search(DAY_MONTH)
    return {
        "values": x.count(),
        "example": x.min(),
        "plain": x.re_search(dates.PLAIN).sum(),
        "zoned": (x.re_extract(dates.ISO_ZONED.pattern, dates.ISO_ZONED.zone) != "").sum(),
        "halves": x.re_search(r"[0-9] *[AaPp]\.?[Mm]\.?$").sum(),
        "iso": x.re_search(dates.ISO_ZONED.pattern).sum(),
        "year_first": x.re_search(YEAR_FIRST).sum(),
        "compact": x.re_search(dates.FORMS["compact", "ymd"].pattern).sum(),
        "named": x.re_search(dates.FORMS["named", "dmy"].pattern).sum(),
        "day_month": two_parts.sum(),
        "day_first": x.min(where=two_parts & (first > 12) & (second <= 12)),
        "month_first": x.min(where=two_parts & (first <= 12) & (second > 12)),
    }


def date_format(found: Mapping[str, Any], column: str, given: Order | None) -> DateFormat:
    """Decide a column's format by what was found in it.

    Parameters
    ----------
    found : mapping
        The measures of :func:`date_evidence`.
    column : str
        The source's column, for messages.
    given : "ymd", "dmy" or "mdy", optional
        What the user says (``source.date_order``).

    Raises
    ------
    DecisionNeeded
        Every value fits both orders of day and month.
    MappingError
        No value is a date, or some fit only one order and others only the other.

    Examples
    --------
    >>> found = dict.fromkeys(("iso", "year_first", "compact", "named", "zoned", "halves"), 0)
    >>> found |= {"values": 2, "plain": 0, "day_month": 2, "example": "1/2/2011"}
    >>> found |= {"day_first": "13/2/2011", "month_first": None}
    >>> date_format(found, "Data", None).order
    'dmy'
    """
    shape = max(SHAPES, key=lambda name: found[name] or 0)
    if not found["values"]:
        return DateFormat(plain=True)
    if not found[shape]:
        raise MappingError(
            f"no value of the column is a date that is understood, such as {found['example']!r}",
            where=f"column {column}",
            do="map another column, or write the dates as 2010-12-31",
        )
    halves = bool(found["halves"])
    if shape == "iso":
        plain = found["plain"] == found["values"]
        return DateFormat("iso", zoned=bool(found["zoned"]), halves=halves, plain=plain)
    if shape == "year_first":
        return DateFormat("numeric", "ymd", halves=halves)
    if shape == "day_month":
        return DateFormat("numeric", given or _order(found, column), halves=halves)
    kind: Literal["compact", "named"] = "compact" if shape == "compact" else "named"
    return DateFormat(kind, "ymd" if kind == "compact" else "dmy", halves=halves)


def _order(found: Mapping[str, Any], column: str) -> Order:
    day_first, month_first = found["day_first"], found["month_first"]
    if day_first and month_first:
        raise MappingError(
            f"dates are written in two orders: {day_first!r} has the day first, "
            f"{month_first!r} the month",
            where=f"column {column}",
            do="write them in one order, or set source.date_order and lose the others",
        )
    if not day_first and not month_first:
        raise DecisionNeeded(
            f"every date fits day-month and month-day alike, such as {found['example']!r}",
            where=f"column {column}",
            do='set source.date_order to "dmy" or "mdy"',
        )
    return "dmy" if day_first else "mdy"
