"""How many customers an experiment needs, and which uplift a group is large enough to show.

References
----------
Lehr (1992), Sixteen s-squared over d-squared, doi:10.1002/sim.4780110811.
Kohavi, Tang, Xu (2020), Trustworthy online controlled experiments, chapter 17.
"""

import math
from dataclasses import dataclass

from scipy import stats

from clientela.experiments.revenue_spread import Spread


@dataclass(frozen=True)
class Plan:
    """What an experiment is to show, and how surely.

    Parameters
    ----------
    uplift : float
        Revenue gained by the treatment, as a share of the revenue without it.
    power : float
        Chance to see such an uplift.
    alpha : float
        Chance to see one where there is none; two-sided.
    control_share : float
        Customers held out.
    """

    uplift: float = 0.10
    power: float = 0.80
    alpha: float = 0.05
    control_share: float = 0.50


@dataclass(frozen=True)
class Size:
    """Customers needed in each arm."""

    treatment: int
    control: int

    @property
    def customers(self) -> int:
        """Both arms together."""
        return self.treatment + self.control


def size(spread: Spread, plan: Plan) -> Size:
    """Give the customers that show the plan's uplift.

    Raises
    ------
    ValueError
        The group has no revenue, or all customers have the same.

    Examples
    --------
    An effect of half a standard deviation at 80 % and 5 %, as in the tables of Cohen (1988):

    >>> size(Spread(1000, 1.0, 1.0, 0.0), Plan(uplift=0.5))
    Size(treatment=63, control=63)
    """
    if not spread.measurable:
        raise ValueError("an uplift of no revenue, or of one that never varies, has no size")
    effect = plan.uplift * spread.mean / spread.deviation
    both = (_reach(plan) / effect) ** 2 * _imbalance(plan)
    control = both * plan.control_share
    return Size(math.ceil(both - control), math.ceil(control))


def detectable(spread: Spread, plan: Plan) -> float:
    """Give the smallest uplift that the whole group can show, as a share of its revenue."""
    error = spread.deviation * math.sqrt(_imbalance(plan) / spread.customers)
    return _reach(plan) * error / spread.mean


def _reach(plan: Plan) -> float:
    """Give how many standard errors away an effect must lie to be seen."""
    return float(stats.norm.ppf(1 - plan.alpha / 2) + stats.norm.ppf(plan.power))


def _imbalance(plan: Plan) -> float:
    return 1 / plan.control_share + 1 / (1 - plan.control_share)
