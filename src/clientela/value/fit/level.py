"""What all known customers together will bring: the level to which every forecast is brought.

Three simple forecasts of that total, each from what was known on its day:

``recent``
    the last period, times what came of last periods on the dates before;
``season``
    the last period, times what the firm's season made of the same period a year ago, times the
    share that known customers have in what follows;
``year``
    the firm's same days last year, times that share: the season without the year's growth.

They are averaged as logarithms, weighted by how far each was out on the dates whose outcome was
known by then; one without enough such dates starts from an error of its own (:data:`PRIOR`).
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from clientela.features.daily_revenue import YEAR_DAYS, DailyRevenue
from clientela.statistics.arrays import Doubles


@dataclass(frozen=True)
class FirmRevenue:
    """The firm's net revenue of identified customers by periods of one horizon.

    Parameters
    ----------
    daily_revenue : DailyRevenue
        What each customer brought on each day.
    days : int
        The horizon.
    """

    daily_revenue: DailyRevenue
    days: int
    _known: dict[tuple[dt.date, dt.date], float] = field(default_factory=dict, repr=False)

    def revenue_after(self, day: dt.date) -> float:
        """Return what everyone brought in the horizon after a day."""
        return self._firm(day, day + self._span)

    def revenue_before(self, day: dt.date) -> float:
        """Return what everyone brought in as many days before it."""
        return self._firm(day - self._span, day)

    def known_ahead(self, day: dt.date) -> float:
        """Return what those known on a day brought in the horizon after it."""
        key = (day, day + self._span)
        if key not in self._known:
            ratios_known = self.daily_revenue.mark_buyers(day)
            self._known[key] = float(self.daily_revenue.between(*key)[ratios_known].sum())
        return self._known[key]

    def count_customers(self, day: dt.date) -> int:
        """Count the customers known on a day."""
        return int(self.daily_revenue.mark_buyers(day).sum())

    def last_year(self, day: dt.date) -> float | None:
        """Return what everyone brought in the same days of last year; None before the history."""
        then = day - dt.timedelta(days=YEAR_DAYS)
        if self.days > YEAR_DAYS or not self.daily_revenue.reaches(then):
            return None
        return self._firm(then, then + self._span)

    def year(self, day: dt.date) -> float | None:
        """Return what everyone brought in the year before a day; None before the history."""
        then = day - dt.timedelta(days=YEAR_DAYS)
        return self._firm(then, day) if self.daily_revenue.reaches(then) else None

    @property
    def _span(self) -> dt.timedelta:
        return dt.timedelta(days=self.days)

    @cached_property
    def _upto_age(self) -> Doubles:
        """Revenue of all days at least so many days ago."""
        by_age = np.bincount(self.daily_revenue.age_days, self.daily_revenue.amount)
        return np.append(np.cumsum(by_age[::-1])[::-1], 0.0)

    def _firm(self, after: dt.date, upto: dt.date) -> float:
        last = len(self._upto_age) - 1
        newest = min(max(self.daily_revenue.age(upto), 0), last)
        oldest = min(max(self.daily_revenue.age(after), 0), last)
        return float(self._upto_age[newest] - self._upto_age[oldest])


HALF_LIFE_DAYS = 60.0  # by convention: two months halve the weight of a past ratio


PRIOR = {"recent": 0.25, "season": 0.2, "year": 0.2}
"""Error as a logarithm that each is taken to have before any is seen."""


PRIOR_DATES = 2.0  # by convention: the prior counts as two dates


FLOOR = 0.02  # by convention: no forecast is taken to err by less than 2 %


ROUNDING = 1e-9  # shares differ from 1 by rounding alone below it


LEAST = 1e-6  # share that known customers have who brought nothing after any past date


@dataclass(frozen=True)
class RevenueTotal:
    """A forecast of what all known customers will bring.

    Parameters
    ----------
    expected : float
        Net revenue within the horizon, above 0.
    parts : dict of str to float
        The simple forecasts it is made of.
    weights : dict of str to float
        Weight of each; they sum to 1.
    newcomers : float
        What customers not yet acquired are expected to bring, over ``expected``.
    """

    expected: float
    parts: dict[str, float]
    weights: dict[str, float]
    newcomers: float


@dataclass(frozen=True)
class RevenueLevels:
    """The level of any day, from what was known then.

    Parameters
    ----------
    firm : FirmRevenue
        The firm's periods.
    dates : sequence of datetime.date
        Past days whose horizon is over, the latest first.
    repeated : {"", "last_period", "seasonal"}
        The naive forecast that is told instead, if any.
    """

    firm: FirmRevenue
    dates: Sequence[dt.date]
    repeated: str = ""

    def total(self, day: dt.date) -> RevenueTotal | None:
        """Forecast the known customers' total; None where nothing was brought to go by."""
        parts = self._parts(day)
        if not parts:
            return None
        weights = {name: 1.0 / self._error(name, day) ** 2 for name in parts}
        total_weight = sum(weights.values())
        weights = {name: weight / total_weight for name, weight in weights.items()}
        mean = sum(weights[name] * math.log(part) for name, part in parts.items())
        return RevenueTotal(math.exp(mean), parts, weights, self._newcomers(day))

    def known_by(self, day: dt.date) -> list[dt.date]:
        """Return the dates whose outcome was known on a day."""
        horizon = dt.timedelta(days=self.firm.days)
        return [date for date in self.dates if date + horizon <= day]

    def season(self, day: dt.date) -> float | None:
        """Return the same days last year over the last period of then; None without them."""
        then = day - dt.timedelta(days=365)
        same = self.firm.last_year(day)
        if same is None or not self.firm.daily_revenue.reaches(
            then - dt.timedelta(days=self.firm.days)
        ):
            return None
        base = self.firm.revenue_before(then)
        return same / base if base > 0 and same > 0 else None

    def _parts(self, day: dt.date) -> dict[str, float]:
        last = self.firm.revenue_before(day)
        if last <= 0:
            return {}
        if self.repeated:
            season = self.season(day) if self.repeated == "seasonal" else None
            return {self.repeated: last * (season or 1.0)}
        retention, share = self._measure_retention(day), self._share(day)
        parts = {"recent": last * retention}
        season, year = self.season(day), self.firm.last_year(day)
        if season is not None:
            parts["season"] = last * season * share
        if year is not None and year > 0:
            parts["year"] = year * share
        return parts

    def _measure_retention(self, day: dt.date) -> float:
        """Return what known customers spent after past dates over the period before, or 1."""
        return self._average(day, [self._ratios[item][0] for item in self.known_by(day)])

    def _share(self, day: dt.date) -> float:
        """Return the known customers' share of what followed past dates; at first 1."""
        return self._average(day, [self._ratios[item][1] for item in self.known_by(day)])

    def _newcomers(self, day: dt.date) -> float:
        more = 1.0 / self._share(day) - 1.0
        return more if more > ROUNDING else 0.0

    def _average(self, day: dt.date, ratios: Sequence[float]) -> float:
        ratios_known = np.asarray(ratios)
        ages = np.asarray([(day - item).days for item in self.known_by(day)], dtype=np.float64)
        good = np.isfinite(ratios_known) & (ratios_known > 0)
        if not good.any():
            return LEAST if np.isfinite(ratios_known).any() else 1.0
        weights = 0.5 ** (ages[good] / HALF_LIFE_DAYS)
        return float(np.exp(np.average(np.log(ratios_known[good]), weights=weights)))

    @cached_property
    def _ratios(self) -> dict[dt.date, tuple[float, float]]:
        """Known customers' revenue after each date over the firm's before and the firm's after."""
        by_date = {}
        for date in self.dates:
            ahead = self.firm.known_ahead(date)
            total_weight = self.firm.daily_revenue.reaches(date - dt.timedelta(days=self.firm.days))
            before = self.firm.revenue_before(date) if total_weight else 0.0
            by_date[date] = (_over(ahead, before), _over(ahead, self.firm.revenue_after(date)))
        return by_date

    @cached_property
    def _errors(self) -> dict[dt.date, dict[str, float]]:
        """Logarithm of forecast over outcome, by date and simple forecast."""
        by_date: dict[dt.date, dict[str, float]] = {}
        for date in self.dates:
            came = self.firm.known_ahead(date)
            if came > 0 and self.known_by(date):
                parts = self._parts(date)
                by_date[date] = {name: math.log(part / came) for name, part in parts.items()}
        return by_date

    def _error(self, name: str, day: dt.date) -> float:
        """Return the root mean square error known by a day, drawn to the prior."""
        ratios_known = [self._errors.get(date, {}) for date in self.known_by(day)]
        errors: Doubles = np.asarray([entry[name] for entry in ratios_known if name in entry])
        total = float((errors**2).sum()) + PRIOR_DATES * PRIOR.get(name, 0.0) ** 2
        return math.sqrt(total / (len(errors) + PRIOR_DATES)) + FLOOR


def _over(part: float, total_weight: float) -> float:
    return part / total_weight if total_weight > 0 else math.nan
