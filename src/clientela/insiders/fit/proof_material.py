"""The proof's material: on past dates, members as the programme would have had them.

On each date both rules are learnt from what was known on it and the months up to it are reviewed by
them, grace included, as it is done today; whoever is a member at the last review is tried. A single
month has nothing to review before it: there the entry rule alone decides.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pyarrow as pa

from clientela.config import Programme
from clientela.insiders.fit.exit_rule import RulePair, simulate_rules
from clientela.insiders.fit.learning import learn_rules_by
from clientela.insiders.score.monthly_snapshots import MonthlySnapshots
from clientela.insiders.score.months import DayView, MonthViews, view_months
from clientela.insiders.score.rule import Chosen, ProgrammeRule
from clientela.statistics.arrays import Doubles

ViewForecast = Callable[[DayView], Doubles]
"""Returns what each customer of a view can be expected to bring, for sorting."""


HALF_LIFE_DAYS = 90  # by convention, a quarter


SHORTEST_DAYS = 90  # by convention: a rate of fewer days is noise


NAIVE: dict[str, Callable[[DayView, Doubles], Doubles]] = {
    "revenue_365d": lambda view, _: view.columns["revenue_365d"],
    "revenue": lambda view, _: view.columns["revenue"],
    "orders": lambda view, _: view.columns["orders"],
    "recent": lambda view, _: -view.columns["days_since_last"],
    "random": lambda _, chance: chance,
}
"""What customers are sorted by, the largest first; the second argument is chance."""


def estimate_value(view: DayView) -> Doubles:
    """Return what a customer can naively be expected to bring, for sorting.

    Revenue for each day since the first order, at least 90 days, halved for every 90 days that
    have passed since the last order.
    """
    spent = view.columns["revenue"] / np.maximum(view.columns["tenure_days"], SHORTEST_DAYS)
    return np.asarray(spent * 0.5 ** (view.columns["days_since_last"] / HALF_LIFE_DAYS))


def choose_top(scores: Doubles, count: int, chance: Doubles) -> Chosen:
    """Choose the highest scores; equal ones by chance, as no rule would tell them apart.

    Examples
    --------
    >>> choose_top(np.array([1.0, 3.0, 2.0]), 2, np.zeros(3))
    array([False,  True,  True])
    """
    if not count:
        return np.zeros(len(scores), dtype=np.bool_)
    last = np.partition(scores, len(scores) - count)[len(scores) - count]
    selection: Chosen = scores > last
    equals = np.flatnonzero(scores == last)
    selection[equals[np.argsort(chance[equals], kind="stable")][: count - selection.sum()]] = True
    return selection


def draw_chances(view: DayView, seed: int) -> Doubles:
    """Draw a number for each customer of a day, from 0 to 1."""
    return np.random.default_rng([seed, view.day.toordinal()]).random(view.customers)


def choose_naively(name: str, view: DayView, count: int, seed: int) -> Chosen:
    """Choose as many customers of a day by a naive rule.

    Parameters
    ----------
    name : str
        A key of :data:`NAIVE`.
    view : DayView
        The day.
    count : int
        How many.
    seed : int
        Of the chance that decides between equals.
    """
    chance = draw_chances(view, seed)
    return choose_top(NAIVE[name](view, chance), count, chance)


RULES_LAST_DAYS = 30
"""Days for which rules of a past date stand for later ones: a month, the step of what they are
learnt from."""
RulesByDay = dict[dt.date, tuple[ProgrammeRule, ProgrammeRule]]
"""Entry and exit by the last day that was known when they were learnt."""
WANTED = 4  # by convention: dates that a yearly season spreads over


@dataclass(frozen=True)
class ProofDate:
    """One past date.

    Parameters
    ----------
    view : DayView
        Its customers and what came after; ``rows`` are positions among today's customers.
    rule : ProgrammeRule
        The entry rule, learnt with its exit on what was known on the date.
    groups : mapping of str to array of bool
        ``members``, those in grace included, ``rest``, and as many as members chosen by each
        naive rule.
    learnt_days : int
        Past days the rules were learnt on; 0 where revenue of the date itself stood in.
    """

    view: DayView
    rule: ProgrammeRule
    groups: Mapping[str, Chosen]
    learnt_days: int

    @property
    def size(self) -> int:
        """The number of members."""
        return int(self.groups["members"].sum())

    def take(self, inside: Chosen) -> "ProofDate":
        """Return the same date of some customers, of all that today's positions name."""
        rows = inside[self.view.rows]
        if rows.all():
            return self
        groups = {name: selection[rows] for name, selection in self.groups.items()}
        return replace(self, view=self.view.take(rows), groups=groups)


def build_proof_dates(
    past: MonthlySnapshots,
    everyone: MonthViews,
    among: pa.Array | None,
    settings: Programme,
    *,
    fixed: RulePair | None = None,
    known: RulesByDay | None = None,
) -> list[ProofDate]:
    """Choose members on up to four past dates, each by rules that knew nothing later.

    Dates on which no rule chose anybody are left out. Where the history has four dates whose
    horizons do not overlap, they are taken, the latest ones; else four spread over it. Rules are
    learnt from the customers ``among`` all, and all are reviewed by them. Rules that are ``fixed``
    are tried as they are: whoever wrote them knew what came later, which flatters them. Rules that
    are ``known`` of a date, or of less than a month before it, are not learnt again; those that are
    learnt are added.
    """
    known = {} if known is None else known
    views_by_day = {view.day: view for view in everyone.judgeable}
    tried = [
        _trial(past, views_by_day[day], among, settings, fixed, known)
        for day in _dates(list(views_by_day), past.horizon_days)
    ]
    return [trial for trial in tried if trial.size]


def check_overlap(tried: Sequence[ProofDate], horizon_days: int) -> bool:
    """Return whether some days are counted after two of the dates."""
    days = [trial.view.day.toordinal() for trial in tried]
    return any(b - a < horizon_days for a, b in pairwise(days))


def _dates(days: Sequence[dt.date], horizon_days: int) -> list[dt.date]:
    apart: list[dt.date] = []
    for day in reversed(days):
        if not apart or (apart[-1] - day).days >= horizon_days:
            apart.append(day)
    if len(apart) >= WANTED:
        return sorted(apart[:WANTED])
    spread = np.linspace(0, len(days) - 1, min(WANTED, len(days)))
    return [days[position] for position in np.round(spread).astype(int)]


def _trial(
    past: MonthlySnapshots,
    view: DayView,
    among: pa.Array | None,
    settings: Programme,
    fixed: RulePair | None,
    known: RulesByDay,
) -> ProofDate:
    views_until = view_months(past, view.day)
    learnt_on = [day for day in known if 0 <= (view.day - day).days < RULES_LAST_DAYS]
    if fixed is not None:
        entry, leave = fixed.entry, fixed.exit
    elif learnt_on:
        entry, leave = known[max(learnt_on)]
    else:
        learnt = learn_rules_by(past, views_until, among, settings)
        entry, leave = known[view.day] = learnt.entry, learnt.exit
    members = simulate_rules(views_until, entry, leave, settings.grace_days).member[-1]
    count = int(members.sum())
    naive = {name: choose_naively(name, view, count, settings.seed) for name in NAIVE}
    groups = {"members": members, "rest": ~members, **naive}
    return ProofDate(view, entry, groups, len(views_until.judgeable))
