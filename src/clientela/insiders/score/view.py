"""The customers of one day as arrays, and a rule as it would have been written on that day."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from clientela.insiders.score.rule import Chosen, Condition, Rule
from clientela.statistics.arrays import Doubles

Rows = npt.NDArray[np.intp]

WINDOWS_DAYS = {
    "revenue_365d": 365,
    "orders_365d": 365,
    "revenue_90d": 90,
    "orders_90d": 90,
    "revenue_30d": 30,
}


@dataclass(frozen=True)
class View:
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

    def chosen(self, rule: Rule) -> Chosen:
        """Say whom a rule chooses, row by row."""
        met = np.full(self.customers, bool(rule.conditions))
        for one in rule.conditions:
            met &= one.holds(self.columns[one.feature])
        return met

    def held(self, chosen: Chosen) -> float:
        """Give the share of the later revenue that the chosen hold; NaN where there was none."""
        if self.later_revenue is None or self.earned_later <= 0:
            return np.nan
        return float(self.later_revenue[chosen].sum()) / self.earned_later


def as_written_on(rule: Rule, reference: View, view: View) -> Rule:
    """Give the thresholds that a rule of one day would have had on an earlier one.

    A sum over 12 months cannot reach the same height where the data reaches back for three. There
    the threshold becomes the value that as large a share of the customers reached. Where the
    window was full, as it was on the day of the rule, nothing changes.
    """
    return Rule(tuple(_equivalent(one, reference, view) for one in rule.conditions))


def _equivalent(one: Condition, reference: View, view: View) -> Condition:
    window = WINDOWS_DAYS.get(one.feature, 0)
    if min(view.behind_days, window) >= min(reference.behind_days, window):
        return one
    share = float(np.mean(one.holds(reference.columns[one.feature]))) if reference.customers else 0
    return Condition(one.feature, one.operator, _reached_by(share, view.columns[one.feature]))


def _reached_by(share: float, values: Doubles) -> float:
    """Find the least value that at most a share of all reach."""
    falling = -np.sort(-values[np.isfinite(values)])
    if not len(falling):
        return np.inf
    most = round(share * len(values))
    distinct, first = np.unique(-falling, return_index=True)
    reach = np.append(first[1:], len(falling))  # customers at or above each distinct value
    fitting = np.flatnonzero(reach <= most)
    if len(fitting):
        return float(-distinct[fitting[-1]])
    return float(np.nextafter(falling[0], np.inf))
