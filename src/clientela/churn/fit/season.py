"""The share of leavers to expect: by the orders ahead, the latest known, or last year's."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from clientela.churn.fit.training_data import LabelledSnapshot
from clientela.statistics.arrays import Doubles
from clientela.statistics.dates import pick_apart

# Days back to the same season.
YEAR_DAYS = 365
# Days that a past date may stand off last year's day: two thirds of the step between dates.
NEAR_DAYS = 20
# Weights of the latest share and of last year's before any date has spoken, by convention.
RECENT, YEAR = 0.5, 0.75
# Squared log-odds that the prior weights count as, by convention.
PRIOR_SPREAD = 0.05

# Slope of the log-odds of leaving over the logarithm of orders ahead, before any date has spoken,
# and the squared logarithms that it counts as. Orders are forecast, not seen, which draws the slope
# to 0: over 491 cells of 20 firms (simulated shops, CDNOW, Kaggle, Online Retail) the share was
# .0282 off on average, with -1 .0297; -.5 to -.8 differ by .0005.
PACE_SLOPE, PACE_SPREAD = -0.7, 0.05

_Move = tuple[float, float]


Paces = Mapping[dt.date, tuple[float | None, float | None]]
"""Logarithms of purchase days ahead of a day over those asked about: as expected, and as came."""


class Rate(NamedTuple):
    """The log-odds of leaving of a past date, and the day by which they were known."""

    day: dt.date
    known_on: dt.date
    logit: float


class Level(NamedTuple):
    """The share of leavers expected, with what it was built of.

    ``weight`` is how far it moves from recent shares to that of last year; None where
    there is no last year. ``by_orders`` where the orders expected ahead say it.
    """

    share: float
    latest: float
    last_year: float | None
    weight: float | None
    by_orders: bool = False


@dataclass(frozen=True)
class Season:
    """The firm's own shares of leavers through time.

    Parameters
    ----------
    rates : tuple of Rate
        Of past dates.
    ripe_from : datetime.date or None
        First day on which those asked about were as complete as today: a firm's first months hold
        new customers alone, and tell nothing of a season.
    paces : mapping of date to pair of float or None
        Of past dates and of today; none where nothing forecasts them.
    """

    rates: tuple[Rate, ...]
    ripe_from: dt.date | None = None
    paces: Paces = field(default_factory=dict)

    def expect_level(self, day: dt.date) -> Level:
        """Forecast the share of leavers on a day, from what was known then.

        Where the orders ahead are forecast, the log-odds go with their logarithm. Else from the
        mean of the shares known towards the latest of them, and from there towards last
        year's. Each weight is the slope by which it would have predicted earlier dates, drawn
        towards .5 and .75 where few of them speak; never beyond 0 and 1.

        References
        ----------
        Harvey (1990), Forecasting, structural time series models and the Kalman filter (seasonal
        random walk), doi:10.1017/CBO9781107049994.
        """
        rates = self._rates_by(day)
        latest = max(rates, key=lambda rate: rate.day).logit
        followed = self._follow_orders(day, rates)
        if followed is not None:
            return Level(_to_share(followed), _to_share(latest), None, None, by_orders=True)
        mean = _mean_logit(rates)
        recent = mean + _estimate_slope([self._move_latest(rate) for rate in rates], RECENT) * (
            latest - mean
        )
        before = self._read_last_year(day, rates)
        if before is None:
            return Level(_to_share(recent), _to_share(latest), None, None)
        weight = _estimate_slope([self._move_last_year(rate) for rate in rates], YEAR)
        logit = recent + weight * (before - recent)
        return Level(_to_share(logit), _to_share(latest), _to_share(before), weight)

    def _follow_orders(self, day: dt.date, rates: Sequence[Rate]) -> float | None:
        """Return log-odds on the line of past shares over past orders, its slope drawn to -.7.

        Of ripe dates, where there are any: on five dates of Online Retail the log-odds were then
        .18 off on average, with the firm's first months .24.
        """
        ahead = self.paces[day][0] if day in self.paces else None
        rates = self._drop_unripe(rates) or rates
        past = [(self.paces[rate.day][1], rate.logit) for rate in rates if rate.day in self.paces]
        points = np.array([pair for pair in past if pair[0] is not None], dtype=np.float64)
        if ahead is None or not len(points):
            return None
        centre = points.mean(axis=0)
        pace, odds = (points - centre).T
        slope = (float(pace @ odds) + PACE_SLOPE * PACE_SPREAD) / (float(pace @ pace) + PACE_SPREAD)
        return float(centre[1] + slope * (ahead - centre[0]))

    def _drop_unripe(self, rates: Sequence[Rate]) -> list[Rate]:
        return [rate for rate in rates if self.ripe_from is None or rate.day >= self.ripe_from]

    def _rates_by(self, day: dt.date) -> list[Rate]:
        return [rate for rate in self.rates if rate.known_on <= day]

    def _read_last_year(self, day: dt.date, rates: Sequence[Rate]) -> float | None:
        """Read last year's share off the line between the dates around the same day."""
        wanted = day - dt.timedelta(days=YEAR_DAYS)
        ripe = self._drop_unripe(rates)
        ages = np.array([(rate.day - wanted).days for rate in ripe])
        if not len(ages) or np.abs(ages).min() > NEAR_DAYS:
            return None
        order = np.argsort(ages)
        return float(np.interp(0.0, ages[order], np.array([rate.logit for rate in ripe])[order]))

    def _move_latest(self, rate: Rate) -> _Move | None:
        """Return how far the latest share stood from the mean, and the truth from it."""
        rates = self._rates_by(rate.day)
        if not rates:
            return None
        mean = _mean_logit(rates)
        return max(rates, key=lambda earlier: earlier.day).logit - mean, rate.logit - mean

    def _move_last_year(self, rate: Rate) -> _Move | None:
        """Return how far last year stood from the latest on that day, and the truth from it."""
        rates = self._rates_by(rate.day)
        before = self._read_last_year(rate.day, rates)
        if before is None:
            return None
        latest = max(rates, key=lambda earlier: earlier.day).logit
        return before - latest, rate.logit - latest


