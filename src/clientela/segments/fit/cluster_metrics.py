"""Figures of a division in the common space, besides the silhouette."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from clientela.segments.fit.algorithms import NOISE
from clientela.statistics.agreement import Labels, adjusted_rand_index, contingency
from clientela.statistics.arrays import Doubles


class Spread(NamedTuple):
    """Three figures made of the distances of points to the means of their segments.

    Parameters
    ----------
    davies_bouldin : float
        Mean likeness of each segment to the one most like it; 0 is best. Davies, Bouldin (1979), A
        cluster separation measure. doi:10.1109/TPAMI.1979.4766909
    calinski_harabasz : float
        Dispersion between segments over dispersion within; more is better. Caliński, Harabasz
        (1974), A dendrite method for cluster analysis. doi:10.1080/03610927408827101
    within_ss : float
        Sum of squared distances to the means.
    """

    davies_bouldin: float
    calinski_harabasz: float
    within_ss: float


def measure_separation(points: Doubles, labels: Labels) -> Spread:
    """Measure a division of at least two segments, none of them empty.

    Examples
    --------
    >>> measure_separation(np.array([[0.0], [2.0], [5.0]]), np.array([0, 0, 1])).within_ss
    2.0
    """
    size = np.bincount(labels)
    sums = [np.bincount(labels, weights=axis) for axis in points.T]
    means = np.column_stack(sums) / size[:, None]
    squared = ((points - means[labels]) ** 2).sum(axis=1)
    within, k = float(squared.sum()), len(size)
    between = float((size[:, None] * (means - points.mean(axis=0)) ** 2).sum())
    freedom = (len(points) - k) / (k - 1)
    return Spread(
        davies_bouldin=round(_likeness(means, np.bincount(labels, np.sqrt(squared)) / size), 6),
        calinski_harabasz=round(between / within * freedom, 6) if within > 0 else 1.0,
        within_ss=round(within, 6),
    )


def _likeness(means: Doubles, radii: Doubles) -> float:
    apart = np.sqrt(((means[:, None] - means) ** 2).sum(axis=2))
    both = radii[:, None] + radii
    like = np.divide(both, apart, out=np.zeros_like(both), where=apart > 0)
    return float(like.max(axis=1).mean())


def measure_fidelity(found: Labels, assigned: Labels) -> float:
    """Give the adjusted Rand index of groups as found and as assigned, noise aside."""
    seen = found != NOISE
    if not seen.any():
        return 0.0
    return round(adjusted_rand_index(contingency(found[seen], assigned[seen])), 6)


def compute_shares(labels: Labels, k: int, weights: Doubles) -> tuple[float, ...]:
    """Give each segment's share of the weights; zeros where they sum to nothing.

    Examples
    --------
    >>> compute_shares(np.array([0, 0, 1]), 2, np.array([1.0, 1.0, 2.0]))
    (0.5, 0.5)
    """
    sums = np.bincount(labels, weights=weights, minlength=k)
    total = sums.sum()
    return tuple(round(float(part / total), 6) if total else 0.0 for part in sums)


BLOCK = 2_000_000  # distances held at once: 16 MB


def compute_silhouettes(points: Doubles, divisions: Sequence[Labels]) -> list[Doubles]:
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
    >>> compute_silhouettes(points, [np.array([0, 0, 1, 1])])[0].round(2)
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
