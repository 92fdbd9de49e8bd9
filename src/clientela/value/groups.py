"""Revenue forecasts of groups: members, the rest, known customers, newcomers and everyone.

There is one total: what the customers known today are expected to bring is the sum of their own
expected revenue. Members and the rest are parts of that sum, and everyone is the known customers
and the newcomers together. Naive totals stand beside a forecast as evidence and never replace it.

Intervals are made of the past errors of such totals, never of the customers' intervals: customers
err together, by season.
"""

import datetime as dt
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config.value import Season
from clientela.contract.programme import MONTH_DAYS
from clientela.features.daily_revenue import YEAR_DAYS, DailyRevenue, Members
from clientela.statistics.arrays import Doubles
from clientela.value.error_bands import (
    PastForecast,
    count_hits,
    measure_band,
    select_apart,
    select_year,
    sum_errors,
)
from clientela.value.fit.candidates import NAIVE
from clientela.value.fit.level import Z_80, FirmRevenue, RevenueLevels
from clientela.value.fit.past_dates import KEY, LEAST_DAYS, STEP_DAYS
from clientela.value.fit.training_data import TrainingData
from clientela.value.score.model import ValueModel

MONTHS = (1, 3, 6)
"""Horizons of the programme's forecast, in months of 30 days; by convention."""
LEAST_BEHIND_DAYS = 90
"""History behind a past day on which members are chosen; by convention, one quarter."""
LEAST_DATES = 4
"""Errors behind a level: n of them can claim n / (n + 1) at most, so 80 % here."""
LEAST_RANGE = 2
"""Errors behind a range without a level; a single one spans nothing."""

MembersAt = Callable[[dt.date], Collection[str]]
"""Returns the ids of a group's members as chosen on a day; KeyError where nobody chose."""
Group = Callable[[dt.date], Members]
"""Returns the members of a group on a day; nobody where it cannot be chosen."""
PartErrors = dict[str, list[PastForecast]]
"""By group, horizon and by which rules the members of the past were chosen."""


