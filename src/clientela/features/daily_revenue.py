"""What each customer brought on each day, read once for all questions about periods."""

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property

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
        ("age_days", pa.int32()),
        ("order_age_days", pa.int32()),
        ("amount", pa.float64()),
        ("orders", pa.int32()),
    ]
)
UNITS = 10_000.0  # of money in one of the currency: sums of whole numbers are exact

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
        age_days, customer, amount = self._latest_first
        inside = slice(*np.searchsorted(age_days, (self.age(upto), self.age(after))))
        return np.bincount(customer[inside], amount[inside], len(self.ids)).astype(np.float64)

    @cached_property
    def _latest_first(self) -> tuple[Ages, Ages, Doubles]:
        """The rows by age, so that a period is one stretch of them; a customer's keep their order.

        Sums of doubles depend on the order.
        """
        order = np.argsort(self.age_days, kind="stable")
        return self.age_days[order], self.customer[order], self.amount[order]

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


@dataclass(frozen=True, eq=False)
class PurchaseDays:
    """Sales and returns of identified customers, a row a customer, day and day of the order.

    Parameters
    ----------
    ids : pa.Array
        Customers with a sale on or before ``as_of``, sorted.
    first_day, as_of : datetime.date
        The first day of the data and the last that is known, both included.
    customer : array of int
        Position in ``ids``, rising.
    age_days : array of int
        Days from the line's day to ``as_of``.
    order_age_days : array of int
        Days from the first line of the order to ``as_of``; those of the return where it is one.
    units : array of float
        Sales less returns in ten-thousandths of the currency, fees left out.
    orders : array of int
        Orders of which the day is the first.
    """

    ids: pa.Array
    first_day: dt.date
    as_of: dt.date
    customer: npt.NDArray[np.int32]
    age_days: npt.NDArray[np.int32]
    order_age_days: npt.NDArray[np.int32]
    units: Doubles
    orders: npt.NDArray[np.int32]

    def age(self, day: dt.date) -> int:
        """Count the days from a day to ``as_of``."""
        return (self.as_of - day).days

    @cached_property
    def first_age_days(self) -> Ages:
        """Age of each customer's first order."""
        oldest = np.zeros(len(self.ids), dtype=np.int64)
        bought = self.orders > 0
        np.maximum.at(oldest, self.customer[bought], self.age_days[bought])
        return oldest

    def mark_buyers(self, day: dt.date) -> Members:
        """Mark which customers had bought by a day."""
        buyers: Members = self.first_age_days >= self.age(day)
        return buyers

    def add_up(self, day: dt.date, total: str, window_days: int | None = None) -> Doubles:
        """Sum up each customer's ``revenue`` or ``orders`` as known on a day, as the features do.

        With a window only orders and returns of its last days count.
        """
        age = self.age(day)
        rows = self.age_days >= age
        if window_days is not None:
            rows &= self.order_age_days < age + window_days
        return self._sum(rows, total)

    def add_up_later(self, day: dt.date, total: str, horizon_days: int | None = None) -> Doubles:
        """Sum up what came after a day, within a horizon or up to ``as_of``."""
        age = self.age(day)
        rows = self.age_days < age
        if horizon_days is not None:
            rows &= self.age_days >= age - horizon_days
        return self._sum(rows, total)

    def days_since_last(self, day: dt.date) -> Doubles:
        """Return the days from each customer's last order to a day; infinite before the first."""
        age = self.age(day)
        rows = np.flatnonzero((self.orders > 0) & (self.age_days >= age))
        customer, first = np.unique(self.customer[rows], return_index=True)
        days = np.full(len(self.ids), np.inf)
        days[customer] = self.age_days[rows[first]] - age
        return days

    def _sum(self, rows: Members, total: str) -> Doubles:
        weights = self.units if total == "revenue" else self.orders
        sums = np.bincount(self.customer[rows], weights[rows], len(self.ids)).astype(np.float64)
        return sums / UNITS if total == "revenue" else sums

    def keep(self, ids: pa.Array) -> "PurchaseDays":
        """Return the same days of some customers."""
        inside = pc.is_in(self.ids, value_set=ids).to_numpy(zero_copy_only=False)
        renumbered, rows = np.cumsum(inside, dtype=np.int32) - 1, inside[self.customer]
        columns = ("age_days", "order_age_days", "units", "orders")
        return replace(
            self,
            ids=self.ids.filter(pa.array(inside)),
            customer=renumbered[self.customer[rows]],
            **{name: getattr(self, name)[rows] for name in columns},
        )


def read_purchase_days(history: History) -> PurchaseDays:
    """Read when each customer bought and gave back, up to the history's last day."""
    rows = history.gather(_sum_days(history.as_of), DAYS)
    ids = pc.unique(rows.filter(pc.greater(rows["orders"], 0))["customer_id"])
    ids = ids.take(pc.sort_indices(ids))
    positions = pc.index_in(rows["customer_id"], value_set=ids)
    rows = rows.drop_columns(["customer_id"]).append_column("customer", positions)
    rows = rows.filter(positions.is_valid())
    customer, age_days, order_age_days, amount, orders = (
        rows[name].to_numpy()
        for name in ("customer", "age_days", "order_age_days", "amount", "orders")
    )
    order = np.lexsort((order_age_days, age_days, customer))
    return PurchaseDays(
        ids=ids,
        first_day=history.first_day,
        as_of=history.as_of,
        customer=customer[order],
        age_days=age_days[order],
        order_age_days=order_age_days[order],
        units=np.round(amount[order] * UNITS),
        orders=orders[order],
    )


def read_daily_revenue(history: History) -> DailyRevenue:
    """Read what each customer brought on each day up to the history's last."""
    return history.compute_once(_add_up_days)


def _add_up_days(history: History) -> DailyRevenue:
    days = history.compute_once(read_purchase_days)
    customer, age_days = days.customer, days.age_days
    starts = np.flatnonzero(
        np.r_[len(customer) > 0, (np.diff(customer) != 0) | (np.diff(age_days) != 0)]
    )
    units = np.add.reduceat(days.units, starts) if len(starts) else days.units
    return DailyRevenue(
        ids=days.ids,
        first_day=days.first_day,
        as_of=days.as_of,
        customer=customer[starts].astype(np.int64),
        age_days=age_days[starts].astype(np.int64),
        amount=units / UNITS,
        first_age_days=days.first_age_days,
    )


def _sum_days(as_of: dt.date) -> ir.Table:
    t = lines()
    day = t.ordered_local.date()
    t = t.filter(t.customer_id.notnull(), day <= ibis.literal(as_of), t.kind != "fee")
    age_days = ibis.literal(as_of).delta(t.ordered_local.date(), unit="day")
    t = t.mutate(age_days=age_days, sold=t.kind == "sale")
    placed = t.group_by("customer_id", "order_id", "sold", "age_days").aggregate(
        amount=t.amount.sum()
    )
    order = ibis.window(group_by=["customer_id", "order_id", "sold"])
    first = placed.age_days.max().over(order)
    placed = placed.mutate(order_age_days=ibis.ifelse(placed.sold, first, placed.age_days))
    is_first = placed.sold & (placed.age_days == placed.order_age_days)
    return placed.group_by("customer_id", "age_days", "order_age_days").aggregate(
        amount=placed.amount.sum().cast(TOTAL).cast("float64"),
        orders=is_first.sum(),
    )
