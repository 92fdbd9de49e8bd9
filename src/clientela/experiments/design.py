"""The design of an experiment on a group."""

from dataclasses import dataclass
from typing import Any

from clientela.experiments.revenue_spread import Spread
from clientela.experiments.size import Plan, Size, detectable, size


@dataclass(frozen=True)
class Design:
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
    plan: Plan
    spread: Spread
    needed: Size | None
    needed_cuped: Size | None
    detectable: float | None
    detectable_cuped: float | None

    @property
    def enough(self) -> bool:
        """Whether the group is large enough for the plan, with CUPED."""
        if self.needed_cuped is None:
            return False
        return self.spread.customers >= self.needed_cuped.customers

    def facts(self) -> dict[str, Any]:
        """Give the design as JSON holds it."""
        return {
            "days": self.days,
            **vars(self.plan),
            **vars(self.spread),
            "needed": _facts(self.needed),
            "needed_cuped": _facts(self.needed_cuped),
            "detectable": self.detectable,
            "detectable_cuped": self.detectable_cuped,
            "enough": self.enough,
        }


def design(spread: Spread, plan: Plan, days: int) -> Design:
    """Work out sizes and the smallest uplift to be seen."""
    left = spread.cuped()
    if not spread.measurable:
        return Design(days, plan, spread, None, None, None, None)
    if not left.measurable:  # the past explains all: two customers an arm are a formality
        return Design(
            days, plan, spread, size(spread, plan), Size(2, 2), detectable(spread, plan), 0.0
        )
    sizes = size(spread, plan), size(left, plan)
    return Design(days, plan, spread, *sizes, detectable(spread, plan), detectable(left, plan))


def _facts(needed: Size | None) -> dict[str, int] | None:
    return None if needed is None else vars(needed) | {"customers": needed.customers}
