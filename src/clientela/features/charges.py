"""Charges of subscribers: on which day the next one is due, where the days before tell it."""

import calendar
import datetime as dt

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.history import History
from clientela.features.lines import sales
from clientela.features.snapshot import KEY

IN_A_ROW = 4
"""Charges on one day of the month that make the next one expected. Of 1,200 simulated subscribers
whose file does not tell charges from other purchases, the next one came on that very day in 95 %
(after three: 92 %); on a day three later 8 % bought."""
LEAST_HELD = 0.8  # by convention: of five days that are told, four hold
LEAST_JUDGED = 30  # by convention: fewer tell little of a share

CHARGES = pa.schema([(KEY, pa.string()), ("next_charge", pa.date32())])
_JUDGED = pa.schema([*CHARGES, ("held", pa.bool_())])


def find_next_charges(history: History) -> tuple[pa.Table, int, int]:
    """Find when each subscriber is charged next, by the same day of the months before.

    Charges by the month alone: of those by the year hardly any firm has four. Who is charged at a
    month's end, from the 29th on, has none in most months, as the days differ.

    Returns
    -------
    pa.Table, int, int
        Of :data:`CHARGES`, customers of whom a day is known. Of how many customers a month ago
        would have told a day up to the history's last one, and how many of them bought on it. The
        table is empty where those were fewer than :data:`LEAST_JUDGED`, or the days held for less
        than :data:`LEAST_HELD` of them.
    """
    before = move_month(history.as_of, -1)
    judged = history.gather(_judge(before, history.as_of), _JUDGED)
    expected, held = judged.num_rows, pc.sum(judged["held"]).as_py() or 0
    if expected < LEAST_JUDGED or held < LEAST_HELD * expected:
        return CHARGES.empty_table(), expected, held
    return history.gather(_expect(history.as_of), CHARGES).sort_by(KEY), expected, held


def _judge(before: dt.date, as_of: dt.date) -> ir.Table:
    """Say of whom a past day told a charge whether they bought on that day."""
    days = _list_days(before, as_of).mutate(held=ibis.literal(True))
    told = _expect(before)
    joined = told.left_join(days, [KEY, told.next_charge == days.day])
    return joined.select(KEY, "next_charge", held=joined.held.fill_null(False))


def _expect(as_of: dt.date) -> ir.Table:
    """Expect each customer's next charge: a month after the last of so many in a row."""
    last = _list_days(move_month(as_of, -1), as_of)
    for months in range(1, IN_A_ROW):
        span = ibis.interval(months=months)
        last = last.mutate(before=(last.day - span).cast("date"))
        earlier = _list_days(move_month(as_of, -months - 1), as_of).rename(charged="day")
        last = last.semi_join(earlier, [KEY, last.before == earlier.charged])
    due = last.mutate(due=(last.day + ibis.interval(months=1)).cast("date"))
    return due.group_by(KEY).aggregate(next_charge=due.due.min())


def _list_days(after: dt.date, as_of: dt.date) -> ir.Table:
    """List the days on which each customer bought, after one day up to another."""
    sold = sales(as_of)
    return sold.filter(sold.day > ibis.literal(after)).select(KEY, "day").distinct()


def move_month(day: dt.date, months: int) -> dt.date:
    """Return the same day of another month, or its last where it has no such day.

    Examples
    --------
    >>> move_month(dt.date(2012, 3, 31), -1), move_month(dt.date(2011, 12, 9), 1)
    (datetime.date(2012, 2, 29), datetime.date(2012, 1, 9))
    """
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
