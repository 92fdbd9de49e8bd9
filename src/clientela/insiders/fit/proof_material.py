"""The proof's material: on past dates, members as the programme would have had them.

On each date both rules are learnt from what was known on it and the months up to it are reviewed by
them, grace included, as it is done today; whoever is a member at the last review is tried. A single
month has nothing to review before it: there the entry rule alone decides.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from clientela.config import Programme
from clientela.insiders.fit.exit_rule import simulated
from clientela.insiders.fit.learning import learnt_on
from clientela.insiders.fit.naive import NAIVE, chosen_by
from clientela.insiders.score.monthly_snapshots import Past
from clientela.insiders.score.months import Months, months
from clientela.insiders.score.rule import Chosen, Rule
from clientela.insiders.score.view import View

WANTED = 4


@dataclass(frozen=True)
class Trial:
    """One past date.

    Parameters
    ----------
    view : View
        Its customers and what came after; ``rows`` are positions among today's customers.
    rule : Rule
        The entry rule, learnt with its exit on what was known on the date.
    groups : mapping of str to array of bool
        ``members``, those in grace included, ``rest``, and as many as members chosen by each
        naive rule.
    learnt_days : int
        Past days the rules were learnt on; 0 where revenue of the date itself stood in.
    """

    view: View
    rule: Rule
    groups: Mapping[str, Chosen]
    learnt_days: int

    @property
    def size(self) -> int:
        """The number of members."""
        return int(self.groups["members"].sum())


def trials(
    past: Past, everyone: Months, among: pa.Array | None, settings: Programme
) -> list[Trial]:
    """Choose members on up to four past dates, each by rules that knew nothing later.

    Dates on which no rule chose anybody are left out. Where the history has four dates whose
    horizons do not overlap, they are taken, the latest ones; else four spread over it. Rules are
    learnt from the customers ``among`` all, and all are reviewed by them.
    """
    known = {view.day: view for view in everyone.judgeable}
    tried = [
        _trial(past, known[day], among, settings) for day in _dates(list(known), past.horizon_days)
    ]
    return [trial for trial in tried if trial.size]


def overlapping(tried: Sequence[Trial], horizon_days: int) -> bool:
    """Say whether some days are counted after two of the dates."""
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


def _trial(past: Past, view: View, among: pa.Array | None, settings: Programme) -> Trial:
    seen = months(past, view.day)
    learnt = learnt_on(past, seen, among, settings)
    members = simulated(seen, learnt.entry, learnt.exit, settings.grace_days).member[-1]
    count = int(members.sum())
    naive = {name: chosen_by(name, view, count, settings.seed) for name in NAIVE}
    groups = {"members": members, "rest": ~members, **naive}
    return Trial(view, learnt.entry, groups, len(seen.judgeable))
