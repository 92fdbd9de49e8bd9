"""What customers of a day did within the horizon after it: became members, or bought a category."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.fit.training_data import LabelledSnapshot
from clientela.contract.tables import TOTAL
from clientela.features.history import History
from clientela.features.lines import sales
from clientela.features.snapshot import KEY
from clientela.statistics.arrays import Doubles, doubles

# Who has bought nothing for a year is a matter of win-back, not of the next step; by convention.
ACTIVE_DAYS = 365
PROGRESS, BEFORE = "entry_progress", "category_orders"
BOUGHT = pa.schema([(KEY, pa.string()), ("orders", pa.float64()), ("amount", pa.float64())])

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PropensityTarget:
    """Something that customers may do.

    Parameters
    ----------
    list_customers : callable
        Returns the customers of a day who can do it, with their features.
    find_doers : callable
        Returns which of some customers of a day did it within a horizon, and what they spent.
    """

    list_customers: Callable[[History, dt.date], pa.Table]
    find_doers: Callable[[History, dt.date, int, pa.Table], tuple[Flags, Doubles]]


def aim_at_entry(
    meets: Callable[[pa.Table], Flags],
    progress: Callable[[pa.Table], Doubles],
    reads: Sequence[str],
) -> PropensityTarget:
    """Return the target of meeting the conditions to enter the programme.

    Parameters
    ----------
    meets : callable
        Returns who of a snapshot meets them.
    progress : callable
        Returns how far each of a snapshot is on the way, 0 to 1.
    reads : sequence of str
        Features that both read.
    """

    def list_customers(history: History, day: dt.date) -> pa.Table:
        active = _list_active(history, day)
        outside = active.filter(pa.array(~meets(active)))
        return outside.append_column(PROGRESS, pa.array(progress(outside), pa.float64()))

    def find_doers(
        history: History, day: dt.date, horizon_days: int, customers: pa.Table
    ) -> tuple[Flags, Doubles]:
        end = history.snapshot(day + dt.timedelta(days=horizon_days), reads)
        met = end[KEY].filter(pa.array(meets(end))).combine_chunks()
        entered = pc.is_in(customers[KEY], value_set=met)
        later = history.later(day, horizon_days)
        rows = pc.index_in(customers[KEY], value_set=later[KEY].combine_chunks())
        return _flags(entered), doubles(later, "later_revenue")[rows.to_numpy()]

    return PropensityTarget(list_customers, find_doers)


def aim_at_category(category: str) -> PropensityTarget:
    """Return the target of buying a category of the file."""

    def list_customers(history: History, day: dt.date) -> pa.Table:
        active = _list_active(history, day)
        before = history.gather(_sum_category(category, day, None), BOUGHT)
        orders = _align(before, "orders", active[KEY])
        return active.append_column(BEFORE, pa.array(orders, pa.float64()))

    def find_doers(
        history: History, day: dt.date, horizon_days: int, customers: pa.Table
    ) -> tuple[Flags, Doubles]:
        end = day + dt.timedelta(days=horizon_days)
        bought = history.gather(_sum_category(category, end, day), BOUGHT)
        orders, amount = (_align(bought, name, customers[KEY]) for name in ("orders", "amount"))
        return orders > 0, amount

    return PropensityTarget(list_customers, find_doers)


def list_categories(history: History) -> list[str]:
    """List the categories of what was sold, those of the most lines first."""
    sold = sales(history.as_of)
    sold = sold.filter(sold.category.notnull())
    counts = sold.group_by("category").aggregate(lines=sold.count())
    schema = pa.schema([("category", pa.string()), ("lines", pa.int64())])
    rows = history.gather(counts, schema).group_by("category").aggregate([("lines", "sum")])
    order = [("lines_sum", "descending"), ("category", "ascending")]
    return [str(name) for name in rows.sort_by(order)["category"].to_pylist()]


def _sum_category(category: str, upto: dt.date, after: dt.date | None) -> ibis.expr.types.Table:
    sold = sales(upto)
    sold = sold.filter(sold.category == category)
    if after is not None:
        sold = sold.filter(sold.day > ibis.literal(after))
    return sold.group_by("customer_id").aggregate(
        orders=sold.order_id.nunique().cast("float64"),
        amount=sold.amount.sum().cast(TOTAL).cast("float64"),
    )


def label_customers(
    target: PropensityTarget, history: History, day: dt.date, horizon_days: int
) -> tuple[LabelledSnapshot, Doubles]:
    """Take the customers of a past day who could do it, with who then did.

    Returns
    -------
    LabelledSnapshot, array of shape (customers,)
        ``left`` says who did it, and a unit is at stake with everybody; and what each of them then
        spent: on the category, or in all.

    Raises
    ------
    ValueError
        The horizon is not over yet in this history.
    """
    customers = target.list_customers(history, day)
    did, amounts = target.find_doers(history, day, horizon_days, customers)
    ones = np.ones(len(customers))
    return LabelledSnapshot(day, customers, did, ones, horizon_days), amounts


def _list_active(history: History, day: dt.date) -> pa.Table:
    snapshot = history.snapshot(day)
    return snapshot.filter(pc.less_equal(snapshot["days_since_last"], ACTIVE_DAYS))


def _align(table: pa.Table, name: str, ids: pa.ChunkedArray) -> Doubles:
    """Return a column by customer, 0 where a customer is not in it."""
    rows = pc.index_in(ids, value_set=table[KEY].combine_chunks())
    values = pc.fill_null(table[name].combine_chunks().take(rows.combine_chunks()), 0.0)
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _flags(column: pa.ChunkedArray) -> Flags:
    return np.asarray(column.to_numpy(), dtype=np.bool_)
