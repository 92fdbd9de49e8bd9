"""What all steps of learning share: the past's outcomes, levels, dates and BTYD models."""

import datetime as dt
import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from clientela.btyd.choice import ModelChoice
from clientela.config import Value
from clientela.features.daily_revenue import DailyRevenue
from clientela.features.history import History
from clientela.value.fit.boosting import Pairs, compute_log_odds
from clientela.value.fit.candidates import ForecastDay
from clientela.value.fit.level import FirmRevenue, RevenueLevels, RevenueTotal
from clientela.value.fit.past_dates import LEAST_DAYS, STEP_DAYS, CutoffDates, OutcomeCache
from clientela.value.fit.purchases import fit_current_purchases, fit_past_purchases
from clientela.value.fit.wholesale import NO_WHOLESALE, WholesaleBuyers
from clientela.value.score.inputs import ValueInputs
from clientela.value.score.model import BuyersLine
from clientela.value.score.orders import OrderModel

ANCHORS = 2  # refits as of past days: a fit costs seconds, and parameters move little
LEAST_UNIT = 1e-6  # keeps a division by the unit defined
PRIOR_SLOPE, PRIOR_SPREAD = 1.0, 0.05  # by convention, see _fit_buyers


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The firm's past, laid out for one horizon.

    Parameters
    ----------
    history : History
        The past of the customers that are learnt from.
    settings, daily_revenue : Value, DailyRevenue
        What is wanted, and the days of all customers.
    dates : CutoffDates
        Roles of the past dates; its horizon is the one learnt on.
    outcomes : OutcomeCache
        What customers brought after them.
    levels : RevenueLevels
        What all customers together bring.
    currency : str or None
        ISO 4217 code of the amounts.
    wholesale : WholesaleBuyers
        Who is left out of ``outcomes`` and ``levels``.
    """

    history: History
    settings: Value
    daily_revenue: DailyRevenue
    dates: CutoffDates
    outcomes: OutcomeCache
    levels: RevenueLevels
    currency: str | None = None
    wholesale: WholesaleBuyers = NO_WHOLESALE
    _orders: dict[dt.date, OrderModel] = field(default_factory=dict, repr=False)
    _pairs: dict[tuple[dt.date, int], ValueInputs] = field(default_factory=dict, repr=False)

    @property
    def days(self) -> int:
        """The horizon learnt on."""
        return self.dates.horizon_days

    @property
    def lacks_history(self) -> bool:
        """Whether the history is too short to learn on the whole horizon."""
        return self.days != self.settings.horizon_days

    @property
    def by_rhythm(self) -> bool:
        """Whether the level goes by BTYD: nobody new has come for long, or too little is known.

        A closed group of customers slows down as BTYD describes it; a firm's rate needs newcomers
        to tell a season from their age.
        """
        total = self.levels.total(self.history.as_of)
        return total is None or not math.isfinite(total.spread) or self.firm.is_closed

    @property
    def firm(self) -> FirmRevenue:
        """The firm's periods."""
        return self.levels.firm

    @cached_property
    def asked_levels(self) -> RevenueLevels:
        """The level over the horizon asked for."""
        return self.measure_levels(self.firm.daily_revenue) if self.lacks_history else self.levels

    def measure_levels(self, daily: DailyRevenue) -> RevenueLevels:
        """Return the levels of any daily figure over the horizon asked for."""
        days = self.settings.horizon_days
        past = self.history.dates(days, STEP_DAYS, LEAST_DAYS)
        return RevenueLevels(FirmRevenue(daily, days), past, usual=self.settings.season)

    @property
    def spread(self) -> float:
        """Standard deviation of the logarithm of the total ahead; 0 if unknown."""
        spread = self.asked_levels.estimate_spread(self.history.as_of)
        return spread if math.isfinite(spread) else 0.0

    @cached_property
    def today(self) -> tuple[OrderModel, ModelChoice]:
        """The BTYD models fitted as of today."""
        horizon = self.settings.horizon_days
        days = () if self.lacks_history else self.dates.labelled
        return fit_current_purchases(
            self.history, horizon, self.settings.seed, days, self.wholesale
        )

    def orders_by(self, day: dt.date) -> OrderModel:
        """Return the BTYD model of the latest of a few days up to one: refitting costs much."""
        if day == self.history.as_of:
            return self.today[0]
        earlier = [anchor for anchor in self._anchors() if anchor <= day]
        anchor = max(earlier) if earlier else day
        if anchor not in self._orders:
            self._orders[anchor] = fit_past_purchases(
                self.history, anchor, self.settings.seed, self.wholesale
            )
        return self._orders[anchor]

    def pairs(self, days: tuple[dt.date, ...], orders: OrderModel) -> Pairs:
        """Return customers and outcomes of past dates, described by one BTYD model."""
        pairs = []
        for day in days:
            outcome = self.outcomes.on(day)
            key = (day, id(orders))
            if key not in self._pairs:
                self._pairs[key] = outcome.inputs(orders, self.days)
            pairs.append((self._pairs[key], outcome))
        return pairs

    def on(self, day: dt.date) -> ForecastDay:
        """Return a day as it was known then."""
        is_today = self.by_rhythm and day == self.history.as_of
        factor = self.today[1].mean_factor if is_today else 1.0
        return self.place(day, self.orders_by(day), factor, self._fit_buyers(day))

    def place(
        self, day: dt.date, orders: OrderModel, factor: float, buyers_line: BuyersLine | None
    ) -> ForecastDay:
        """Return a day and its level, by what was learnt already.

        Parameters
        ----------
        orders : OrderModel
            The BTYD model that describes its customers.
        factor : float
            What BTYD's mean revenue is multiplied by where :attr:`by_rhythm`.
        buyers_line : BuyersLine or None
            How the share of buyers goes with the level.
        """
        inputs = ValueInputs.of(self.outcomes.customers(day), orders, self.days)
        unit = self._unit(self.levels.total(day), inputs, day, factor)
        return ForecastDay(
            day=day,
            inputs=inputs,
            behind_days=(day - self.history.first_day).days + 1,
            unit=unit,
            buyers=_estimate_buyers(buyers_line, unit),
            buyers_line=buyers_line,
            season=self.levels.season(day),
            asked_days=self.settings.horizon_days,
        )

    def _unit(
        self, total: RevenueTotal | None, inputs: ValueInputs, day: dt.date, factor: float
    ) -> float:
        """Return the level of a customer: by BTYD where :attr:`by_rhythm`, or without late takings.

        Past days go by the same rule as today, so that what is judged is what serves.
        """
        customers = self.firm.count_customers(day)
        rhythm_revenue = inputs.purchases.revenue
        if self.by_rhythm and rhythm_revenue.sum() > 0:
            return float(rhythm_revenue.mean()) * factor
        if total is not None and customers and math.isfinite(total.expected):
            return total.expected / customers
        return max(float(rhythm_revenue.mean()) if len(rhythm_revenue) else 0.0, LEAST_UNIT)

    def _fit_buyers(self, day: dt.date) -> BuyersLine | None:
        """Fit the share of buyers: its log-odds rise with the logarithm of the mean revenue.

        The line through past dates, its slope drawn to 1: a season that doubles the revenue mostly
        doubles the odds of buying. None without a past date.
        """
        outcomes = [self.outcomes.on(date) for date in self.dates.learnt_by(day)]
        outcomes = [entry for entry in outcomes if len(entry) and entry.revenue.sum() > 0]
        if not outcomes:
            return None
        level = np.log([entry.revenue.mean() for entry in outcomes])
        odds = np.asarray([compute_log_odds(entry) for entry in outcomes])
        apart, rise = level - level.mean(), odds - odds.mean()
        slope = (float(apart @ rise) + PRIOR_SPREAD * PRIOR_SLOPE) / (
            float(apart @ apart) + PRIOR_SPREAD
        )
        return float(level.mean()), float(odds.mean()), slope

    def _anchors(self) -> list[dt.date]:
        cutoffs = sorted(self.dates.cutoffs)
        if not cutoffs:
            return []
        return [cutoffs[0], cutoffs[len(cutoffs) // ANCHORS]]


def _estimate_buyers(line: BuyersLine | None, unit: float) -> float:
    """Estimate the share of buyers at a level of the mean revenue."""
    if line is None:
        return 0.5
    level, odds, slope = line
    at = odds + slope * (math.log(unit) - level)
    return 1.0 / (1.0 + math.exp(-min(max(at, -6.0), 6.0)))
