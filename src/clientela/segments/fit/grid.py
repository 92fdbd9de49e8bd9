"""Which candidates are tried, in which order, so that a small budget still sees every kind.

The first algorithm in the first space is tried over its whole grid. Then the other spaces with the
first algorithm and the other algorithms in the first space take turns, one value of their grids at
a time; then all other pairs of space and algorithm do the same.
"""

from collections.abc import Iterator, Sequence
from itertools import product, zip_longest

from clientela.segments.fit.algorithms import ALGORITHMS
from clientela.segments.fit.candidate_spec import Recipe


def plan(spaces: Sequence[str], algorithms: Sequence[str], numbers: Sequence[int]) -> list[Recipe]:
    """List all candidates in the order they are tried.

    Parameters
    ----------
    spaces, algorithms : sequence of str
        Names in their registries, the most important first.
    numbers : sequence of int
        Numbers of segments asked for.

    Examples
    --------
    >>> [one.label for one in plan(["log", "rank"], ["kmeans", "ward"], [4, 5])][:4]
    ['log/kmeans/k=4', 'log/kmeans/k=5', 'rank/kmeans/k=4', 'log/ward/k=4']
    """
    spaces, algorithms = list(dict.fromkeys(spaces)), list(dict.fromkeys(algorithms))
    first, space, algorithm = (spaces[0], algorithms[0]), spaces[0], algorithms[0]
    cross = [(one, algorithm) for one in spaces[1:]] + [(space, one) for one in algorithms[1:]]
    rest = [pair for pair in product(spaces, algorithms) if pair not in (first, *cross)]
    grids = [[_grid(*pair, numbers) for pair in pairs] for pairs in ([first], cross, rest)]
    return [recipe for grid in grids for recipe in _in_turns(grid)]


def fewer(algorithms: Sequence[str], space: str, least: int) -> list[Recipe]:
    """List divisions into fewer segments than asked for, for want of enough different customers."""
    counting = [one for one in algorithms if not ALGORITHMS[one].grid] or ["kmeans"]
    return [Recipe(space, counting[0], "k", k) for k in range(2, least)]


def _grid(space: str, algorithm: str, numbers: Sequence[int]) -> list[Recipe]:
    how = ALGORITHMS[algorithm]
    return [Recipe(space, algorithm, how.accepts[0], value) for value in how.grid or numbers]


def _in_turns(grids: Sequence[Sequence[Recipe]]) -> Iterator[Recipe]:
    for turn in zip_longest(*grids):
        yield from (recipe for recipe in turn if recipe is not None)
