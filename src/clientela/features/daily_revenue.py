"""What each customer brought on each day, read once for all questions about periods."""

import datetime as dt
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.tables import TOTAL
from clientela.features.history import History
from clientela.features.lines import lines

DAYS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("age_days", pa.int64()),
        ("amount", pa.float64()),
        ("sales", pa.int64()),
    ]
)

YEAR_DAYS = 365  # the same days a year before, whatever their weekday

Doubles = npt.NDArray[np.float64]
Members = npt.NDArray[np.bool_]
Ages = npt.NDArray[np.int64]


@dataclass(frozen=True)
class DailyRevenue:
    """Net revenue of identified customers, a row a customer and day with sales or returns.

    Parameters
    ----------
    ids : pa.Array
        Customers with a sale on or before ``as_of``, sorted.
    first_day, as_of : datetime.date
        The first day of the data and the last that is known, both included.
    customer : array of int
        Position in ``ids``.
    age_days : array of int
        Days before ``as_of``; 0 is that day itself.
    amount : array of float
        Sales less returns, fees left out.
    first_age_days : array of int
        A customer each: age of the first sale.
    """

    ids: pa.Array
    first_day: dt.date
    as_of: dt.date
    customer: Ages
    age_days: Ages
    amount: Doubles
    first_age_days: Ages

    def age(self, day: dt.date) -> int:
        """Count the days from a day to ``as_of``."""
        return (self.as_of - day).days

    def reaches(self, day: dt.date) -> bool:
        """Check whether all days after one lie within the history."""
        return day >= self.first_day - dt.timedelta(days=1)

    def between(self, after: dt.date, upto: dt.date) -> Doubles:
        """Return the net revenue of each customer in the days (after, upto]."""
        inside = (self.age_days < self.age(after)) & (self.age_days >= self.age(upto))
        revenue = np.zeros(len(self.ids))
        np.add.at(revenue, self.customer[inside], self.amount[inside])
        return revenue

    def mark_buyers(self, day: dt.date) -> Members:
        """Mark which customers had bought by a day."""
        buyers: Members = self.first_age_days >= self.age(day)
        return buyers

    def without(self, ids: pa.Array) -> "DailyRevenue":
        """Return the same days without some customers."""
        outside = ~self.members(ids)
        if outside.all():
            return self
        renumbered, rows = np.cumsum(outside) - 1, outside[self.customer]
        return replace(
            self,
            ids=self.ids.filter(pa.array(outside)),
            customer=renumbered[self.customer[rows]],
            age_days=self.age_days[rows],
            amount=self.amount[rows],
            first_age_days=self.first_age_days[outside],
        )

    def members(self, ids: pa.Array) -> Members:
        """Mark the customers of a list of ids."""
        marked: Members = pc.is_in(self.ids, value_set=ids).to_numpy(zero_copy_only=False)
        return marked


def read_daily_revenue(history: History) -> DailyRevenue:
    """Read what each customer brought on each day up to the history's last."""
    rows = history.gather(_days(history.as_of), DAYS)
    buyers = rows.filter(pc.greater(rows["sales"], 0))
    ids = pc.unique(buyers["customer_id"])
    ids = ids.take(pc.sort_indices(ids))
    positions = pc.index_in(rows["customer_id"], value_set=ids).combine_chunks()
    rows = rows.filter(positions.is_valid())
    customer = positions.drop_null().to_numpy().astype(np.int64)
    ages = rows["age_days"].to_numpy()
    order = np.lexsort((ages, customer))  # sums of doubles depend on the order of rows
    sold = rows["sales"].to_numpy() > 0
    return DailyRevenue(
        ids=ids,
        first_day=history.first_day,
        as_of=history.as_of,
        customer=customer[order],
        age_days=ages[order],
        amount=rows["amount"].to_numpy()[order],
        first_age_days=_oldest(customer[sold], ages[sold], len(ids)),
    )


def _oldest(customer: Ages, ages: Ages, customers: int) -> Ages:
    oldest = np.zeros(customers, dtype=np.int64)
    np.maximum.at(oldest, customer, ages)
    return oldest


def _days(as_of: dt.date) -> ir.Table:
    t = lines()
    day = t.ordered_local.date()
    t = t.filter(t.customer_id.notnull(), day <= ibis.literal(as_of), t.kind != "fee")
    age_days = ibis.literal(as_of).delta(t.ordered_local.date(), unit="day")
    return t.group_by("customer_id", age_days=age_days).aggregate(
        amount=t.amount.sum().cast(TOTAL).cast("float64"),
        sales=t.count(where=t.kind == "sale").cast("int64"),
    )
