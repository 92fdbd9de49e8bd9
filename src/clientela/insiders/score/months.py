"""The months of the past as views side by side, and whom a rule chose on each of them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.insiders.score.monthly_snapshots import MonthColumns, MonthlySnapshots
from clientela.insiders.score.rule import Chosen, ProgrammeRule, RuleCondition
from clientela.statistics.arrays import Doubles
from clientela.statistics.sampling import draw_sample

Rows = npt.NDArray[np.intp]


# The catalogue's own windows, by their names.
WINDOWS_DAYS = {
    "revenue_365d": 365,
    "orders_365d": 365,
    "revenue_90d": 90,
    "orders_90d": 90,
    "revenue_30d": 30,
}


@dataclass(frozen=True)
class DayView:
    """One day of the past, ready for arithmetic.

    Parameters
    ----------
    day : datetime.date
        What is known is what was known at its end.
    behind_days : int
        Days of data up to that day, itself included.
    rows : array of int
        Positions of its customers among today's.
    columns : mapping of str to array of float
        Features, row by row.
    later_revenue, later_orders : array of float or None
        What came in the horizon after it; None where that is not over.
    """

    day: dt.date
    behind_days: int
    rows: Rows
    columns: Mapping[str, Doubles]
    later_revenue: Doubles | None = None
    later_orders: Doubles | None = None

    @property
    def customers(self) -> int:
        """The number of customers known on the day."""
        return len(self.rows)

    @cached_property
    def earned_later(self) -> float:
        """The later revenue of all; 0 where the horizon is not over."""
        return 0.0 if self.later_revenue is None else float(self.later_revenue.sum())

    def find_threshold(self, feature: str, share: float) -> float:
        """Find the least value of a feature that at most a share of the customers reach."""
        if feature not in self._reached:
            self._reached[feature] = _count_reached(self.columns[feature])
        distinct, reach = self._reached[feature]
        if not len(distinct):
            return np.inf
        fitting = int(np.searchsorted(reach, round(share * self.customers), side="right"))
        return float(distinct[fitting - 1] if fitting else np.nextafter(distinct[0], np.inf))

    @cached_property
    def _reached(self) -> dict[str, tuple[Doubles, Rows]]:
        """Of features asked for, the distinct values and how many customers reach each."""
        return {}

    def take(self, inside: Chosen) -> "DayView":
        """Return the same day of some of its customers."""
        later = (self.later_revenue, self.later_orders)
        revenue, orders = (None if values is None else values[inside] for values in later)
        return replace(
            self,
            rows=self.rows[inside],
            columns={name: values[inside] for name, values in self.columns.items()},
            later_revenue=revenue,
            later_orders=orders,
        )

    def choose(self, rule: ProgrammeRule) -> Chosen:
        """Return whom a rule chooses, row by row."""
        met = np.full(self.customers, bool(rule.conditions))
        for condition in rule.conditions:
            met &= condition.holds(self.columns[condition.feature])
        return met

    def later_share(self, selection: Chosen) -> float:
        """Return the share of the later revenue that the chosen hold; NaN where there was none."""
        if self.later_revenue is None or self.earned_later <= 0:
            return np.nan
        return float(self.later_revenue[selection].sum()) / self.earned_later


def rewrite_for(rule: ProgrammeRule, reference: DayView, view: DayView) -> ProgrammeRule:
    """Return the thresholds that a rule of one day would have had on an earlier one.

    A sum over 12 months cannot reach the same height where the data reaches back for three. There
    the threshold becomes the value that as large a share of the customers reached. Where the
    window was full, as it was on the day of the rule, nothing changes.
    """
    return ProgrammeRule(
        tuple(_equivalent(condition, reference, view) for condition in rule.conditions)
    )


LEARNING_CUSTOMERS = 20_000  # learning rules costs in proportion


_Met = dict[RuleCondition, Chosen]


@dataclass(frozen=True)
class MonthViews:
    """Views of one set of customers, the last of them today's.

    Parameters
    ----------
    views : tuple of DayView
        Rising by day; ``rows`` are positions among the customers of the last.
    """

    views: tuple[DayView, ...]
    _met: _Met = field(default_factory=dict, repr=False, compare=False)

    @property
    def days(self) -> tuple[dt.date, ...]:
        """The days of the views."""
        return tuple(view.day for view in self.views)

    @property
    def today(self) -> DayView:
        """The last view."""
        return self.views[-1]

    @cached_property
    def judgeable(self) -> tuple[DayView, ...]:
        """The views after which, within the horizon, something was earned."""
        return tuple(view for view in self.views if view.earned_later > 0)

    def choose(self, rule: ProgrammeRule) -> Chosen:
        """Return whom a rule of today would have chosen on each day.

        Returns
        -------
        array of bool, (days, customers of today)
        """
        if not rule.conditions:
            return self._choose_nobody()
        first, *others = rule.conditions
        chosen = self._meet(first).copy()
        for condition in others:
            chosen &= self._meet(condition)
        return chosen

    def shares(self, members: Chosen) -> "list[float]":
        """Return the share of the customers known on each day who are among the members."""
        pairs = zip(members, self.views, strict=True)
        return [float(row.sum()) / max(view.customers, 1) for row, view in pairs]

    def _meet(self, condition: RuleCondition) -> Chosen:
        """Return who meets a condition on each day, whichever rules ask for it."""
        if condition not in self._met:
            rule, met = ProgrammeRule((condition,)), self._choose_nobody()
            for row, view in zip(met, self.views, strict=True):
                row[view.rows] = view.choose(rewrite_for(rule, self.today, view))
            self._met[condition] = met
        return self._met[condition]

    def _choose_nobody(self) -> Chosen:
        return np.zeros((len(self.views), self.today.customers), dtype=np.bool_)


def view_months(past: MonthlySnapshots, upto: dt.date, among: pa.Array | None = None) -> MonthViews:
    """Look at the months up to a day with what was known on that day.

    Parameters
    ----------
    past : MonthlySnapshots
        The days and what customers bought on them.
    upto : datetime.date
        One of its days, the last one seen; outcomes that were not over then stay unknown.
    among : pa.Array, optional
        Ids of the customers to look at; all if left out.
    """
    purchases = past.purchases if among is None else past.purchases.keep(among)
    position = np.cumsum(purchases.mark_buyers(upto)) - 1
    over = past.judgeable(upto)

    def view_day(day: dt.date) -> DayView:
        present = purchases.mark_buyers(day)
        revenue, orders = (
            purchases.add_up_later(day, total, past.horizon_days)[present] if day in over else None
            for total in ("revenue", "orders")
        )
        return DayView(
            day=day,
            behind_days=(day - past.history.first_day).days + 1,
            rows=position[present],
            columns=MonthColumns(purchases, day, present),
            later_revenue=revenue,
            later_orders=orders,
        )

    return MonthViews(tuple(view_day(day) for day in past.days if day <= upto))


def sample_learners(past: MonthlySnapshots, seed: int) -> pa.Array | None:
    """Return the ids that rules are learnt from: of more than 20,000, those of smallest keyed hash.

    None means everybody. A hash knows nothing of what customers did, so that the same ones can
    stand for all of any earlier day.
    """
    ids = past.purchases.ids
    if len(ids) <= LEARNING_CUSTOMERS:
        return None
    return ids.take(draw_sample(ids.to_pylist(), LEARNING_CUSTOMERS, seed))


def _equivalent(condition: RuleCondition, reference: DayView, view: DayView) -> RuleCondition:
    window = WINDOWS_DAYS.get(condition.feature, 0)
    if min(view.behind_days, window) >= min(reference.behind_days, window):
        return condition
    share = (
        float(np.mean(condition.holds(reference.columns[condition.feature])))
        if reference.customers
        else 0
    )
    threshold = view.find_threshold(condition.feature, share)
    return RuleCondition(condition.feature, condition.operator, threshold)


def _count_reached(values: Doubles) -> tuple[Doubles, Rows]:
    """Return the distinct values, falling, and how many are at or above each of them."""
    falling = -np.sort(-values[np.isfinite(values)])
    first = np.flatnonzero(np.diff(falling, prepend=np.inf))
    return falling[first], np.append(first[1:], len(falling))[: len(first)]
