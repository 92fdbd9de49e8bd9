"""Four ways of choosing members, compared: segments, revenue, expected value, rules."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clientela.decisions.programme.naive import chosen_by
from clientela.decisions.programme.rule import Chosen
from clientela.decisions.programme.trial import Trial
from clientela.decisions.programme.view import View

POLICIES = ("segments", "revenue", "expected_value", "rules")
CLEARLY = 0.05  # of the later revenue: by so much readable rules may fall behind

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Policy:
    """A way of choosing, on today's customers and on past dates.

    Parameters
    ----------
    name : str
        One of :data:`POLICIES`.
    chosen : array of bool
        Today's choice, row by row of today's snapshot.
    later : tuple of float
        Share of the later revenue held by those chosen on past dates.
    within_budget : bool
        Whether today's choice keeps within it.
    """

    name: str
    chosen: Chosen
    later: tuple[float, ...]
    within_budget: bool

    @property
    def later_share(self) -> float | None:
        """The mean over the dates; None without any."""
        return float(np.mean(self.later)) if self.later else None


def by_segments(labels: Labels, revenue: npt.NDArray[np.float64], budget: float) -> Chosen:
    """Choose the segments of highest revenue a customer, until the next would pass the budget.

    The best segment is taken however large it is, as is usually done.

    Examples
    --------
    >>> by_segments(np.array([1, 1, 2, 3]), np.array([5.0, 5.0, 9.0, 1.0]), budget=0.3)
    array([False, False,  True, False])
    """
    names = np.unique(labels)
    best_first = sorted(names, key=lambda one: (-float(revenue[labels == one].mean()), one))
    chosen = np.zeros(len(labels), dtype=np.bool_)
    for one in best_first:
        wider = chosen | (labels == one)
        if chosen.any() and wider.mean() > budget:
            break
        chosen = wider
    return chosen


def places(customers: int, budget: float) -> int:
    """Give the most members that a budget allows.

    Examples
    --------
    >>> places(4334, 0.1), places(3, 0.1), places(30, 0.1)
    (433, 0, 3)
    """
    return math.floor(customers * budget + 1e-9)


@dataclass(frozen=True)
class Compared:
    """What policies are compared on.

    Parameters
    ----------
    today : View
        Today's customers.
    members : array of bool
        Today's members by the rules.
    trials : sequence of Trial
        Past dates, with the rule's choice of each.
    segments : mapping of View day to array of int
        Segments of the customers of today and of the past dates they are known on.
    budget, seed : float, int
        Largest share of customers; seed of the chance between equals.
    """

    today: View
    members: Chosen
    trials: Sequence[Trial]
    segments: Mapping[object, Labels]
    budget: float
    seed: int

    def policies(self) -> tuple[Policy, ...]:
        """Compare the policies; all but segments choose as many as the rules do."""
        choices = {name: self._today(name) for name in POLICIES}
        most = places(self.today.customers, self.budget)
        return tuple(
            Policy(name, chosen, self._later(name), int(chosen.sum()) <= most)
            for name, chosen in choices.items()
        )

    def _today(self, name: str) -> Chosen:
        if name == "rules":
            return self.members
        if name == "segments":
            return self._segments(self.today)
        count = int(self.members.sum()) or places(self.today.customers, self.budget)
        return chosen_by(name, self.today, count, self.seed)

    def _later(self, name: str) -> tuple[float, ...]:
        held = [trial.view.held(self._then(name, trial)) for trial in self._on(name)]
        return tuple(one for one in held if not np.isnan(one))

    def _on(self, name: str) -> list[Trial]:
        known = (trial for trial in self.trials if trial.view.day in self.segments)
        return list(known) if name == "segments" else list(self.trials)

    def _then(self, name: str, trial: Trial) -> Chosen:
        if name == "rules":
            return trial.groups["members"]
        if name == "segments":
            return self._segments(trial.view)
        return chosen_by(name, trial.view, trial.size, self.seed)

    def _segments(self, view: View) -> Chosen:
        return by_segments(self.segments[view.day], view.columns["revenue"], self.budget)


def preferred(policies: Sequence[Policy], wanted: str) -> Policy:
    """Take the policy that is wanted; of its own accord the rules, unless clearly worse.

    Clearly is five points of the later revenue behind the best policy within the budget.
    """
    by_name = {policy.name: policy for policy in policies}
    if wanted != "auto":
        return by_name[wanted]
    rules = by_name["rules"]
    rivals = [one for one in policies if one.within_budget and one.later and one.name != "segments"]
    best = max(rivals, key=lambda one: one.later_share or 0.0, default=rules)
    if rules.later and (best.later_share or 0.0) - (rules.later_share or 0.0) > CLEARLY:
        return best
    return rules
