"""Local times and UTC, without any engine's time-zone functions.

The offsets of a zone come from Python's database; an expression picks among them by comparing with
the moments at which the offset changes. A local time that the clock shows twice is its first
showing; one that it skips counts as if the clock had not yet been moved. Both are what
``zoneinfo`` does with ``fold=0``.
"""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

EARLIEST, LATEST = dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)  # noqa: DTZ001 - local times
STEP = dt.timedelta(days=1)
MARGIN = dt.timedelta(days=2)


Change = tuple[dt.datetime, dt.timedelta, dt.timedelta]
"""A moment (UTC, without zone) at which a zone's offset changes, and the offsets on either side."""


def offset(zone: ZoneInfo, at: dt.datetime) -> dt.timedelta:
    """Return a zone's offset from UTC at a moment of UTC (without zone)."""
    utc_offset = zone.utcoffset(at.replace(tzinfo=dt.UTC).astimezone(zone))
    return utc_offset if utc_offset is not None else dt.timedelta(0)


def changes(name: str, first: dt.datetime, last: dt.datetime) -> list[Change]:
    """List the changes of a zone's offset between two moments.

    Examples
    --------
    >>> year = dt.datetime(2011, 1, 1), dt.datetime(2011, 12, 31)
    >>> [str(at) for at, *_ in changes("Europe/London", *year)]
    ['2011-03-27 01:00:00', '2011-10-30 01:00:00']
    """
    begin, end = max(first, EARLIEST), min(last, LATEST)
    years = range(begin.year, end.year + 1) if begin < end else range(0)
    return [change for year in years for change in _of_year(name, year) if begin < change[0] <= end]


@cache
def _of_year(name: str, year: int) -> tuple[Change, ...]:
    zone = ZoneInfo(name)
    begin = dt.datetime(year, 1, 1)  # noqa: DTZ001 - local times
    days = [begin + STEP * number for number in range((begin.replace(year=year + 1) - begin).days)]
    offsets = [offset(zone, day) for day in (*days, begin.replace(year=year + 1))]
    return tuple(
        (_moment(zone, day), before, after)
        for day, before, after in zip(days, offsets[:-1], offsets[1:], strict=True)
        if before != after
    )


def _moment(zone: ZoneInfo, day: dt.datetime) -> dt.datetime:
    """Find the second within a day at which the offset changes."""
    low, high = 0, int(STEP.total_seconds())
    before = offset(zone, day)
    while high - low > 1:
        middle = (low + high) // 2
        if offset(zone, day + dt.timedelta(seconds=middle)) == before:
            low = middle
        else:
            high = middle
    return day + dt.timedelta(seconds=high)


class Zone:
    """A time zone over the span of a source's times.

    Parameters
    ----------
    name : str
        IANA name.
    first, last : datetime, optional
        The span; times outside it take the offset at its nearer end.
    """

    def __init__(self, name: str, first: dt.datetime | None, last: dt.datetime | None) -> None:
        begin = min(max((first or LATEST) - MARGIN, EARLIEST), LATEST)
        self._changes = changes(name, begin, min(last or begin, LATEST) + MARGIN)
        self._first_offset = offset(ZoneInfo(name), begin)

    def to_utc(self, local: ir.TimestampValue) -> ir.TimestampValue:
        """Turn local times into UTC."""
        return self._shift_times(local, [at + max(offsets) for at, *offsets in self._changes], -1)

    def to_local(self, utc: ir.TimestampValue) -> ir.TimestampValue:
        """Turn UTC into local times."""
        return self._shift_times(utc, [at for at, *_ in self._changes], 1)

    def _shift_times(
        self, times: ir.TimestampValue, bounds: Sequence[dt.datetime], sign: int
    ) -> ir.TimestampValue:
        offsets = [self._first_offset, *[after for *_, after in self._changes]]
        shifted = [_move_times(times, sign * offset) for offset in offsets]
        if not bounds:
            return shifted[0]
        until = [
            (times < ibis.literal(bound, "timestamp(6)"), value)
            for bound, value in zip(bounds, shifted[:-1], strict=True)
        ]
        return ibis.cases(*until, else_=shifted[-1])


def _move_times(times: ir.TimestampValue, by: dt.timedelta) -> ir.TimestampValue:
    seconds = int(by.total_seconds())
    return times + ibis.interval(seconds=seconds) if seconds else times
