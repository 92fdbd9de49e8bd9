"""Orders taken back on the day they were placed: no purchase, and no return either."""

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.tables import TOTAL
from clientela.features.history import History
from clientela.features.lines import lines
from clientela.statistics.arrays import Doubles, doubles

YEAR_DAYS = 365  # as the features that end in 365d

SAME_DAY = pa.schema(
    [
        ("customer_id", pa.string()),
        ("same_day_amount", pa.float64()),
        ("same_day_orders", pa.int64()),
        ("same_day_orders_365d", pa.int64()),
    ]
)
"""What was returned on the day of its order, and orders of which nothing was left that day."""


def read_same_day(history: History, as_of: dt.date, ids: pa.ChunkedArray) -> dict[str, Doubles]:
    """Return what customers cancelled on the day of the order, known by a day.

    Parameters
    ----------
    history : History
        The firm's past; a return counts where it is linked to its order.
    as_of : datetime.date
        The last day known.
    ids : pa.ChunkedArray
        Customers, in whose order the values come.

    Returns
    -------
    dict
        The columns of :data:`SAME_DAY` beside the id; 0 where nothing was cancelled.
    """
    rows = history.gather(_sum_same_day(as_of), SAME_DAY)
    rows = rows.take(pc.index_in(ids, value_set=rows["customer_id"].combine_chunks()))
    return {name: np.nan_to_num(doubles(rows, name)) for name in SAME_DAY.names[1:]}


def _sum_same_day(as_of: dt.date) -> ir.Table:
    t = lines()
    day = t.ordered_local.date()
    past = t.filter(t.customer_id.notnull(), day <= ibis.literal(as_of))
    past = past.mutate(day=past.ordered_local.date())
    sold = past.filter(past.kind == "sale")
    orders = sold.group_by("customer_id", "order_id").aggregate(
        day=sold.day.min(), amount=sold.amount.sum()
    )
    back = past.filter(past.kind == "return", past.returns_order_id.notnull())
    back = back.group_by("customer_id", order_id="returns_order_id", day="day").aggregate(
        returned=-back.amount.sum()
    )
    same = orders.join(back, ["customer_id", "order_id", "day"])
    undone = same.returned >= same.amount
    recent = ibis.literal(as_of).delta(same.day, unit="day") < YEAR_DAYS
    return same.group_by("customer_id").aggregate(
        same_day_amount=same.returned.sum().cast(TOTAL).cast("float64"),
        same_day_orders=same.count(where=undone).cast("int64"),
        same_day_orders_365d=same.count(where=undone & recent).cast("int64"),
    )
