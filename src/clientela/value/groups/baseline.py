"""Naive forecasts of a group's revenue; better models take their place through one protocol."""

import datetime as dt
from typing import Protocol

from clientela.features.daily_revenue import YEAR_DAYS, Members, Takings
from clientela.statistics.arrays import sum_exactly


class Forecaster(Protocol):
    """Forecasts what the members of a group will bring, from what was known on a day."""

    @property
    def name(self) -> str:
        """The name that the table of results gives."""

    def expected(self, takings: Takings, members: Members, day: dt.date, days: int) -> float | None:
        """Forecast the net revenue in (day, day + days]; None where the history is too short."""


class LastPeriod:
    """What the group brought in as many days before, once more."""

    name = "last_period"

    def expected(self, takings: Takings, members: Members, day: dt.date, days: int) -> float | None:
        """Give the group's revenue in (day - days, day]."""
        start = day - dt.timedelta(days=days)
        if not takings.reaches(start):
            return None
        return sum_exactly(takings.between(start, day)[members])


class Seasonal:
    """The last period times what the season made of the whole firm a year before.

    The factor is the firm's revenue of the same days last year over that of the period before
    them, so a Christmas ahead is in it once one Christmas lies behind.
    """

    name = "seasonal"

    def expected(self, takings: Takings, members: Members, day: dt.date, days: int) -> float | None:
        """Give the last period times the season's factor; None without that year of history."""
        last = LastPeriod().expected(takings, members, day, days)
        factor = season(takings, day, days)
        return None if last is None or factor is None else last * factor


class YearShare:
    """The group's share of the firm's last year, of what the firm took in the same days then.

    It needs one year of history, where :class:`Seasonal` needs that and two periods more; growth
    is not in it.
    """

    name = "year_share"

    def expected(self, takings: Takings, members: Members, day: dt.date, days: int) -> float | None:
        """Give the firm's same days last year times the group's share of the year."""
        then = day - dt.timedelta(days=YEAR_DAYS)
        if days > YEAR_DAYS or not takings.reaches(then):
            return None
        year, same = (
            takings.between(then, day),
            takings.between(then, then + dt.timedelta(days=days)),
        )
        firm = sum_exactly(year)
        return sum_exactly(year[members]) / firm * sum_exactly(same) if firm > 0 else None


def season(takings: Takings, day: dt.date, days: int) -> float | None:
    """Give the firm's revenue of the same days last year over that of the period before them."""
    then = day - dt.timedelta(days=YEAR_DAYS)
    before, after = then - dt.timedelta(days=days), then + dt.timedelta(days=days)
    if not takings.reaches(before):
        return None
    base = sum_exactly(takings.between(before, then))
    return sum_exactly(takings.between(then, after)) / base if base > 0 else None
