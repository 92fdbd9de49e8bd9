"""Customers as known on past dates beside what they brought afterwards."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.history import History
from clientela.statistics.arrays import Doubles, doubles
from clientela.statistics.sampling import draw_sample
from clientela.value.fit.wholesale import NO_WHOLESALE, WholesaleBuyers
from clientela.value.score.inputs import READ, ValueInputs
from clientela.value.score.orders import OrderModel

KEY = "customer_id"
MOST_CUSTOMERS = 20_000  # of a date: learning costs in proportion


@dataclass(frozen=True, eq=False)
class RevenueOutcome:
    """A sample of the customers of a date, with what came.

    Parameters
    ----------
    day : datetime.date
        The date.
    table : pa.Table
        Their snapshot, sorted by customer.
    revenue, orders : array of float
        Net revenue and orders in the horizon after it.
    """

    day: dt.date
    table: pa.Table
    revenue: Doubles
    orders: Doubles

    def __len__(self) -> int:
        return len(self.revenue)

    @cached_property
    def bought(self) -> npt.NDArray[np.bool_]:
        """Who brought more than nothing."""
        return self.revenue > 0

    def inputs(self, orders: OrderModel, horizon_days: int) -> ValueInputs:
        """Return what forecasts read of them."""
        return ValueInputs.of(self.table, orders, horizon_days)


class OutcomeCache:
    """The outcomes of past dates, read when asked for and kept.

    Parameters
    ----------
    history : History
        The firm's past.
    horizon_days : int
        Days after each date.
    seed : int
        Key of the sample, the same customers on every date.
    wholesale : WholesaleBuyers
        Who is left out.
    """

    def __init__(
        self,
        history: History,
        horizon_days: int,
        seed: int,
        wholesale: WholesaleBuyers = NO_WHOLESALE,
    ) -> None:
        self._outside, _ = wholesale
        self.horizon_days = horizon_days
        self._history = history
        self._seed = seed
        self._held: dict[dt.date, RevenueOutcome] = {}

    def on(self, day: dt.date) -> RevenueOutcome:
        """Return the outcome of a date whose horizon is over."""
        if day not in self._held:
            table = self.customers(day)
            later = self._history.later(day, self.horizon_days)
            rows = self._sample(self._history.snapshot(day))
            if rows is not None:
                later = later.take(rows)
            self._held[day] = RevenueOutcome(
                day, table, doubles(later, "later_revenue"), doubles(later, "later_orders")
            )
        return self._held[day]

    def customers(self, day: dt.date) -> pa.Table:
        """Return the sampled customers of a day."""
        snapshot = self._history.snapshot(day)
        rows = self._sample(snapshot)
        table = snapshot.select([KEY, *READ])
        return table if rows is None else table.take(rows)

    def _sample(self, snapshot: pa.Table) -> npt.NDArray[np.intp] | None:
        """Return the rows that are taken; None where all of them are."""
        if snapshot.num_rows <= MOST_CUSTOMERS and not len(self._outside):
            return None
        inside = pc.invert(pc.is_in(snapshot[KEY], value_set=self._outside))
        rows = np.flatnonzero(inside.to_numpy(zero_copy_only=False))
        if len(rows) <= MOST_CUSTOMERS:
            return rows
        return rows[draw_sample(snapshot[KEY].take(rows).to_pylist(), MOST_CUSTOMERS, self._seed)]


def sample_rows(
    pairs: Sequence[tuple[ValueInputs, RevenueOutcome]], limit: int, seed: int
) -> list[npt.NDArray[np.intp]]:
    """Choose rows of several dates, equally many of each and at most so many in all.

    Returns
    -------
    list of array of int
        Rows of each, in order.
    """
    per_date = max(limit // max(len(pairs), 1), 1)
    rows = []
    for _, outcome in pairs:
        if len(outcome) <= per_date:
            rows.append(np.arange(len(outcome)))
            continue
        rng = np.random.default_rng([seed, outcome.day.toordinal()])
        rows.append(np.sort(rng.choice(len(outcome), per_date, replace=False)))
    return rows


STEP_DAYS = 30  # by convention, a month
LEAST_DAYS = 60  # of history behind a date; by convention: two steps
LEAST_LEARNT = 1  # dates behind a learnt model
MOST_CUTOFFS = 8  # each costs a fit of all models


@dataclass(frozen=True)
class CutoffDates:
    """Past dates, the latest first.

    Parameters
    ----------
    horizon_days : int
        Days after each that are over.
    labelled : tuple of datetime.date
        All that can be learnt from.
    tuned : tuple of datetime.date
        On which settings of the boosted models are tried; the earliest cut-off.
    judged : tuple of datetime.date
        On which the models that would have been learnt by then are compared.
    conformal : tuple of datetime.date
        On which intervals are made of the chosen model's errors.
    """

    horizon_days: int
    labelled: tuple[dt.date, ...]
    tuned: tuple[dt.date, ...]
    judged: tuple[dt.date, ...]
    conformal: tuple[dt.date, ...]

    @property
    def cutoffs(self) -> tuple[dt.date, ...]:
        """All dates on which models were learnt as if they were today."""
        return (*self.conformal, *self.judged, *self.tuned)

    def learnt_by(self, day: dt.date) -> tuple[dt.date, ...]:
        """Return the dates whose outcome was known on a day."""
        horizon = dt.timedelta(days=self.horizon_days)
        return tuple(date for date in self.labelled if date + horizon <= day)


def assign_cutoffs(history: History, horizon_days: int, limit: int) -> CutoffDates:
    """Lay out the dates of a history, a month apart, and give each one role.

    Parameters
    ----------
    history : History
        The firm's past.
    horizon_days : int
        Days ahead that are forecast.
    limit : int
        Most dates taken.
    """
    labelled = tuple(history.dates(horizon_days, STEP_DAYS, LEAST_DAYS)[:limit])
    dates = CutoffDates(horizon_days, labelled, (), (), ())
    able = [day for day in labelled if len(dates.learnt_by(day)) >= LEAST_LEARNT]
    conformal, judged, tuned = _roles(_spread(able))
    return CutoffDates(horizon_days, labelled, tuned, judged, conformal)


def _roles(
    able: Sequence[dt.date],
) -> tuple[tuple[dt.date, ...], tuple[dt.date, ...], tuple[dt.date, ...]]:
    """Deal the cut-offs, the latest first: every second one for intervals, the last to tune on."""
    if len(able) < 3:
        return tuple(able[1:]), tuple(able[:1]), ()
    remainder, tuned = able[:-1], able[-1:]
    return tuple(remainder[1::2]), tuple(remainder[0::2]), tuple(tuned)


def _spread(able: Sequence[dt.date]) -> list[dt.date]:
    """Take at most :data:`MOST_CUTOFFS`, evenly, the latest and the earliest among them."""
    if len(able) <= MOST_CUTOFFS:
        return list(able)
    last = len(able) - 1
    return [able[round(at * last / (MOST_CUTOFFS - 1))] for at in range(MOST_CUTOFFS)]
