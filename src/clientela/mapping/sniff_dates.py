"""What the values of a column tell of how its dates are written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir

from clientela.errors import DecisionNeeded, MappingError
from clientela.mapping import dates
from clientela.mapping.formats import DateFormat, Order, Shape

DAY_MONTH = dates.FORMS["numeric", "dmy"].pattern  # the same for month and day
YEAR_FIRST = f"^{dates.DAY_NAME}{dates.YEAR4}[/.]{dates.PART}[/.]{dates.PART}{dates.TIME}$"
HALVES = f"[0-9]{dates.HALF}(?: ?[-+A-Z0-9:]+)?$"
# Each way to write a date: its pattern, shape and order. Where a value fits two, the first counts.
WAYS: dict[str, tuple[str, Shape, Order]] = {
    "iso": (dates.ISO_ZONED.pattern, "iso", "ymd"),
    "year_first": (YEAR_FIRST, "numeric", "ymd"),
    "compact": (dates.FORMS["compact", "ymd"].pattern, "compact", "ymd"),
    "named": (dates.FORMS["named", "dmy"].pattern, "named", "dmy"),
    "month_named": (dates.FORMS["named", "mdy"].pattern, "named", "mdy"),
    "year_named": (dates.FORMS["named", "ymd"].pattern, "named", "ymd"),
    "day_month": (DAY_MONTH, "numeric", "dmy"),
    **{shape: (pattern, shape, "ymd") for shape, pattern in dates.DIGITS.items()},
}
LEAST_SERIALS = 0.05  # by convention: fewer days counted among written dates may be anything
# So many dates of a spreadsheet all fall on the 1st to 12th by chance in (12/31)^5, under 1 %.
LEAST_SWAPPED = 5


def date_evidence(x: ir.StringValue) -> dict[str, ir.Scalar]:
    """Return the measures of distinct values that a column's format is decided and checked by."""
    plain = x.re_search(dates.PLAIN)
    # Plain values are ISO and fit no other pattern, each of which costs as much as this one.
    dressed = plain.ifelse(ibis.null("string"), x)
    first = dressed.re_extract(DAY_MONTH, 1).try_cast("int64")
    second = dressed.re_extract(DAY_MONTH, 2).try_cast("int64")
    iso_day = plain.ifelse(x.substr(8, 2), dressed.re_extract(dates.ISO_ZONED.pattern, 3))
    two_parts = _fits(dressed, DAY_MONTH)
    return {
        "values": x.count(),
        "example": x.min(),
        "plain": plain.sum(),
        **{f"dressed_{n}": (x.length() == n).sum(where=~plain) for n in dates.BARE_LENGTHS},
        "zoned": (dressed.re_extract(dates.ZONE_SHOWN, 1) != "").fill_null(False).sum(),
        "halves": _fits(dressed, HALVES).sum(),
        **{way: _fits(dressed, pattern).sum() for way, (pattern, _, _) in WAYS.items()},
        "iso": (plain | _fits(dressed, WAYS["iso"][0])).sum(),
        "day_first": x.min(where=two_parts & (first > 12) & (second <= 12)),
        "month_first": x.min(where=two_parts & (first <= 12) & (second > 12)),
        "either_order": (two_parts & (first <= 12) & (second <= 12)).sum(),
        "late_serial": (dates.count_from(dressed, "serial").day() > 12).fill_null(False).sum(),
        "late_iso": (iso_day.try_cast("int64") > 12).fill_null(False).sum(),
        "buddhist": x.re_search(dates.BUDDHIST_YEAR).sum(),
        "islamic": x.re_search(dates.ISLAMIC_YEAR).sum(),
    }


def _fits(x: ir.StringValue, pattern: str) -> ir.BooleanValue:
    return x.re_search(pattern).fill_null(False)


def measure_dates(values: Sequence[str]) -> dict[str, Any]:
    """Return the measures that :func:`date_format` decides by for the values of a sample."""
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
        "buddhist": sum(bool(re.search(dates.BUDDHIST_YEAR, value)) for value in values),
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
    # A few digits among written dates may be anything; they are dates only where they are many.
    counted = ["serial"] if measures["serial"] >= LEAST_SERIALS * measures["values"] else []
    further = [f for f in formats[1:] if f.shape not in dates.COUNTS or f.shape in counted]
    return replace(formats[0], further=tuple(further), plain=formats[0].plain and not further)


def check_dates(measures: Mapping[str, Any], column: str) -> None:
    """Refuse dates that read well and are others.

    Raises
    ------
    MappingError
        Years are of another calendar, or a spreadsheet took 05/01 for the 1st of May where it
        could, and left 13/01 a text.
    """
    if not measures["values"]:
        return
    if measures["islamic"] > 0.5 * measures["values"]:
        raise MappingError(
            f"years such as in {measures['example']!r} are of the Islamic or Persian calendar",
            where=f"column {column}",
            do="write the dates in the Gregorian calendar, as 2023-12-31",
        )
    cells = measures["serial"] + measures["iso"]
    late = measures["late_serial"] + measures["late_iso"]
    texts = measures["day_month"]
    if min(cells, texts) >= LEAST_SWAPPED and not late and not measures["either_order"]:
        raise MappingError(
            f"{cells:,} dates of the 1st to 12th are a spreadsheet's and {texts:,} later ones are "
            "text: it swapped day and month where it could",
            where=f"column {column}",
            do="export the dates anew as text, without opening the file in a spreadsheet",
        )


def _format_of(
    way: str, measures: Mapping[str, Any], column: str, user_order: Order | None
) -> DateFormat:
    _, shape, order = WAYS[way]
    zoned, halves = bool(measures["zoned"]) or shape in dates.INSTANTS, bool(measures["halves"])
    plain = way == "iso" and measures["plain"] == measures["values"]
    # None where no value is dressed up; a sample does not measure it.
    bare = tuple(n for n in dates.BARE_LENGTHS if not measures.get(f"dressed_{n}", True))
    if way == "day_month":
        order = user_order or _order(measures, column)
    # By convention: single years so far ahead are slips, and stay future dates.
    buddhist = measures["buddhist"] > 0.5 * measures["values"]
    return DateFormat(
        shape,
        order,
        zoned=zoned,
        halves=halves,
        plain=plain and not buddhist,
        bare_lengths=bare,
        buddhist=buddhist,
    )


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
