"""When customers bought last, and how often: what an unsaid exit is estimated from."""

import ibis.expr.types as ir
import pyarrow as pa

from clientela.features.history import History
from clientela.features.lines import lines

LAST = pa.schema(
    [("customer_id", pa.string()), ("last_day", pa.date32()), ("gap_days", pa.float64())]
)


def last_activity(history: History) -> pa.Table:
    """Return each customer's last day of purchase in the whole tables, after ``as_of`` too.

    A flag without a date says that a customer has left by the last day of the tables. What the
    flag would have said on an earlier ``as_of`` can only be told from when activity truly ended.

    Returns
    -------
    pa.Table
        Of :data:`LAST`, sorted by customer; ``gap_days`` is the mean of the days between the
        purchase days, null below two.
    """
    sold = lines()
    sold = sold.filter(sold.customer_id.notnull(), sold.kind == "sale")
    sold = sold.select("customer_id", day=sold.ordered_local.date())
    days = sold.group_by("customer_id").aggregate(
        last_day=sold.day.max(), first_day=sold.day.min(), days=sold.day.nunique()
    )
    span = days.last_day.delta(days.first_day, unit="day").cast("float64")
    gap = span / (days.days - 1).nullif(0).cast("float64")
    return _by_customer(history, days.select("customer_id", "last_day", gap_days=gap), LAST)


def _by_customer(history: History, expr: ir.Table, schema: pa.Schema) -> pa.Table:
    return history.gather(expr, schema).sort_by("customer_id").combine_chunks()
