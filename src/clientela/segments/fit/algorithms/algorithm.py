"""What every algorithm of clustering looks like from outside."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

NOISE = -1
"""Label of a point that an algorithm puts in no group."""

Parameters = Mapping[str, float]
Find = Callable[[Doubles, Parameters, int, int], Labels]
"""Points, parameters, seed and starts, to a label a point: 0, 1, …, or :data:`NOISE`."""


class Algorithm(NamedTuple):
    """An algorithm with its grid.

    Parameters
    ----------
    find : callable
        Finds the groups.
    accepts : tuple of str
        Parameters that may be given; the grid runs over the first.
    grid : tuple of float
        Its values; empty where they are the numbers of segments asked for.
    rows : int or None
        Most customers it is run on, because its cost grows with their square; None for all that
        are sampled.
    centres : int
        Most centres that stand for one of its groups when customers are assigned.
    """

    find: Find
    accepts: tuple[str, ...]
    grid: tuple[float, ...] = ()
    rows: int | None = None
    centres: int = 8
