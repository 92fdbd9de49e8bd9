"""Silhouettes of several divisions of the same points, from one pass over their distances."""

from collections.abc import Iterator, Sequence

import numpy as np

from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

BLOCK = 2_000_000  # distances held at once: 16 MB


def silhouettes(points: Doubles, divisions: Sequence[Labels]) -> list[Doubles]:
    """Give every point's silhouette under each division.

    The silhouette of a point is (b - a) / max(a, b): a is its mean distance to its own segment, b
    the smallest mean distance to another; 0 where its segment holds nothing else.

    Parameters
    ----------
    points : array of shape (points, axes)
        Coordinates.
    divisions : sequence of label arrays
        Each with labels 0, 1, … and at least two segments; a point labelled -1 belongs to none,
        and its silhouette is NaN.

    References
    ----------
    Rousseeuw (1987), Silhouettes, Journal of Computational and Applied Mathematics 20.
    doi:10.1016/0377-0427(87)90125-7

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> silhouettes(points, [np.array([0, 0, 1, 1])])[0].round(2)
    array([0.9 , 0.89, 0.89, 0.9 ])
    """
    if not divisions:
        return []
    members = [np.eye(int(labels.max()) + 2)[labels][:, :-1] for labels in divisions]
    stacked, sizes = np.hstack(members), [part.sum(axis=0) for part in members]
    ends = np.cumsum([len(size) for size in sizes])[:-1]
    found: list[list[Doubles]] = [[] for _ in divisions]
    for start, distances in _blocks(points):
        sums = np.split(distances @ stacked, ends, axis=1)
        for number, labels in enumerate(divisions):
            own = labels[start : start + len(distances)]
            found[number].append(_of_block(sums[number], own, sizes[number]))
    return [np.concatenate(parts) for parts in found]


def _of_block(sums: Doubles, own: Labels, sizes: Doubles) -> Doubles:
    rows = np.arange(len(own))
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    outside = sums / np.maximum(sizes, 1)
    outside[:, sizes == 0] = np.inf
    outside[rows, own] = np.inf
    nearest = outside.min(axis=1)
    largest = np.maximum(inside, nearest)
    alone = (sizes[own] == 1) | (largest == 0)
    given = np.where(alone, 0.0, (nearest - inside) / np.where(alone, 1.0, largest))
    return np.where(own < 0, np.nan, given)


def _blocks(points: Doubles) -> Iterator[tuple[int, Doubles]]:
    step = max(1, BLOCK // max(1, len(points)))
    squares = (points**2).sum(axis=1)
    for start in range(0, len(points), step):
        block = points[start : start + step]
        squared = squares[start : start + step, None] + squares - 2 * (block @ points.T)
        yield start, np.sqrt(np.maximum(squared, 0.0))
