"""What came of an experiment."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from clientela.experiments.effect import Effect, adjusted, effect
from clientela.statistics.arrays import Doubles, Mask

LEAST_CUSTOMERS = 2  # an arm


@dataclass(frozen=True, kw_only=True)
class Readout:
    """The arms of an experiment once its days are over.

    Parameters
    ----------
    after, upto : datetime.date
        Its days: (after, upto].
    treated, control : int
        Customers of each arm.
    treated_mean, control_mean : float
        Net revenue a customer.
    plain, cuped : Effect
        The difference, as it is and with the past taken off.
    alpha : float
        Of the intervals.
    variance_reduction : float
        Share of the variance that the past explains.
    missing : int
        Customers drawn who are no longer in the tables.
    """

    after: dt.date
    upto: dt.date
    treated: int
    control: int
    treated_mean: float
    control_mean: float
    plain: Effect
    cuped: Effect
    alpha: float
    variance_reduction: float
    missing: int

    def facts(self) -> dict[str, Any]:
        """Give the read-out as JSON holds it."""
        return asdict(self)


@dataclass(frozen=True)
class Arms:
    """What each customer of an experiment brought before it and in it."""

    treated: Mask
    before: Doubles
    revenue: Doubles

    @property
    def readable(self) -> bool:
        """Whether both arms have the customers that a comparison needs."""
        return min(int(self.treated.sum()), int((~self.treated).sum())) >= LEAST_CUSTOMERS


def readout(arms: Arms, days: tuple[dt.date, dt.date], alpha: float, missing: int) -> Readout:
    """Compare the arms.

    Parameters
    ----------
    arms : Arms
        Readable ones.
    days : pair of datetime.date
        The day before the first, and the last.
    """
    treated, revenue = arms.treated, arms.revenue
    left = adjusted(revenue, arms.before, treated)
    largest = float(np.abs(revenue).max())
    variance = sum(float(revenue[arm].var()) for arm in (treated, ~treated))
    remains = sum(float(left[arm].var()) for arm in (treated, ~treated))
    return Readout(
        after=days[0],
        upto=days[1],
        treated=int(treated.sum()),
        control=int((~treated).sum()),
        treated_mean=float(revenue[treated].mean()),
        control_mean=float(revenue[~treated].mean()),
        plain=effect(revenue[treated], revenue[~treated], alpha),
        cuped=effect(left[treated], left[~treated], alpha, largest),
        alpha=alpha,
        variance_reduction=1 - remains / variance if variance > 0 else 0.0,
        missing=missing,
    )
