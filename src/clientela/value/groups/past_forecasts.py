"""Forecasts of groups made on past days, beside what came."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from clientela.features.daily_revenue import Members, Takings
from clientela.statistics.arrays import sum_exactly
from clientela.value.groups.baseline import Forecaster

STEP_DAYS = 30
LEAST_DAYS = 90  # of history behind a day on which a group is chosen

Group = Callable[[dt.date], Members]
"""Gives the members of a group on a day; nobody where it cannot be chosen."""


class Known(NamedTuple):
    """A group on past days, in two ways.

    Parameters
    ----------
    simulated : callable
        As today's rules would have chosen it, which is hindsight unless there are no rules.
    learnt_then : callable
        As chosen by what was known on the day; nobody where that cannot be said.
    """

    simulated: Group
    learnt_then: Group

    @property
    def hindsight(self) -> bool:
        """Whether the simulated past knows more than was known then."""
        return self.simulated is not self.learnt_then


@dataclass(frozen=True)
class Past:
    """A forecast of the past, in money.

    Parameters
    ----------
    day : datetime.date
        The day it was made from.
    forecast, outcome : float
        What it said, above 0, and what those customers brought.
    """

    day: dt.date
    forecast: float
    outcome: float

    @property
    def ratio(self) -> float:
        """What came over what was forecast."""
        return self.outcome / self.forecast


def past_forecasts(
    takings: Takings, group: Group, forecaster: Forecaster, days: int, step: int
) -> list[Past]:
    """Forecast a group, as it is given for each past day, the latest first.

    Parameters
    ----------
    days : int
        The horizon.
    step : int
        Days from one forecast to the next: the horizon, so that no two share a day, or fewer.
    """
    found = (
        _on(takings, group(day), forecaster, day, days) for day in days_back(takings, days, step)
    )
    return [one for one in found if one is not None]


def days_back(takings: Takings, days: int, step: int) -> Iterator[dt.date]:
    """Give the past days whose horizon is over and that have some history behind them."""
    history = (takings.as_of - takings.first_day).days
    for age in range(days, history - LEAST_DAYS + 1, step):
        yield takings.as_of - dt.timedelta(days=age)


def _on(
    takings: Takings, members: Members, forecaster: Forecaster, day: dt.date, days: int
) -> Past | None:
    expected = forecaster.expected(takings, members, day, days) if members.any() else None
    if expected is None or expected <= 0:
        return None
    came = sum_exactly(takings.between(day, day + dt.timedelta(days=days))[members])
    return Past(day, expected, came)
