"""Naive ways of choosing as many customers as the rule does, to compare it with."""

from collections.abc import Callable

import numpy as np

from clientela.insiders.score.rule import Chosen
from clientela.insiders.score.view import View
from clientela.statistics.arrays import Doubles

Expected = Callable[[View], Doubles]
"""Gives what each customer of a view can be expected to bring, for sorting."""

HALF_LIFE_DAYS = 90
SHORTEST_DAYS = 90

NAIVE: dict[str, Callable[[View, Doubles], Doubles]] = {
    "revenue": lambda view, _: view.columns["revenue"],
    "orders": lambda view, _: view.columns["orders"],
    "recent": lambda view, _: -view.columns["days_since_last"],
    "random": lambda _, chance: chance,
}
"""What customers are sorted by, the largest first; the second argument is chance."""


def expected_value(view: View) -> Doubles:
    """Give what a customer can naively be expected to bring, for sorting.

    Revenue for each day since the first order, at least 90 days, halved for every 90 days that
    have passed since the last order.
    """
    spent = view.columns["revenue"] / np.maximum(view.columns["tenure_days"], SHORTEST_DAYS)
    return np.asarray(spent * 0.5 ** (view.columns["days_since_last"] / HALF_LIFE_DAYS))


def top(scores: Doubles, count: int, chance: Doubles) -> Chosen:
    """Choose the highest scores; equal ones by chance, as no rule would tell them apart.

    Examples
    --------
    >>> top(np.array([1.0, 3.0, 2.0]), 2, np.zeros(3))
    array([False,  True,  True])
    """
    if not count:
        return np.zeros(len(scores), dtype=np.bool_)
    last = np.partition(scores, len(scores) - count)[len(scores) - count]
    chosen: Chosen = scores > last
    equals = np.flatnonzero(scores == last)
    chosen[equals[np.argsort(chance[equals], kind="stable")][: count - chosen.sum()]] = True
    return chosen


def chances(view: View, seed: int) -> Doubles:
    """Draw a number for each customer of a day, from 0 to 1."""
    return np.random.default_rng([seed, view.day.toordinal()]).random(view.customers)


def chosen_by(name: str, view: View, count: int, seed: int) -> Chosen:
    """Choose as many customers of a day by a naive rule.

    Parameters
    ----------
    name : str
        A key of :data:`NAIVE`.
    view : View
        The day.
    count : int
        How many.
    seed : int
        Of the chance that decides between equals.
    """
    chance = chances(view, seed)
    return top(NAIVE[name](view, chance), count, chance)
