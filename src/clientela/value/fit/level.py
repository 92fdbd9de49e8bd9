"""What all known customers together will bring: the level to which every forecast is brought.

Below 14 months of history it is that of :mod:`clientela.btyd.repeat_level`, drawn a little to the
last period; from 20 months on half of it is, as logarithms, a mean of three simple forecasts, each
from what was known on its day:

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

from clientela.btyd.repeat_level import average_season, forecast_repeats
from clientela.config.value import Season
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
    def is_closed(self) -> bool:
        """Whether next to nobody new has come in the second half of the history."""
        daily = self.daily_revenue
        middle = (daily.as_of - daily.first_day).days / 2.0
        late = daily.first_age_days < middle
        return bool(len(late)) and float(late.mean()) < CLOSED_SHARE

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


CLOSED_SHARE = 0.01  # of the customers; by convention: an open firm wins a tenth or more


HALF_LIFE_DAYS = 60.0  # by convention: two months halve the weight of a past ratio


PRIOR = {"recent": 0.25, "season": 0.2, "year": 0.2}
"""Error as a logarithm that each is taken to have before any is seen."""


PRIOR_DATES = 2.0  # by convention: the prior counts as two dates


FLOOR = 0.02  # by convention: no forecast is taken to err by less than 2 %


ROUNDING = 1e-9  # shares differ from 1 by rounding alone below it


LEAST = 1e-6  # share that known customers have who brought nothing after any past date


SHORT_DAYS, LONG_DAYS = 430, 600
"""History below which the last period counts too, and from which the simple forecasts do."""


LAST_WEIGHT, SIMPLE_WEIGHT = 0.15, 0.5  # held on 11 firms: .179 for .197, .106 for .121


OWN_BEHIND, MOST_OWN, OWN_PRIOR = 150, 6, 2.0  # days behind an error of one's own; dates


WIDTHS_BY_HORIZON = ((30.0, 60.0, 91.0, 120.0), (1.10, 0.95, 0.90, 0.75))  # as the next, below


WIDTHS_BY_HISTORY = ((330, 1.0), (430, 1.25), (600, 1.1), (math.inf, 1.15))
"""Half an interval of 80 % over the spread, by horizon, and a factor by days of history: quantiles
of 12 firms' errors, each one voice; on 12 other firms .798 of the outcomes lay inside."""


Z_80 = 1.2816  # of the normal distribution: half an interval of 80 % over its deviation


PEAK_DAYS, PEAK_FALL = 60, 0.25  # by convention: two months, in logarithms of the usual year


PEAK_SPREAD = math.log(2.0) / Z_80
"""80 % within a factor of 2: three of four forms tried missed a first fall by 1.4 to 2.5."""


LEAST_SPREAD = 0.05  # by convention: no level is taken to be known to 5 %


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
    spread : float
        Standard deviation of the logarithm, not yet drawn to the firm's own past errors.
    """

    expected: float
    parts: dict[str, float]
    weights: dict[str, float]
    newcomers: float
    spread: float = math.nan


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
    usual : {"none", "usual", "strong"}
        What the owner says of the firm's year.
    """

    firm: FirmRevenue
    dates: Sequence[dt.date]
    repeated: str = ""
    usual: Season = "usual"
    _totals: dict[dt.date, RevenueTotal | None] = field(default_factory=dict, repr=False)

    def total(self, day: dt.date) -> RevenueTotal | None:
        """Forecast the known customers' total; None where nothing was brought to go by."""
        if day not in self._totals:
            self._totals[day] = self._forecast(day)
        return self._totals[day]

    def _forecast(self, day: dt.date) -> RevenueTotal | None:
        parts = self._parts(day)
        weights = {name: 1.0 / self._error(name, day) ** 2 for name in parts}
        total_weight = sum(weights.values())
        weights = {name: weight / total_weight for name, weight in weights.items()}
        daily = self.firm.daily_revenue
        repeats = (
            None if self.repeated else forecast_repeats(daily, day, self.firm.days, self.usual)
        )
        spread = math.nan
        if repeats is not None:
            parts, weights = self._mix(day, repeats[0], parts, weights)
            spread = repeats[1]
        if not parts:
            return None
        mean = sum(weights[name] * math.log(part) for name, part in parts.items())
        return RevenueTotal(math.exp(mean), parts, weights, self._newcomers(day), spread)

    def _mix(
        self,
        day: dt.date,
        repeats: float,
        parts: dict[str, float],
        weights: dict[str, float],
    ) -> tuple[dict[str, float], dict[str, float]]:
        """Put the rate of repeat purchases before the last period or the simple forecasts."""
        age, last = (
            (day - self.firm.daily_revenue.first_day).days,
            self.firm.revenue_before(day),
        )
        mixed, shares = {"repeats": repeats}, {"repeats": 1.0}
        if self.firm.days <= age < SHORT_DAYS and last > 0:
            mixed["last"], shares["last"] = last, LAST_WEIGHT
        if age >= LONG_DAYS:
            mixed |= parts
            shares |= {name: SIMPLE_WEIGHT * weight for name, weight in weights.items()}
        shares["repeats"] = 1.0 - (sum(shares.values()) - 1.0)
        return mixed, shares

    def estimate_spread(self, day: dt.date) -> float:
        """Estimate by how much the total errs, as the standard deviation of its logarithm.

        That of the process, drawn to the errors that the same forecast made at one, two, … horizons
        before, as known then: the process counts as two such dates.
        """
        total = self.total(day)
        if total is None or not math.isfinite(total.spread):
            return math.nan
        variance = total.spread**2 + LEAST_SPREAD**2
        summed, count = OWN_PRIOR * variance, OWN_PRIOR
        for at in range(1, MOST_OWN + 1):
            then = day - dt.timedelta(days=at * self.firm.days)
            if (then - self.firm.daily_revenue.first_day).days < OWN_BEHIND:
                break
            past, came = self.total(then), self.firm.known_ahead(then)
            if past is not None and came > 0 and math.isfinite(past.spread):
                own = past.spread**2 + LEAST_SPREAD**2
                summed += math.log(past.expected / came) ** 2 * variance / own
                count += 1.0
        spread = math.sqrt(summed / count) * self._calibrate(day)
        return max(spread, PEAK_SPREAD) if self.follows_first_peak(day) else spread

    def _calibrate(self, day: dt.date) -> float:
        """Return what the spread is multiplied by: many firms' errors over it."""
        age = (day - self.firm.daily_revenue.first_day).days
        width = float(np.interp(self.firm.days, *WIDTHS_BY_HORIZON))
        return width * next(factor for upto, factor in WIDTHS_BY_HISTORY if age < upto) / Z_80

    def follows_first_peak(self, day: dt.date) -> bool:
        """Check whether the first high season has just gone: nothing shows how far sales fall."""
        age = (day - self.firm.daily_revenue.first_day).days
        if age >= SHORT_DAYS or self.usual == "none":
            return False
        fall = average_season(day, -PEAK_DAYS, 0) - average_season(day, 0, PEAK_DAYS)
        return fall > PEAK_FALL

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
