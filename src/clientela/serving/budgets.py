"""Look-ups of persons a key may make in a day: who guesses ids soon runs out of them."""

import datetime as dt
from collections.abc import Sequence
from typing import cast

from clientela.contract.access import UNKNOWN_COST
from clientela.serving.auth import check_right
from clientela.serving.problems import AnyRequest, BudgetProblem
from clientela.store.keys import Key

DAY_SECONDS = 86_400  # seconds of a day


class Budgets:
    """What each key has spent of the present day, in UTC."""

    def __init__(self) -> None:
        self._day = dt.date.min
        self._spent: dict[str, int] = {}

    def spend(self, key: Key, cost: int, now: dt.datetime) -> None:
        """Take a cost off the key's day.

        Raises
        ------
        BudgetProblem
            The day has less left. It is over then: a smaller guess is no longer answered.
        """
        if now.date() != self._day:
            self._day, self._spent = now.date(), {}
        spent = self._spent.get(key.key_id, 0) + cost
        self._spent[key.key_id] = min(spent, key.budget)
        if spent > key.budget:
            seconds = DAY_SECONDS - (now.hour * 60 + now.minute) * 60 - now.second
            raise BudgetProblem(
                f"the key {key.key_id} has looked up as many persons as it may in a day",
                where=f"{key.budget:,} a day; an id that is not known counts as {UNKNOWN_COST}",
                do="go on tomorrow, or use a key created with a larger --budget",
                headers={"retry-after": str(seconds)},
            )


def spend_look_up(request: AnyRequest, ids: Sequence[object], unknown: int) -> None:
    """Count the persons that an answer is about to show, and the ids that nobody has.

    Raises
    ------
    ForbiddenProblem
        They are several, and the key may see one at a time.
    BudgetProblem
        The key's day is over.
    """
    if len(ids) > 1:
        check_right(request, "persons")
    key: Key | None = request.scope.get("auth")
    if key is not None:
        budgets = cast(Budgets, request.app.state.budgets)
        cost = len(ids) + unknown * (UNKNOWN_COST - 1)
        budgets.spend(key, cost, dt.datetime.now(dt.UTC))
