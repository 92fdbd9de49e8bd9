"""What a comparison of two arms can show: the smallest effect, and the customers it takes.

A treatment is taken to raise revenue or orders by the same share of everyone, so it spreads the
treated by that share, too; a rate has the spread of a rate.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True)
class ExperimentPlan:
    """What a comparison of two arms is to show, and how surely.

    Parameters
    ----------
    uplift : float
        Gained by the treatment, as a share of the outcome without it.
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

    @property
    def reach(self) -> float:
        """How many standard errors away an effect must lie to be seen."""
        normal = NormalDist()
        return normal.inv_cdf(1 - self.alpha / 2) + normal.inv_cdf(self.power)


def find_smallest_uplift(
    mean: float, deviation: float, customers: int, plan: ExperimentPlan
) -> float | None:
    """Return the smallest uplift of a mean that so many customers show, as a share of it.

    None where no uplift can be told from chance: what it spreads outgrows what it adds.

    Parameters
    ----------
    mean, deviation : float
        Of the outcome of a customer without treatment.

    Examples
    --------
    >>> find_smallest_uplift(100.0, 200.0, 5_000, ExperimentPlan())
    0.17...
    >>> find_smallest_uplift(100.0, 200.0, 40, ExperimentPlan()) is None
    True
    """
    if customers < 2 or mean <= 0.0:
        return None
    control, treated = _split(customers, plan)
    reach = (plan.reach * deviation) ** 2
    spread = mean**2 - reach / treated
    if spread <= 0.0:
        return None
    root = (reach / treated) ** 2 + spread * reach * (1 / control + 1 / treated)
    return (reach / treated + math.sqrt(root)) / spread


def find_smallest_rate(
    base: float, customers: int, plan: ExperimentPlan, unexplained: float = 1.0
) -> float | None:
    """Return the lowest rate above a base that so many customers show; None where none is.

    Parameters
    ----------
    base : float
        The rate without treatment.
    unexplained : float
        Share of the variance that is left once the past is taken off.

    Examples
    --------
    >>> round(find_smallest_rate(0.30, 1_000, ExperimentPlan()), 3)
    0.384
    """
    if customers < 2 or not 0.0 < base < 1.0:
        return None
    control, treated = _split(customers, plan)
    reach = plan.reach**2 * unexplained
    variance = base * (1 - base) / control
    if (1 - base) ** 2 <= reach * variance:
        return None
    # (rate - base)² = reach (variance + rate (1 - rate) / treated), solved for its higher rate
    half, scale = base + reach / treated / 2, 1 + reach / treated
    return (half + math.sqrt(half**2 - scale * (base**2 - reach * variance))) / scale


def count_customers(mean: float, deviation: float, plan: ExperimentPlan) -> float:
    """Return the customers of both arms together that show the plan's uplift.

    Examples
    --------
    >>> round(count_customers(100.0, 200.0, ExperimentPlan()))
    13877
    """
    spread = 1 / plan.control_share + (1 + plan.uplift) ** 2 / (1 - plan.control_share)
    return (plan.reach * deviation / (plan.uplift * mean)) ** 2 * spread


def count_customers_of_rate(base: float, rate: float, plan: ExperimentPlan) -> float:
    """Return the customers of both arms together that tell two rates apart."""
    spread = base * (1 - base) / plan.control_share + rate * (1 - rate) / (1 - plan.control_share)
    return (plan.reach / (rate - base)) ** 2 * spread


def _split(customers: int, plan: ExperimentPlan) -> tuple[float, float]:
    return customers * plan.control_share, customers * (1 - plan.control_share)