def _estimate_slope(moves_or_none: Sequence[_Move | None], prior: float) -> float:
    moves = np.array([move for move in moves_or_none if move is not None]).reshape(-1, 2)
    explained = float(moves[:, 0] @ moves[:, 1]) + PRIOR_SPREAD * prior
    return float(np.clip(explained / (float(moves[:, 0] @ moves[:, 0]) + PRIOR_SPREAD), 0.0, 1.0))


def _mean_logit(rates: Sequence[Rate]) -> float:
    return float(np.mean([rate.logit for rate in rates]))


def load_season(
    past: Sequence[LabelledSnapshot], ripe_from: dt.date | None, paces: Paces
) -> Season:
    """Read the shares of leavers off past snapshots."""
    rates = [
        Rate(snapshot.as_of, snapshot.known_on, _to_logit(snapshot))
        for snapshot in past
        if snapshot.as_of is not None and snapshot.known_on is not None and snapshot.customers
    ]
    return Season(tuple(rates), ripe_from, paces)


def find_shift(logits: Doubles, share: float) -> float:
    """Find what to add to log-odds so that their mean probability is a share."""
    target = min(max(share, 1e-4), 1.0 - 1e-4)
    low, high = -40.0 - float(np.max(logits)), 40.0 - float(np.min(logits))
    for _ in range(60):
        middle = (low + high) / 2.0
        mean = float(np.mean(1.0 / (1.0 + np.exp(-(logits + middle)))))
        low, high = (middle, high) if mean < target else (low, middle)
    return (low + high) / 2.0


def _to_logit(snapshot: LabelledSnapshot) -> float:
    left = float(snapshot.left.sum())
    return float(np.log((left + 0.5) / (snapshot.customers - left + 0.5)))


def _to_share(logit: float) -> float:
    return float(1.0 / (1.0 + np.exp(-logit)))


# Rows, leavers and stayers that a date must have behind it to be judged, by convention.
LEAST_ROWS, LEAST_EACH = 150, 15
# Dates from which three choose instead of two, by convention.
MANY = 8


Split = tuple[int, tuple[int, ...]]
"""A past date held out, and the positions of those whose outcome was known by then."""


class Timeline(NamedTuple):
    """The dates' roles; a role is empty where the history is too short for it.

    Those that prove share no day, and neither tune nor calibrate.
    """

    tuning: Split | None
    choosing: tuple[Split, ...]
    calibrating: Split | None
    proving: tuple[Split, ...] = ()


def assign_dates(past: Sequence[LabelledSnapshot]) -> Timeline:
    """Return every past date that can be judged a role.

    The latest calibrates; two before it choose, or three a horizon apart where there are many; one
    before those tunes. Each is judged by models that learnt from what was known on it.

    Parameters
    ----------
    past : sequence of LabelledSnapshot
        The latest first.
    """
    splits = [split for split in map(_split_at, [past] * len(past), range(len(past))) if split]
    if len(splits) < 3:
        tuning = splits[1] if len(splits) == 2 else None
        return Timeline(tuning, tuple(splits[:1]), None)
    limit = 2 if len(splits) < MANY else 3
    apart = splits[0][1][0] - splits[0][0]
    stride = max(1, min(apart, (len(splits) - 2) // limit))
    choosing = splits[1:-1:stride][:limit]
    tuning = splits[splits.index(choosing[-1]) + 1]
    later = [split for split in splits[1:] if split != tuning]
    days = [day for split in later if (day := past[split[0]].as_of)]
    proving = tuple(later[at] for at in pick_apart(days, past[0].horizon_days))
    return Timeline(tuning, tuple(choosing), splits[0], proving)


def _split_at(past: Sequence[LabelledSnapshot], test: int) -> Split | None:
    day = past[test].as_of
    train = tuple(
        position
        for position, snapshot in enumerate(past)
        if day is not None and snapshot.known_on is not None and snapshot.known_on <= day
    )
    rows = sum(past[position].customers for position in train)
    leavers = sum(int(past[position].left.sum()) for position in train)
    enough = rows >= LEAST_ROWS and min(leavers, rows - leavers) >= LEAST_EACH
    has_customers = past[test].customers > 0
    return (test, train) if enough and has_customers else None