@dataclass(frozen=True, kw_only=True)
class GroupForecast:
    """A group's forecast and its past errors.

    Parameters
    ----------
    group : {"members", "rest", "known", "new", "everyone"}
        Whom it is of; ``known`` is everybody who had bought by the day.
    days : int
        The horizon.
    expected, low, high : float or None
        In money; None where nothing shows them.
    level : float or None
        How often such an interval holds. None where the history is too short to claim it: then the
        bounds are the range of past errors, drawn out to the forecast where all err the same way
        and to what such a firm's total usually misses by.
    method : str
        The model whose customers' forecasts are summed.
    hits, dates : int or None, int
        Past outcomes inside the interval made of the other dates' errors, of so many dates.
    bias, error : float or None
        All forecasts over all outcomes, less 1; mean absolute error as a share of the outcome.
    hindsight : bool
        Whether past members are simulated with today's rules.
    season : bool
        Whether the season of last year is in it.
    naive, naive_error, naive_dates : float or None, float or None, int
        The last period once more, its mean error and the past dates behind it.
    last_period, last_year : float or None
        What everybody knows: what the group's customers brought in as many days up to today, and
        in the same days of last year; of all groups but newcomers.
    """

    group: str
    days: int
    expected: float | None
    method: str
    low: float | None = None
    high: float | None = None
    level: float | None = None
    hits: int | None = None
    dates: int = 0
    bias: float | None = None
    error: float | None = None
    hindsight: bool = False
    season: bool = False
    naive: float | None = None
    naive_error: float | None = None
    naive_dates: int = 0
    last_period: float | None = None
    last_year: float | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupForecaster:
    """Forecasts of any group over any horizon, all parts of one total.

    Parameters
    ----------
    daily_revenue, crowd_revenue : DailyRevenue
        Each customer's revenue by day; without wholesale buyers for the level of all together.
    ids, revenue : pa.Array, array of float
        Today's customers and their expected revenue within the horizon.
    horizon_days : int
        The horizon of the model of customers' value.
    expected_at : callable
        Returns ids and expected revenue of the customers of a day within some days, by the model
        that could have been learnt by then; None where there was none.
    model : str
        Name of the model of the mean forecast.
    by_rhythm : bool
        Whether purchase rhythm sets the level, as it does where the history is short.
    level : float
        Wanted share of outcomes inside the intervals.
    usual : {"none", "usual", "strong"}
        What the owner says of the firm's year.
    known_errors : PartErrors
        What past forecasts of the known customers said, and what came; what lacks is added.
    """

    daily_revenue: DailyRevenue
    crowd_revenue: DailyRevenue
    ids: pa.Array
    revenue: Doubles
    horizon_days: int
    expected_at: Callable[[dt.date, int], tuple[pa.Array, Doubles] | None]
    model: str
    by_rhythm: bool
    level: float
    usual: Season = "usual"
    known_errors: PartErrors = field(default_factory=dict)
    _base_by_days: dict[int, list[GroupForecast]] = field(default_factory=dict, init=False)
    _levels_by_days: dict[int, RevenueLevels] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, ground: TrainingData, model: ValueModel, scores: pa.Table) -> "GroupForecaster":
        """Build the forecaster of scored customers (columns customer_id, expected_revenue).

        Nothing is learnt of ``ground``: what past days could have forecast is a part of the model.
        """
        return cls(
            daily_revenue=ground.daily_revenue,
            crowd_revenue=ground.firm.daily_revenue,
            ids=scores[KEY].combine_chunks(),
            revenue=scores["expected_revenue"].to_numpy(),
            horizon_days=ground.settings.horizon_days,
            expected_at=cache(partial(model.past.forecast_customers, ground.history)),
            model=model.mean.forecast.name,
            by_rhythm=ground.by_rhythm,
            level=ground.settings.level,
            usual=ground.settings.season,
        )

    def forecast_base(self, days: int) -> list[GroupForecast]:
        """Forecast known customers, newcomers and everyone; None where nothing shows newcomers."""
        if days not in self._base_by_days:
            self._base_by_days[days] = self._forecast_base(days)
        return self._base_by_days[days]

    def _forecast_base(self, days: int) -> list[GroupForecast]:
        today, levels = self.daily_revenue.as_of, self._levels(days)
        total_known, total = self._total(days), levels.total(today)
        new = None
        if total is not None and levels.known_by(today) and not self.by_rhythm:
            new = total.expected * total.newcomers
        everyone = None if new is None else total_known + new
        expected = {"known": total_known, "new": new, "everyone": everyone}
        return [self._forecast_total(name, days, value) for name, value in expected.items()]

    def forecast_parts(
        self,
        days: int,
        members_at: MembersAt,
        learnt_then: MembersAt | None = None,
        errors: PartErrors | None = None,
    ) -> list[GroupForecast]:
        """Forecast members and the rest, which add up to the known customers.

        Parameters
        ----------
        days : int
            The horizon.
        members_at : callable
            Ids of the members of a day, perhaps by today's rules.
        learnt_then : callable, optional
            Ids of the members by rules that knew nothing later. Without four of its days that suit
            the horizon no level is claimed.
        errors : PartErrors, optional
            What past forecasts of these members are known to have said; what lacks is added.
        """
        errors = {} if errors is None else errors
        simulated = self._group(members_at)
        learnt = self._group(_choose_nobody if learnt_then is None else learnt_then)
        inside = self._mark_members(simulated(self.daily_revenue.as_of))
        total, everything = self._total(days), float(self.revenue.sum())
        members = total * float(self.revenue[inside].sum()) / everything if everything > 0 else 0.0
        groups = (
            ("members", members, simulated, learnt),
            ("rest", total - members, self._exclude(simulated), self._exclude(learnt)),
        )
        return [self._forecast_part(days, errors, *group) for group in groups]

    def _total(self, days: int) -> float:
        """Sum what known customers are expected to bring; other horizons never fall behind."""
        total, horizon = float(self.revenue.sum()), self.horizon_days
        if days == horizon:
            return total
        spans = {days, *(months * MONTH_DAYS for months in MONTHS)}
        if days < horizon:
            ratios = [self._ratio(span) for span in spans if days <= span < horizon]
            return total * min(1.0, *ratios)
        ratios = [self._ratio(span) for span in spans if horizon < span <= days]
        return total * max(1.0, *ratios)

    def _ratio(self, days: int) -> float:
        """Compare the firm's level of other days with that of the horizon."""
        today, plain = self.daily_revenue.as_of, days / self.horizon_days
        if self._by_customers:
            pair = [self.expected_at(today, span) for span in (days, self.horizon_days)]
            sums = [0.0 if item is None else float(item[1].sum()) for item in pair]
        else:
            totals = [self._levels(span).total(today) for span in (days, self.horizon_days)]
            sums = [0.0 if total is None else total.expected for total in totals]
        return sums[0] / sums[1] if min(sums) > 0 else plain

    @property
    def _by_customers(self) -> bool:
        """Whether the total is that of the customers' own pace, not of the firm's periods."""
        return self.by_rhythm or (self.model in NAIVE and not self._naive_period)

    @property
    def _naive_period(self) -> str:
        return self.model if self.model in ("last_period", "seasonal") else ""

    def _levels(self, days: int) -> RevenueLevels:
        if days not in self._levels_by_days:
            dates = list(self._list_past_days(days, STEP_DAYS, LEAST_DAYS))
            firm = FirmRevenue(self.crowd_revenue, days)
            self._levels_by_days[days] = RevenueLevels(firm, dates, self._naive_period, self.usual)
        return self._levels_by_days[days]

    def _has_season(self, days: int) -> bool:
        total = None if self._by_customers else self._levels(days).total(self.daily_revenue.as_of)
        if total is None:
            return False
        behind = (self.daily_revenue.as_of - self.daily_revenue.first_day).days
        own = behind >= YEAR_DAYS and "repeats" in total.parts
        return own or bool({"season", "seasonal", "year"} & set(total.parts))

    def _list_past_days(self, days: int, step: int, least: int) -> Iterable[dt.date]:
        """List the past days whose horizon is over, the latest first."""
        history = (self.daily_revenue.as_of - self.daily_revenue.first_day).days
        for age in range(days, history - least + 1, step):
            yield self.daily_revenue.as_of - dt.timedelta(days=age)

    def _forecast_total(self, group: str, days: int, expected: float | None) -> GroupForecast:
        forecast = GroupForecast(
            group=group,
            days=days,
            expected=expected,
            method=self.model,
            season=self._has_season(days),
        )
        if expected is None:
            return forecast
        if group in ("known", "everyone"):  # all who ever bought are known today
            everybody = self.daily_revenue.mark_buyers(self.daily_revenue.as_of)
            forecast = self._set_beside(forecast, everybody)
        if not self._by_customers:
            past = self._check_levels(group, days)
            apart = select_apart(past, days)
        elif group == "known":
            if (name := f"known/{days}") not in self.known_errors:
                errors = self._check_past(self.daily_revenue.mark_buyers, days, STEP_DAYS)
                self.known_errors[name] = errors
            past = self.known_errors[name]
            apart = select_year(past, days)
        else:
            past, apart = [], []
        forecast = self._with_errors(forecast, past, apart)
        return (
            self._with_naive(forecast, self.daily_revenue.mark_buyers)
            if group == "known"
            else forecast
        )

    def _forecast_part(
        self,
        days: int,
        errors: PartErrors,
        group: str,
        expected: float,
        simulated: Group,
        learnt: Group,
    ) -> GroupForecast:
        forecast = GroupForecast(
            group=group,
            days=days,
            expected=expected,
            method=self.model,
            hindsight=True,
            season=self._has_season(days),
        )
        customers = simulated(self.daily_revenue.as_of)
        if not customers.any():
            return forecast
        forecast = self._set_beside(forecast, customers)
        sides = {"simulated": (simulated, STEP_DAYS), "learnt": (learnt, days)}
        for side, (members, step) in sides.items():
            if (name := f"{group}/{days}/{side}") not in errors:
                errors[name] = self._check_past(members, days, step)
        past = errors[f"{group}/{days}/simulated"]
        learnt_past = errors[f"{group}/{days}/learnt"]
        apart = learnt_past if forecast.season else select_year(learnt_past, days)
        return self._with_naive(self._with_errors(forecast, past, apart), simulated)

    def _set_beside(self, forecast: GroupForecast, customers: Members) -> GroupForecast:
        """Add what these customers brought before: as many days up to today, and last year's."""
        today, days = self.daily_revenue.as_of, forecast.days
        ago = dt.timedelta(days=YEAR_DAYS - days)
        return replace(
            forecast,
            last_period=self._sum_before(customers, today, days),
            last_year=self._sum_before(customers, today - ago, days) if days <= YEAR_DAYS else None,
        )

    def _with_errors(
        self, forecast: GroupForecast, past: Sequence[PastForecast], apart: Sequence[PastForecast]
    ) -> GroupForecast:
        """Add the interval: of dates that share no day where there are enough, else a range."""
        expected = forecast.expected or 0.0
        ratios = [came / predicted for _, predicted, came in past]
        ratios_apart = [came / predicted for _, predicted, came in apart]
        if len(apart) >= LEAST_DATES and min(ratios_apart) > 0:
            widest, claimed = measure_band(ratios_apart, self.level)
            is_whole = forecast.group in ("known", "new", "everyone")
            bias, error = sum_errors(past if is_whole else apart)
            return replace(
                forecast,
                low=expected / widest,
                high=expected * widest,
                level=claimed,
                hits=count_hits(ratios_apart, self.level),
                dates=len(apart),
                bias=bias,
                error=error,
            )
        in_range = len(ratios) >= LEAST_RANGE
        least = self._measure_common_error(forecast.days)
        bias, error = sum_errors(past)
        return replace(
            forecast,
            low=expected * min(1.0 / least, *ratios) if in_range else None,
            high=expected * max(least, *ratios) if in_range else None,
            dates=len(past),
            bias=bias,
            error=error,
        )

    def _measure_common_error(self, days: int) -> float:
        """Return the factor that 80 % of such firms' totals stay within; 1 where none shows it.

        Few past errors span less than what a firm's total usually misses by; all groups share it.
        """
        spread = self._levels(days).estimate_spread(self.daily_revenue.as_of)
        known = math.isfinite(spread) and not self._by_customers
        return math.exp(Z_80 * spread) if known else 1.0

    def _with_naive(self, forecast: GroupForecast, group: Group) -> GroupForecast:
        """Add the last period once more, and its past errors, as evidence beside the forecast."""
        days = forecast.days
        past = [
            (day, last_period, self._sum_after(group(day), day, days))
            for day in self._list_past_days(days, STEP_DAYS, LEAST_BEHIND_DAYS)
            if (last_period := self._sum_before(group(day), day, days)) is not None
            and last_period > 0
        ]
        return replace(
            forecast,
            naive=self._sum_before(group(self.daily_revenue.as_of), self.daily_revenue.as_of, days),
            naive_error=sum_errors(past)[1],
            naive_dates=len(past),
        )

    def _check_levels(self, group: str, days: int) -> list[PastForecast]:
        """Set past totals beside what came; none where one of nothing was followed by some."""
        levels, today = self._levels(days), self.daily_revenue.as_of
        past = [
            (date, *_select_group(group, levels, date, total.expected, total.newcomers))
            for date in levels.known_by(today)
            if levels.known_by(date) and (total := levels.total(date)) is not None
        ]
        # no factor leads from a forecast of nothing to what came all the same
        if any(predicted <= 0 < came for _, predicted, came in past):
            return []
        return [error for error in past if error[1] > 0 and error[2] > 0]

    def _check_past(self, group: Group, days: int, step: int) -> list[PastForecast]:
        """Set past forecasts of a group beside what it brought, the latest first."""
        past = []
        for day in self._list_past_days(days, step, LEAST_BEHIND_DAYS):
            members = group(day)
            predicted = self._predict_at(members, day, days) if members.any() else None
            if predicted is not None and predicted > 0:
                past.append((day, predicted, self._sum_after(members, day, days)))
        return past

    def _predict_at(self, members: Members, day: dt.date, days: int) -> float | None:
        """Forecast a group on a past day: its share of the firm's level, or its customers' sum."""
        if not self.daily_revenue.reaches(day - dt.timedelta(days=days)):
            return None
        customers = self.expected_at(day, days)
        if customers is None:
            return None
        ids, revenue = customers
        inside = pc.is_in(ids, value_set=self.daily_revenue.ids.filter(pa.array(members)))
        group = float(revenue[inside.to_numpy(zero_copy_only=False)].sum())
        if self._by_customers:
            return group
        total, everything = self._levels(days).total(day), float(revenue.sum())
        return None if total is None or everything <= 0 else total.expected * group / everything

    def _sum_after(self, members: Members, day: dt.date, days: int) -> float:
        later = self.daily_revenue.between(day, day + dt.timedelta(days=days))
        return math.fsum(later[members].tolist())

    def _sum_before(self, members: Members, day: dt.date, days: int) -> float | None:
        start = day - dt.timedelta(days=days)
        if not self.daily_revenue.reaches(start):
            return None
        return math.fsum(self.daily_revenue.between(start, day)[members].tolist())

    def _mark_members(self, members: Members) -> Members:
        """Mark today's customers, in the order of the scores."""
        inside = pc.is_in(self.ids, value_set=self.daily_revenue.ids.filter(pa.array(members)))
        marks: Members = inside.to_numpy(zero_copy_only=False)
        return marks

    def _group(self, members_at: MembersAt) -> Group:
        @cache
        def choose(day: dt.date) -> Members:
            try:
                ids = members_at(day)
            except KeyError:  # the programme did not exist yet
                return np.zeros(len(self.daily_revenue.ids), dtype=np.bool_)
            return self.daily_revenue.members(
                pa.array(sorted(ids), pa.string())
            ) & self.daily_revenue.mark_buyers(day)

        return choose

    def _exclude(self, members: Group) -> Group:
        """Return the known customers outside a group; nobody on a day without the group."""

        def exclude(day: dt.date) -> Members:
            inside = members(day)
            present = inside.any() or day == self.daily_revenue.as_of
            outside: Members = self.daily_revenue.mark_buyers(day) & ~inside & present
            return outside

        return exclude


def _select_group(
    group: str, levels: RevenueLevels, date: dt.date, total: float, newcomers: float
) -> tuple[float, float]:
    """Return what a past total said of a group, and what came of it."""
    total_known, everyone = levels.firm.known_ahead(date), levels.firm.revenue_after(date)
    pairs = {
        "known": (total, total_known),
        "new": (total * newcomers, everyone - total_known),
        "everyone": (total * (1.0 + newcomers), everyone),
    }
    return pairs[group]


def _choose_nobody(day: dt.date) -> Collection[str]:
    raise KeyError(day)
