"""What the whole firm took, and its known customers, in the periods around a day."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from clientela.features.daily_revenue import YEAR_DAYS, Doubles, Takings


@dataclass(frozen=True)
class Firm:
    """The firm's net revenue of identified customers by periods of one horizon.

    Parameters
    ----------
    takings : Takings
        What each customer brought on each day.
    days : int
        The horizon.
    """

    takings: Takings
    days: int
    _known: dict[tuple[dt.date, dt.date], float] = field(default_factory=dict, repr=False)

    def ahead(self, day: dt.date) -> float:
        """Give what everyone brought in the horizon after a day."""
        return self._firm(day, day + self._span)

    def behind(self, day: dt.date) -> float:
        """Give what everyone brought in as many days before it."""
        return self._firm(day - self._span, day)

    def known_ahead(self, day: dt.date) -> float:
        """Give what those known on a day brought in the horizon after it."""
        key = (day, day + self._span)
        if key not in self._known:
            known = self.takings.known(day)
            self._known[key] = float(self.takings.between(*key)[known].sum())
        return self._known[key]

    def known(self, day: dt.date) -> int:
        """Count the customers known on a day."""
        return int(self.takings.known(day).sum())

    def last_year(self, day: dt.date) -> float | None:
        """Give what everyone brought in the same days of last year; None before the history."""
        then = day - dt.timedelta(days=YEAR_DAYS)
        if self.days > YEAR_DAYS or not self.takings.reaches(then):
            return None
        return self._firm(then, then + self._span)

    def year(self, day: dt.date) -> float | None:
        """Give what everyone brought in the year before a day; None before the history."""
        then = day - dt.timedelta(days=YEAR_DAYS)
        return self._firm(then, day) if self.takings.reaches(then) else None

    @property
    def _span(self) -> dt.timedelta:
        return dt.timedelta(days=self.days)

    @cached_property
    def _upto_age(self) -> Doubles:
        """Revenue of all days at least so many days ago."""
        by_age = np.bincount(self.takings.age_days, self.takings.amount)
        return np.append(np.cumsum(by_age[::-1])[::-1], 0.0)

    def _firm(self, after: dt.date, upto: dt.date) -> float:
        last = len(self._upto_age) - 1
        newest = min(max(self.takings.age(upto), 0), last)
        oldest = min(max(self.takings.age(after), 0), last)
        return float(self._upto_age[newest] - self._upto_age[oldest])
