"""Membership as a state machine, reviewed once a month: in by entry, out by exit and grace.

- Whoever meets the entry rule at a review becomes a member.
- A member who no longer meets the exit rule at a review is *leaving*, and leaves ``grace_days``
  later, unless a review until then finds the rule met again.
- A former member comes back by the entry rule alone.

So a member who stops buying is out within the grace and one month after the exit rule's limit of
days without a purchase: at most a month until the next review sees it, and the grace from there.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clientela.insiders.score.rule import Chosen

Days = npt.NDArray[np.int64]

NEVER = np.iinfo(np.int64).max
FLAP_DAYS = 92  # by convention: three months, within which a return is a flap


@dataclass(frozen=True)
class MembershipSimulation:
    """Who was a member when; rows are reviews, columns today's customers.

    Parameters
    ----------
    days : tuple of datetime.date
        The reviews.
    member, entered, left, reentered : array of bool, (reviews, customers)
        State after the review and what it changed; ``reentered`` within three months of leaving.
    since, leaves_on : array of int, (customers,)
        Ordinals of days as of the last review: when members entered, when those leaving leave;
        NEVER for the others.
    """

    days: tuple[dt.date, ...]
    member: Chosen
    entered: Chosen
    left: Chosen
    reentered: Chosen
    since: Days
    leaves_on: Days

    @property
    def flapping_share(self) -> float:
        """The share of all who ever were members that left and came back within three months."""
        ever = int(self.member.any(axis=0).sum())
        return float(self.reentered.any(axis=0).sum() / ever) if ever else 0.0

    @property
    def flapping_leavers_share(self) -> float:
        """The same as a share of all who ever left."""
        left = int(self.left.any(axis=0).sum())
        return float(self.reentered.any(axis=0).sum() / left) if left else 0.0

    def stayed_days(self, review: int) -> Days:
        """Return how long each member of a review had been one by then."""
        upto = self.entered[: review + 1][::-1]
        since = review - np.argmax(upto, axis=0)
        ordinals = np.array([day.toordinal() for day in self.days])
        stayed: Days = ordinals[review] - ordinals[since[self.member[review]]]
        return stayed

    def select(self, customers: slice) -> "MembershipSimulation":
        """Return the simulation of some of the customers."""
        return MembershipSimulation(
            self.days,
            self.member[:, customers],
            self.entered[:, customers],
            self.left[:, customers],
            self.reentered[:, customers],
            self.since[customers],
            self.leaves_on[customers],
        )

    @property
    def leaving(self) -> Chosen:
        """The members of the last review who no longer meet the exit rule."""
        waiting: Chosen = self.member[-1] & (self.leaves_on != NEVER)
        return waiting


def simulate_membership(
    days: Sequence[dt.date], enters: Chosen, stays: Chosen, grace_days: int
) -> MembershipSimulation:
    """Review the customers on one day after another.

    Parameters
    ----------
    days : sequence of datetime.date
        Rising.
    enters, stays : array of bool, (reviews, customers)
        Who meets the entry rule, and who the exit rule; whoever enters is taken to meet both.
    grace_days : int
        Days between the review that finds a member out of the rule and the end of membership.

    Examples
    --------
    >>> days = [dt.date(2011, month, 1) for month in range(1, 5)]
    >>> met = np.array([[True], [True], [False], [False]])
    >>> simulate_membership(days, met, met, grace_days=30).member.ravel()
    array([ True,  True,  True, False])
    """
    count = enters.shape[1]
    member, left_on = np.zeros(count, dtype=np.bool_), np.zeros(count)  # 0: never left
    since, leaves_on = np.full(count, NEVER), np.full(count, NEVER)
    log = []
    for day, enter, meets_exit in zip(days, enters, stays, strict=True):
        today, stay = day.toordinal(), meets_exit | enter
        overdue = member & (leaves_on < today)
        still = member & ~overdue
        leaves_on[still & stay] = NEVER
        failing = still & ~stay
        leaves_on[failing & (leaves_on == NEVER)] = today + grace_days
        left = overdue | (failing & (leaves_on <= today))
        left_on[left] = leaves_on[left]
        entered = enter & (~member | left)
        back = entered & (left_on > 0) & (today - left_on <= FLAP_DAYS)
        member = (member & ~left) | entered
        since[left], leaves_on[left] = NEVER, NEVER
        since[entered] = today
        log.append((member, entered, left, back))
    member, entered, left, back = (np.stack(rows) for rows in zip(*log, strict=True))
    return MembershipSimulation(tuple(days), member, entered, left, back, since, leaves_on)
