"""The design of an experiment on a group."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from clientela.statistics.arrays import Doubles


@dataclass(frozen=True)
class ExperimentPlan:
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
class ArmSizes:
    """Customers needed in each arm."""

    treatment: int
    control: int

    @property
    def customers(self) -> int:
        """Both arms together."""
        return self.treatment + self.control


@dataclass(frozen=True)
class RevenueSpread:
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

    def remove_past(self) -> "RevenueSpread":
        """Return the spread that is left once the past is taken off.

        References
        ----------
        Deng, Xu, Kohavi, Walker (2013), Improving the sensitivity of online controlled experiments
        by utilizing pre-experiment data, doi:10.1145/2433396.2433413: the variance falls by the
        square of the correlation.
        """
        residual = self.deviation * float(np.sqrt(1 - self.correlation**2))
        return RevenueSpread(self.customers, self.mean, residual, 0.0)


@dataclass(frozen=True)
class ExperimentDesign:
    """What an experiment on a group needs, and what the group can show.

    Parameters
    ----------
    days : int
        How long it lasts.
    plan : Plan
        What it is to show.
    spread : Spread
        The group's revenue in the last ``days``, and its tie to the days before those.
    needed, needed_cuped : Size or None
        Customers needed, plain and with the past taken off; None where there is no revenue.
    detectable, detectable_cuped : float or None
        The smallest uplift the whole group can show.
    """

    days: int
    plan: ExperimentPlan
    spread: RevenueSpread
    needed: ArmSizes | None
    needed_cuped: ArmSizes | None
    detectable: float | None
    detectable_cuped: float | None

    @property
    def enough(self) -> bool:
        """Whether the group is large enough for the plan, with CUPED."""
        if self.needed_cuped is None:
            return False
        return self.spread.customers >= self.needed_cuped.customers

    def facts(self) -> dict[str, Any]:
        """Return the design as JSON holds it."""
        return {
            "days": self.days,
            **vars(self.plan),
            **vars(self.spread),
            "needed": _arm_facts(self.needed),
            "needed_cuped": _arm_facts(self.needed_cuped),
            "detectable": self.detectable,
            "detectable_cuped": self.detectable_cuped,
            "enough": self.enough,
        }


def design_experiment(spread: RevenueSpread, plan: ExperimentPlan, days: int) -> ExperimentDesign:
    """Work out sizes and the smallest uplift to be seen."""
    residual = spread.remove_past()
    if not spread.measurable:
        return ExperimentDesign(days, plan, spread, None, None, None, None)
    if not residual.measurable:  # the past explains all: two customers an arm are a formality
        return ExperimentDesign(
            days,
            plan,
            spread,
            compute_arm_sizes(spread, plan),
            ArmSizes(2, 2),
            compute_detectable_uplift(spread, plan),
            0.0,
        )
    sizes = compute_arm_sizes(spread, plan), compute_arm_sizes(residual, plan)
    return ExperimentDesign(
        days,
        plan,
        spread,
        *sizes,
        compute_detectable_uplift(spread, plan),
        compute_detectable_uplift(residual, plan),
    )


def _arm_facts(needed: ArmSizes | None) -> dict[str, int] | None:
    return None if needed is None else vars(needed) | {"customers": needed.customers}


def compute_arm_sizes(spread: RevenueSpread, plan: ExperimentPlan) -> ArmSizes:
    """Return the customers that show the plan's uplift.

    Raises
    ------
    ValueError
        The group has no revenue, or all customers have the same.

    Examples
    --------
    An effect of half a standard deviation at 80 % and 5 %, as in the tables of Cohen (1988):

    >>> compute_arm_sizes(RevenueSpread(1000, 1.0, 1.0, 0.0), ExperimentPlan(uplift=0.5))
    ArmSizes(treatment=63, control=63)
    """
    if not spread.measurable:
        raise ValueError("an uplift of no revenue, or of one that never varies, has no size")
    effect = plan.uplift * spread.mean / spread.deviation
    total = (_reach(plan) / effect) ** 2 * _imbalance(plan)
    control = total * plan.control_share
    return ArmSizes(math.ceil(total - control), math.ceil(control))


def compute_detectable_uplift(spread: RevenueSpread, plan: ExperimentPlan) -> float:
    """Return the smallest uplift that the whole group can show, as a share of its revenue."""
    error = spread.deviation * math.sqrt(_imbalance(plan) / spread.customers)
    return _reach(plan) * error / spread.mean


def _reach(plan: ExperimentPlan) -> float:
    """Return how many standard errors away an effect must lie to be seen."""
    return float(stats.norm.ppf(1 - plan.alpha / 2) + stats.norm.ppf(plan.power))


def _imbalance(plan: ExperimentPlan) -> float:
    return 1 / plan.control_share + 1 / (1 - plan.control_share)


def measure_spread(revenue: Doubles, before: Doubles) -> RevenueSpread:
    """Measure the spread of revenue and its tie to the revenue before.

    Examples
    --------
    >>> measure_spread(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])).correlation
    1.0
    """
    if len(revenue) < 2:
        return RevenueSpread(len(revenue), float(revenue.sum()), 0.0, 0.0)
    deviation, past = float(revenue.std(ddof=1)), float(before.std(ddof=1))
    tie = 0.0
    if deviation > 0 and past > 0:
        tie = float(np.clip(np.corrcoef(revenue, before)[0, 1], -1, 1))
    return RevenueSpread(len(revenue), float(revenue.mean()), deviation, tie)
