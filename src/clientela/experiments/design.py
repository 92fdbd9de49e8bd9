"""The design of an experiment on a group: what each outcome could show."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from clientela.statistics.arrays import Doubles
from clientela.statistics.power import (
    ExperimentPlan,
    count_customers,
    count_customers_of_rate,
    find_smallest_rate,
    find_smallest_uplift,
)

OutcomeName = Literal["revenue", "winsorised", "orders", "repeat"]
OUTCOMES: tuple[OutcomeName, ...] = ("revenue", "winsorised", "orders", "repeat")
"""Net revenue; revenue up to a cap; days with a purchase; whether there was one."""

CAPPED_QUANTILE = 0.99
"""By convention: of the group's revenue before the experiment; the cap is fixed with the design."""


@dataclass(frozen=True)
class OutcomeSpread:
    """What the size of an experiment depends on.

    Parameters
    ----------
    customers : int
        In the group.
    mean, deviation : float
        Outcome of a customer in as many days as the experiment lasts, and its standard deviation.
    correlation : float
        Of that outcome with the customer's of as many days before.
    """

    customers: int
    mean: float
    deviation: float
    correlation: float

    @property
    def measurable(self) -> bool:
        """Whether an uplift in percent means anything: the outcome is not nil, and differs."""
        return self.customers > 1 and self.mean > 0 and self.deviation > 0

    @property
    def unexplained(self) -> float:
        """The share of the variance that is left once the past is taken off.

        References
        ----------
        Deng, Xu, Kohavi, Walker (2013), Improving the sensitivity of online controlled experiments
        by utilizing pre-experiment data, doi:10.1145/2433396.2433413: the variance falls by the
        square of the correlation.
        """
        return 1.0 - self.correlation**2


@dataclass(frozen=True)
class OutcomeDesign:
    """What an experiment on an outcome needs, and what the group can show.

    Parameters
    ----------
    outcome : str
        A name of :data:`OUTCOMES`.
    spread : OutcomeSpread
        The group's outcome in its last days, and its tie to the days before those.
    needed, needed_cuped : pair of int or None
        Customers needed, treated and held out, plain and with the past taken off; None where
        nothing can be planned.
    detectable, detectable_cuped : float or None
        The smallest uplift the whole group can show; None where it can show none.
    """

    outcome: OutcomeName
    spread: OutcomeSpread
    needed: tuple[int, int] | None
    needed_cuped: tuple[int, int] | None
    detectable: float | None
    detectable_cuped: float | None

    @property
    def enough(self) -> bool:
        """Whether the group is large enough for the plan, with CUPED."""
        if self.needed_cuped is None:
            return False
        return self.spread.customers >= sum(self.needed_cuped)

    def facts(self) -> dict[str, Any]:
        """Return the design as JSON holds it."""
        return {
            "outcome": self.outcome,
            **vars(self.spread),
            "needed": _arm_facts(self.needed),
            "needed_cuped": _arm_facts(self.needed_cuped),
            "detectable": self.detectable,
            "detectable_cuped": self.detectable_cuped,
            "enough": self.enough,
        }


@dataclass(frozen=True)
class ExperimentDesign:
    """The designs of all outcomes, of which one decides.

    Parameters
    ----------
    days : int
        How long it lasts.
    plan : ExperimentPlan
        What it is to show.
    primary : str
        The outcome that decides; the others are read beside it.
    cap : float
        What winsorised revenue counts up to.
    outcomes : mapping of str to OutcomeDesign
        All of :data:`OUTCOMES`.
    """

    days: int
    plan: ExperimentPlan
    primary: OutcomeName
    cap: float
    outcomes: Mapping[OutcomeName, OutcomeDesign]

    @property
    def deciding(self) -> OutcomeDesign:
        """The design of the outcome that decides."""
        return self.outcomes[self.primary]

    def facts(self) -> dict[str, Any]:
        """Return the designs as JSON holds them, the deciding one first."""
        return {
            "days": self.days,
            **vars(self.plan),
            **self.deciding.facts(),
            "cap": self.cap,
            "outcomes": [design.facts() for design in self.outcomes.values()],
        }


def design_outcome(
    outcome: OutcomeName, spread: OutcomeSpread, plan: ExperimentPlan
) -> OutcomeDesign:
    """Work out sizes and the smallest uplift to be seen of an outcome."""
    if not spread.measurable:
        return OutcomeDesign(outcome, spread, None, None, None, None)
    plain, cuped = (
        (find_uplift(outcome, spread, plan, left), count_arms(outcome, spread, plan, left))
        for left in (1.0, spread.unexplained)
    )
    return OutcomeDesign(outcome, spread, plain[1], cuped[1], plain[0], cuped[0])


def find_uplift(
    outcome: OutcomeName, spread: OutcomeSpread, plan: ExperimentPlan, unexplained: float
) -> float | None:
    """Return the smallest uplift that the whole group can show, as a share of the outcome."""
    if outcome == "repeat":
        rate = find_smallest_rate(spread.mean, spread.customers, plan, unexplained)
        return None if rate is None else rate / spread.mean - 1
    deviation = spread.deviation * math.sqrt(unexplained)
    return find_smallest_uplift(spread.mean, deviation, spread.customers, plan)


def count_arms(
    outcome: OutcomeName, spread: OutcomeSpread, plan: ExperimentPlan, unexplained: float
) -> tuple[int, int] | None:
    """Return the customers, treated and held out, that show the plan's uplift.

    None for a rate above one.

    Examples
    --------
    >>> count_arms("revenue", OutcomeSpread(1000, 100.0, 200.0, 0.0), ExperimentPlan(), 1.0)
    (6939, 6939)
    """
    if outcome == "repeat":
        rate = spread.mean * (1 + plan.uplift)
        if rate >= 1.0:
            return None
        total = count_customers_of_rate(spread.mean, rate, plan) * unexplained
    else:
        total = count_customers(spread.mean, spread.deviation, plan) * unexplained
    control = total * plan.control_share
    return max(math.ceil(total - control), 2), max(math.ceil(control), 2)


def measure_spread(values: Doubles, before: Doubles) -> OutcomeSpread:
    """Measure the spread of an outcome and its tie to that of the days before.

    Examples
    --------
    >>> measure_spread(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])).correlation
    1.0
    """
    if len(values) < 2:
        return OutcomeSpread(len(values), float(values.sum()), 0.0, 0.0)
    deviation, past = float(values.std(ddof=1)), float(before.std(ddof=1))
    tie = 0.0
    if deviation > 0 and past > 0:
        tie = float(np.clip(np.corrcoef(values, before)[0, 1], -1, 1))
    return OutcomeSpread(len(values), float(values.mean()), deviation, tie)


def _arm_facts(needed: tuple[int, int] | None) -> dict[str, int] | None:
    if needed is None:
        return None
    return {"treatment": needed[0], "control": needed[1], "customers": sum(needed)}


def convert_share(share: float, known_days: int, days: int) -> float:
    """Return the share who buy in other days than those it is known of.

    By convention who has not bought yet is as likely to on each day.

    Examples
    --------
    >>> convert_share(0.75, 90, 45), convert_share(0.75, 90, 90)
    (0.5, 0.75)
    """
    return float(1.0 - (1.0 - share) ** (days / known_days))
