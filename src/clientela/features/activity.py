"""When customers bought last, and when next: what tells an unsaid exit from a silence."""

import datetime as dt

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from clientela.features.history import History
from clientela.tables.schema import TRANSACTIONS, ibis_schema

LAST = pa.schema(
    [("customer_id", pa.string()), ("last_day", pa.date32()), ("gap_days", pa.float64())]
)
NEXT = pa.schema([("customer_id", pa.string()), ("next_day", pa.date32())])


def last_activity(history: History) -> pa.Table:
    """Give each customer's last day of purchase in the whole tables, after ``as_of`` too.

    A flag without a date says that a customer has left by the last day of the tables. What the
    flag would have said on an earlier ``as_of`` can only be told from when activity truly ended.

    Returns
    -------
    pa.Table
        Of :data:`LAST`, sorted by customer; ``gap_days`` is the mean of the days between the
        purchase days, null below two.
    """
    lines = _sales(history)
    days = lines.group_by("customer_id").aggregate(
        last_day=lines.day.max(), first_day=lines.day.min(), days=lines.day.nunique()
    )
    span = days.last_day.delta(days.first_day, unit="day").cast("float64")
    gap = span / (days.days - 1).nullif(0).cast("float64")
    return _computed(history, days.select("customer_id", "last_day", gap_days=gap), LAST)


def next_activity(history: History, day: dt.date) -> pa.Table:
    """Give the first day of purchase after a day, of customers who have one by ``as_of``.

    Returns
    -------
    pa.Table
        Of :data:`NEXT`, sorted by customer.
    """
    lines = _sales(history)
    lines = lines.filter(lines.day > ibis.literal(day), lines.day <= ibis.literal(history.as_of))
    return _computed(
        history, lines.group_by("customer_id").aggregate(next_day=lines.day.min()), NEXT
    )


def _sales(history: History) -> ir.Table:
    lines = ibis.table(ibis_schema(TRANSACTIONS), name="transactions")
    lines = lines.filter(lines.customer_id.notnull(), lines.kind == "sale")
    return lines.select("customer_id", day=lines.ordered_local.date())


def _computed(history: History, expr: ir.Table, schema: pa.Schema) -> pa.Table:
    sql, parts = history.engine.compile(expr), [schema.empty_table()]
    for group in history.groups:
        history.engine.bind("transactions", history.read(group).transactions)
        parts.append(history.engine.query(sql, schema))
    return pa.concat_tables(parts).sort_by("customer_id").combine_chunks()
