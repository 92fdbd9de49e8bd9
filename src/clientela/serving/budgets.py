"""Look-ups of persons a caller may make in a day: who guesses ids soon runs out of them."""

import datetime as dt
import threading
from collections.abc import Mapping

from clientela.contract.access import MOST_MISSES, UNKNOWN_COST, Caller
from clientela.serving.problems import BudgetProblem

DAY_SECONDS = 86_400  # seconds of a day


class Budgets:
    """What each caller has spent of the present day, in UTC."""

    def __init__(self) -> None:
        self._day = dt.datetime.now(dt.UTC).date()
        self._spent: dict[str, int] = {}
        self._fresh: dict[str, int] = {}  # not yet written down
        self._lock = threading.Lock()

    def spend(
        self, caller: Caller, known: int, unknown: int, customers: int, now: dt.datetime
    ) -> None:
        """Take look-ups off the caller's day.

        Parameters
        ----------
        known, unknown : int
            Ids of customers, and ids that nobody has: some of these end a day.
        customers : int
            How many the base has: of a small one nobody sees most in a day.

        Raises
        ------
        BudgetProblem
            The day has less left. It is over then: a smaller guess is no longer answered.
        """
        budget = caller.find_budget(customers)
        unknown_cost = max(1, min(UNKNOWN_COST, budget // MOST_MISSES))
        cost = known + unknown * unknown_cost
        with self._lock:
            if now.date() != self._day:
                self._day, self._spent, self._fresh = now.date(), {}, {}
            before = self._spent.get(caller.caller_id, 0)
            spent = before + cost
            self._spent[caller.caller_id] = min(spent, max(before, budget))
            more = self._spent[caller.caller_id] - before
            self._fresh[caller.caller_id] = self._fresh.get(caller.caller_id, 0) + more
        if spent > budget:
            raise BudgetProblem(
                f"{caller.caller_id} has looked up as many persons as they may in a day",
                where=f"{budget:,} a day; an id that is not known counts as {unknown_cost}",
                do="go on tomorrow, or use a key created with a larger --budget",
                headers={"retry-after": str(_count_seconds_left(now))},
            )

    def describe(
        self, caller: Caller, customers: int, now: dt.datetime
    ) -> tuple[tuple[bytes, bytes], ...]:
        """Return what a caller has left as headers (draft-ietf-httpapi-ratelimit-headers)."""
        budget = caller.find_budget(customers)
        left = max(0, budget - self._spent.get(caller.caller_id, 0))
        policy = b'"persons";q=%d;w=%d' % (budget, DAY_SECONDS)
        state = b'"persons";r=%d;t=%d' % (left, _count_seconds_left(now))
        return (b"ratelimit-policy", policy), (b"ratelimit", state)

    def take_spent(self) -> dict[str, int]:
        """Return what was spent since the last call, to be written down."""
        with self._lock:
            spent, self._fresh = self._fresh, {}
        return spent

    def give_back(self, spent: Mapping[str, int]) -> None:
        """Take back what could not be written down."""
        with self._lock:
            for key_id, cost in spent.items():
                self._fresh[key_id] = self._fresh.get(key_id, 0) + cost

    def learn(self, totals: Mapping[str, int]) -> None:
        """Count what other workers spent, or this one before it was started again."""
        with self._lock:
            for key_id, total in totals.items():
                self._spent[key_id] = total + self._fresh.get(key_id, 0)


def _count_seconds_left(now: dt.datetime) -> int:
    """Return how many seconds of the day in UTC are left."""
    return DAY_SECONDS - (now.hour * 60 + now.minute) * 60 - now.second
