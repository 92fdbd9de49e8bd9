"""The months of the past on which the programme is learnt, simulated and proved."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.history import History
from clientela.statistics.arrays import Doubles, doubles, sort_by_customer

STEP_DAYS = 30  # by convention: a review a month
MOST_MONTHS = 18  # by convention: one year of reviews and the half before it
LEAST_DAYS = 60  # by convention: two reviews of history behind a day
KEY = "customer_id"
FEATURES = (
    "revenue_365d",
    "revenue_90d",
    "revenue_30d",
    "revenue",
    "orders_365d",
    "orders_90d",
    "orders",
    "days_since_last",
    "tenure_days",
)
"""All that the programme reads of a snapshot, and so all that its past snapshots hold."""


@dataclass(frozen=True)
class LaterPurchases:
    """What the customers of a past day did in the horizon after it, row by row of its snapshot.

    Parameters
    ----------
    revenue : array of float
        Net amount.
    orders : array of float
        Number of orders.
    """

    revenue: Doubles
    orders: Doubles


@dataclass(frozen=True)
class MonthlySnapshots:
    """Lean snapshots a month of 30 days apart, the last of them today's.

    Parameters
    ----------
    history : History
        Where the snapshots come from.
    horizon_days : int
        Days after a day over which a choice of that day is judged.
    days : tuple of datetime.date
        The earliest first; each but the last has at least 60 days of history behind it.
    latest : pa.Table
        The snapshot of the last of them, which is there already.
    """

    history: History
    horizon_days: int
    days: tuple[dt.date, ...]
    latest: pa.Table
    _later: dict[dt.date, LaterPurchases] = field(default_factory=dict, repr=False, compare=False)

    @property
    def today(self) -> dt.date:
        """The day of the programme."""
        return self.days[-1]

    def snapshot(self, day: dt.date) -> pa.Table:
        """Return the customers of a day with :data:`FEATURES`, sorted by ``customer_id``."""
        return self.latest if day == self.today else self.history.snapshot(day, FEATURES)

    def judgeable(self, known_on: dt.date) -> tuple[dt.date, ...]:
        """Return the days whose horizon was over on a day, the earliest first."""
        horizon = dt.timedelta(days=self.horizon_days)
        return tuple(day for day in self.days if day + horizon <= known_on)

    def later(self, day: dt.date) -> LaterPurchases:
        """Return what came after a day; by difference of snapshots where one ends the horizon.

        Raises
        ------
        ValueError
            The horizon is not over yet.
        """
        if day not in self._later:
            end = day + dt.timedelta(days=self.horizon_days)
            self._later[day] = self._difference(day, end) if end in self.days else self._read(day)
        return self._later[day]

    def columns(self, day: dt.date) -> Mapping[str, Doubles]:
        """Return the features of a day as doubles."""
        return read_features(self.snapshot(day))

    def since(self, day: dt.date, total: str) -> Doubles:
        """Return how much of a customer's total came after a day, up to today.

        Parameters
        ----------
        day : datetime.date
            Before today.
        total : 'revenue' or 'orders'
            A feature that only adds up.

        Returns
        -------
        array of float
            Row by row of today's snapshot.
        """
        now, totals = self.snapshot(self.today), self.columns(self.today)[total]
        if day < self.history.first_day:
            return totals
        lean = day in self.days
        then = self.snapshot(day) if lean else self.history.snapshot(day, ("orders", "revenue"))
        before = np.zeros(len(totals))
        before[pc.index_in(then[KEY], value_set=now[KEY])] = doubles(then, total)
        return np.round(totals - before, 4)

    def _difference(self, day: dt.date, end: dt.date) -> LaterPurchases:
        before, after = self.snapshot(day), self.snapshot(end)
        after = after.take(pc.index_in(before[KEY], value_set=after[KEY]))
        gain = {
            name: doubles(after, name) - doubles(before, name) for name in ("revenue", "orders")
        }
        return LaterPurchases(np.round(gain["revenue"], 4), gain["orders"])

    def _read(self, day: dt.date) -> LaterPurchases:
        table = self.history.later(day, self.horizon_days)
        return LaterPurchases(doubles(table, "later_revenue"), doubles(table, "later_orders"))


def build_snapshots(history: History, snapshot: pa.Table, horizon_days: int) -> MonthlySnapshots:
    """Lay out the months of a history, 18 at most.

    Parameters
    ----------
    history : History
        The firm's past.
    snapshot : pa.Table
        Its customers as of ``history.as_of``, with :data:`FEATURES` among others.
    horizon_days : int
        Days after a day over which a choice is judged.
    """
    span = (history.as_of - history.first_day).days
    ages = range(0, min(span - LEAST_DAYS, STEP_DAYS * (MOST_MONTHS - 1)) + 1, STEP_DAYS)
    days = {history.as_of, *(history.as_of - dt.timedelta(days=age) for age in ages)}
    latest = sort_by_customer(snapshot.select([KEY, *FEATURES]))
    return MonthlySnapshots(history, horizon_days, tuple(sorted(days)), latest)


def read_features(snapshot: pa.Table) -> Mapping[str, Doubles]:
    """Return the features of a lean snapshot as doubles."""
    return {name: doubles(snapshot, name) for name in FEATURES}
