"""How the revenue of a group's customers spreads, and how much of it their past explains."""

from dataclasses import dataclass

import numpy as np

from clientela.statistics.arrays import Doubles


@dataclass(frozen=True)
class Spread:
    """What the size of an experiment depends on.

    Parameters
    ----------
    customers : int
        In the group.
    mean, deviation : float
        Revenue of a customer in as many days as the experiment lasts, and its standard deviation.
    correlation : float
        Of that revenue with the customer's revenue of as many days before.
    """

    customers: int
    mean: float
    deviation: float
    correlation: float

    @property
    def measurable(self) -> bool:
        """Whether an uplift in percent means anything: there is revenue, and it differs."""
        return self.customers > 1 and self.mean > 0 and self.deviation > 0

    def cuped(self) -> "Spread":
        """Give the spread that is left once the past is taken off.

        References
        ----------
        Deng, Xu, Kohavi, Walker (2013), Improving the sensitivity of online controlled experiments
        by utilizing pre-experiment data, doi:10.1145/2433396.2433413: the variance falls by the
        square of the correlation.
        """
        left = self.deviation * float(np.sqrt(1 - self.correlation**2))
        return Spread(self.customers, self.mean, left, 0.0)


def spread(revenue: Doubles, before: Doubles) -> Spread:
    """Measure the spread of revenue and its tie to the revenue before.

    Examples
    --------
    >>> spread(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])).correlation
    1.0
    """
    if len(revenue) < 2:
        return Spread(len(revenue), float(revenue.sum()), 0.0, 0.0)
    deviation, past = float(revenue.std(ddof=1)), float(before.std(ddof=1))
    tie = 0.0
    if deviation > 0 and past > 0:
        tie = float(np.clip(np.corrcoef(revenue, before)[0, 1], -1, 1))
    return Spread(len(revenue), float(revenue.mean()), deviation, tie)
