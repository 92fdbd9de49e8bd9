"""The firm's weeks up to a day: lines, customers, money, and categories never seen before."""

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from clientela.contract.tables import TOTAL, Unit
from clientela.engine import Engine
from clientela.monitoring.check import LEAST_PAST, LIMIT, MAD_TO_SIGMA, Check, State, judge_level
from clientela.statistics.arrays import Doubles, doubles
from clientela.tables.schema import Tables
from clientela.tables.summary import filter_until

DIMENSIONS = ("country", "channel", "service", "category")
WEEK_DAYS = 7  # of the calendar: every weekday once
RECENT_WEEKS = 8
"""Weeks whose median is the usual level. By convention: two months follow growth, and one odd week
of eight does not move a median."""
YEAR_WEEKS = 52  # of the calendar: the same weekdays a year before
SMALLEST_SIGMA = 0.08
"""A standard deviation of the logarithm at least, so that six of them are a change of about 60 %:
below it a week of a steady shop would alarm that nobody would act upon."""
SMALLEST_SHARE_SIGMA = 0.01  # by convention: six of them are six points
NEW_SHARE = 0.2
"""Share of a week's lines with a new value that alarms; by convention a fifth: a new country or
category begins with less, and a code list that was changed brings nearly all."""
LEVELS: dict[str, Unit] = {"rows": "count", "customers": "count", "money": "amount"}
"""The levels that a week has, and their units."""


def read_weeks(engine: Engine, tables: Tables, as_of: dt.date) -> pa.Table:
    """Sum up the weeks that end on a day and before it, the latest last.

    Returns
    -------
    pa.Table
        ``rows``, ``customers``, ``money`` (net) and ``unidentified_share`` (of lines) by ``age``
        in weeks; whole weeks alone, empty ones with zeros.
    """
    t = filter_until(tables.transactions, as_of)
    age = ibis.literal(as_of).delta(t.ordered_local.date(), unit="day") // WEEK_DAYS
    weeks = t.group_by(age=age.cast("int64")).aggregate(
        rows=t.count(),
        customers=t.customer_id.nunique(),
        money=t.amount.sum(where=t.kind != "fee").fill_null(0).cast(TOTAL).cast("float64"),
        unidentified=t.customer_id.isnull().sum(),
    )
    table = engine.to_arrow(weeks.order_by("age"))
    # The oldest week may have begun before the data did.
    ages = table["age"].to_numpy()[:-1]
    count = int(ages.max(initial=-1)) + 1
    columns = {}
    for name in ("rows", "customers", "money", "unidentified"):
        values = np.zeros(count)
        values[ages] = doubles(table, name)[:-1]
        columns[name] = values[::-1]
    lines = columns["rows"]
    share = np.divide(columns.pop("unidentified"), lines, out=np.zeros(count), where=lines > 0)
    return pa.table({**columns, "unidentified_share": share})


def check_weeks(weeks: pa.Table) -> list[Check]:
    """Judge the last week by the weeks before it, and by a year before where one is known."""
    checks = []
    for name, unit in LEVELS.items():
        values = np.maximum(doubles(weeks, name), 0.0)
        checks.append(_judge_week(name, values, unit))
    shares = doubles(weeks, "unidentified_share")
    last = float(shares[-1]) if len(shares) else 0.0
    checks.append(
        judge_level(
            "data",
            "unidentified_share",
            last,
            shares[:-1],
            unit="share",
            floor=SMALLEST_SHARE_SIGMA,
            one_sided=True,
        )
    )
    return checks


def _judge_week(name: str, values: Doubles, unit: Unit) -> Check:
    """Compare a level with the one expected, in logarithms, by how well earlier weeks were met."""
    residuals = np.array([_compare_week(values, week) for week in range(RECENT_WEEKS, len(values))])
    if len(residuals) <= LEAST_PAST:
        return Check("data", name, "learning", unit, float(values[-1]) if len(values) else None)
    past = residuals[:-1]
    sigma = max(SMALLEST_SIGMA, MAD_TO_SIGMA * float(np.median(np.abs(past - np.median(past)))))
    expected = _expect_week(values, len(values) - 1)
    low, high = ((expected + 1.0) * float(np.exp(sign * LIMIT * sigma)) - 1 for sign in (-1, 1))
    state: State = "ok" if abs(residuals[-1]) <= LIMIT * sigma else "alarm"
    last = float(values[-1])
    return Check("data", name, state, unit, last, expected, low, high, cause="volume")


def _compare_week(values: Doubles, week: int) -> float:
    return float(np.log1p(values[week]) - np.log1p(_expect_week(values, week)))


def _expect_week(values: Doubles, week: int) -> float:
    """Expect the usual level, moved as the same week moved a year before."""
    level = float(np.median(values[week - RECENT_WEEKS : week]))
    then = week - YEAR_WEEKS
    if then < RECENT_WEEKS:
        return level
    before = float(np.median(values[then - RECENT_WEEKS : then]))
    # The mean of three weeks: feasts move by days from year to year.
    around = float(values[then - 1 : then + 2].mean())
    return level * around / before if before > 0.0 else level


def check_new_values(engine: Engine, tables: Tables, as_of: dt.date) -> Check:
    """Look for values of country, channel, service and category that the past never had."""
    t = filter_until(tables.transactions, as_of)
    first_of_week = as_of - dt.timedelta(days=WEEK_DAYS - 1)
    rows = engine.to_arrow(_count_new(t, first_of_week)).to_pylist()
    worst, names = 0.0, []
    for row in sorted(rows, key=lambda row: DIMENSIONS.index(row["dimension"])):
        share = row["new"] / row["lines"] if row["before"] and row["lines"] else 0.0
        worst = max(worst, share)
        names += [f"{row['dimension']}: {row['example']}"] if share > NEW_SHARE else []
    state: State = "alarm" if names else "ok"
    detail = ", ".join(names)
    return Check("data", "new_values", state, "share", worst, 0.0, None, NEW_SHARE, detail)


def _count_new(t: ir.Table, first_day: dt.date) -> ir.Table:
    """Count each dimension's lines of the week by values that begin in it, and values before."""
    day, week = t.ordered_local.date(), ibis.literal(first_day)
    lines = (day >= week).sum().fill_null(0)
    # Few lines differ in all four, so that what follows reads little.
    groups = t.group_by(*DIMENSIONS).aggregate(first=day.min(), lines=lines)
    parts = [
        groups.select("first", "lines", dimension=ibis.literal(name), value=groups[name])
        for name in DIMENSIONS
    ]
    named = ibis.union(*parts).filter(lambda part: part.value.notnull())
    values = named.group_by("dimension", "value").aggregate(
        first=named.first.min(), lines=named.lines.sum()
    )
    is_new = values.first >= week
    return values.group_by("dimension").aggregate(
        before=(~is_new).sum().fill_null(0),
        lines=values.lines.sum().fill_null(0),
        new=values.lines.sum(where=is_new).fill_null(0),
        example=values.value.argmax(values.lines, where=is_new),
    )
