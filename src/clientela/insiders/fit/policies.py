"""Four ways of choosing members, compared: segments, revenue, expected value, rules.

Segments are compared on today's customers only: they were learnt with data later than past dates,
which would flatter them there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from clientela.insiders.fit.proof_material import (
    ProofDate,
    ViewForecast,
    choose_naively,
    choose_top,
    draw_chances,
)
from clientela.insiders.score.months import DayView
from clientela.insiders.score.rule import Chosen
from clientela.insiders.score.thresholds import count_places

POLICIES = ("segments", "revenue", "expected_value", "rules")
CLEARLY = 0.05  # of the later revenue: by so much readable rules may fall behind

Labels = npt.NDArray[np.int64]
RecallShares = Callable[[Callable[[], Sequence[float | None]]], Sequence[float | None]]
"""Returns shares of the later revenue that were measured before, or measures them."""


def measure_now(measure: Callable[[], Sequence[float | None]]) -> Sequence[float | None]:
    """Measure, whatever was measured before."""
    return measure()


@dataclass(frozen=True)
class PolicyChoice:
    """A way of choosing, on today's customers and on past dates.

    Parameters
    ----------
    name : str
        One of :data:`POLICIES`.
    selection : array of bool
        Today's choice, row by row of today's snapshot.
    later : tuple of float
        Share of the later revenue held by those chosen on past dates; none for segments.
    within_budget : bool
        Whether today's choice keeps within it.
    """

    name: str
    selection: Chosen
    later: tuple[float, ...]
    within_budget: bool

    @property
    def later_share(self) -> float | None:
        """The mean over the dates; None without any."""
        return float(np.mean(self.later)) if self.later else None


def choose_segments(labels: Labels, revenue: npt.NDArray[np.float64], budget: float) -> Chosen:
    """Choose the segments of highest revenue a customer, until the next would pass the budget.

    The best segment is taken however large it is, as is usually done.

    Examples
    --------
    >>> choose_segments(np.array([1, 1, 2, 3]), np.array([5.0, 5.0, 9.0, 1.0]), budget=0.3)
    array([False, False,  True, False])
    """
    names = np.unique(labels)
    best_first = sorted(names, key=lambda entry: (-float(revenue[labels == entry].mean()), entry))
    selection = np.zeros(len(labels), dtype=np.bool_)
    for item in best_first:
        wider = selection | (labels == item)
        if selection.any() and wider.mean() > budget:
            break
        selection = wider
    return selection


def compare_policies(
    today: DayView,
    members: Chosen,
    trials: Sequence[ProofDate],
    *,
    segments: Labels,
    expected: ViewForecast,
    budget: float,
    seed: int,
    recall: RecallShares = measure_now,
) -> tuple[PolicyChoice, ...]:
    """Compare the policies; all but segments choose as many as the rules do.

    Parameters
    ----------
    today : DayView
        Today's customers.
    members : array of bool
        Today's members by the rules.
    trials : sequence of ProofDate
        Past dates, with the rule's choice of each.
    segments : array of int
        Segments of today's customers, which nothing of past days chooses by.
    expected : callable
        Returns what each customer of a view can be expected to bring.
    budget : float
        Largest share of customers.
    seed : int
        Of the chance between equals.
    recall : RecallShares, optional
        Finds what a choice by expected value held on past dates less than a month ago.
    """
    places = count_places(today.customers, budget)

    def choose(name: str, view: DayView, count: int) -> Chosen:
        if name == "expected_value":
            return choose_top(expected(view), count, draw_chances(view, seed))
        return choose_naively(name, view, count, seed)

    def measure_later(name: str) -> list[float]:
        return [trial.view.later_share(choose(name, trial.view, trial.size)) for trial in trials]

    policies = []
    for name in POLICIES:
        later: Sequence[float | None] = ()
        if name == "segments":
            selection = choose_segments(segments, today.columns["revenue"], budget)
        elif name == "rules":
            selection = members
            later = [trial.view.later_share(trial.groups["members"]) for trial in trials]
        else:
            selection = choose(name, today, int(members.sum()) or places)
            # what past days could have expected needs snapshots of them
            held = recall if name == "expected_value" and trials else measure_now
            later = held(partial(measure_later, name))
        within = int(selection.sum()) <= places
        shares = tuple(np.nan if share is None else share for share in later)
        policies.append(PolicyChoice(name, selection, shares, within))
    return tuple(policies)


def find_better_policy(policies: Sequence[PolicyChoice]) -> PolicyChoice | None:
    """Return the best policy where it is clearly ahead of the rules.

    Clearly is five points of the later revenue. Such a policy has no sentence: it can be compared
    with the rules, but never promised to anyone.
    """
    rules = next(policy for policy in policies if policy.name == "rules")
    rivals = [
        entry
        for entry in policies
        if entry.within_budget and entry.later and entry.name != "segments"
    ]
    best = max(rivals, key=lambda entry: entry.later_share or 0.0, default=rules)
    if rules.later and (best.later_share or 0.0) - (rules.later_share or 0.0) > CLEARLY:
        return best
    return None
