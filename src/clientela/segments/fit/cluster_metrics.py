"""Metrics of a clustering: silhouette, Davies-Bouldin, Calinski-Harabasz, fidelity and sizes."""

from collections.abc import Iterator, Sequence

import numpy as np

from clientela.segments.fit.algorithms import NOISE
from clientela.statistics.agreement import Labels, adjusted_rand_index, contingency
from clientela.statistics.arrays import Doubles

BLOCK_DISTANCES = 500_000
"""Distances in memory at once: 4 MB, most of which stay in a processor's cache."""


def compute_silhouettes(points: Doubles, labellings: Sequence[Labels]) -> list[Doubles]:
    """Return every point's silhouette under each labelling, from one pass over distances.

    The silhouette of a point is (b - a) / max(a, b): a is its mean distance to its own segment, b
    the smallest mean distance to another; 0 where its segment holds nothing else.

    Parameters
    ----------
    points : array of shape (points, axes)
        Coordinates.
    labellings : sequence of label arrays
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
    if not labellings:
        return []
    indicators = [np.eye(int(labels.max()) + 2)[labels][:, :-1] for labels in labellings]
    sizes = [indicator.sum(axis=0) for indicator in indicators]
    columns, ends = np.hstack(indicators), np.cumsum([len(size) for size in sizes])[:-1]
    blocks: list[list[Doubles]] = [[] for _ in labellings]
    for start, distances in _list_distances(points):
        sums = np.split(distances @ columns, ends, axis=1)
        for number, labels in enumerate(labellings):
            own = labels[start : start + len(distances)]
            blocks[number].append(_compute_block(sums[number], own, sizes[number]))
    return [np.concatenate(parts) for parts in blocks]


def _compute_block(sums: Doubles, own: Labels, sizes: Doubles) -> Doubles:
    rows = np.arange(len(own))
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    outside = sums / np.maximum(sizes, 1)
    outside[:, sizes == 0] = np.inf
    outside[rows, own] = np.inf
    nearest = outside.min(axis=1)
    largest = np.maximum(inside, nearest)
    alone = (sizes[own] == 1) | (largest == 0)
    silhouettes = np.where(alone, 0.0, (nearest - inside) / np.where(alone, 1.0, largest))
    return np.where(own < 0, np.nan, silhouettes)


def _list_distances(points: Doubles) -> Iterator[tuple[int, Doubles]]:
    step = max(1, BLOCK_DISTANCES // max(1, len(points)))
    squares = (points**2).sum(axis=1)
    for start in range(0, len(points), step):
        block = points[start : start + step]
        distances = block @ points.T
        distances *= -2.0
        distances += squares[start : start + step, None] + squares
        np.maximum(distances, 0.0, out=distances)
        yield start, np.sqrt(distances, out=distances)


def measure_separation(points: Doubles, labels: Labels) -> dict[str, float]:
    """Measure how far at least two segments, none of them empty, lie apart.

    Returns
    -------
    dict
        ``davies_bouldin``: mean likeness of each segment to the one most like it; 0 is best.
        Davies, Bouldin (1979), A cluster separation measure. doi:10.1109/TPAMI.1979.4766909.
        ``calinski_harabasz``: dispersion between segments over dispersion within; more is better.
        Caliński, Harabasz (1974), A dendrite method for cluster analysis.
        doi:10.1080/03610927408827101.
        ``within_ss``: sum of squared distances to the means.

    Examples
    --------
    >>> measure_separation(np.array([[0.0], [2.0], [5.0]]), np.array([0, 0, 1]))["within_ss"]
    2.0
    """
    size = np.bincount(labels)
    sums = [np.bincount(labels, weights=axis) for axis in points.T]
    means = np.column_stack(sums) / size[:, None]
    squared = ((points - means[labels]) ** 2).sum(axis=1)
    within, k = float(squared.sum()), len(size)
    between = float((size[:, None] * (means - points.mean(axis=0)) ** 2).sum())
    freedom = (len(points) - k) / (k - 1)
    radii = np.bincount(labels, np.sqrt(squared)) / size
    apart = np.sqrt(((means[:, None] - means) ** 2).sum(axis=2))
    sums_of_radii = radii[:, None] + radii
    likeness = np.divide(sums_of_radii, apart, out=np.zeros_like(sums_of_radii), where=apart > 0)
    return {
        "davies_bouldin": round(float(likeness.max(axis=1).mean()), 6),
        "calinski_harabasz": round(between / within * freedom, 6) if within > 0 else 1.0,
        "within_ss": round(within, 6),
    }


def measure_fidelity(groups: Labels, labels: Labels) -> float:
    """Return the adjusted Rand index of groups and segments as assigned, noise aside."""
    grouped = groups != NOISE
    if not grouped.any():
        return 0.0
    return round(adjusted_rand_index(contingency(groups[grouped], labels[grouped])), 6)


def compute_shares(labels: Labels, k: int, weights: Doubles) -> tuple[float, ...]:
    """Return each segment's share of the weights; zeros where they sum to nothing.

    Examples
    --------
    >>> compute_shares(np.array([0, 0, 1]), 2, np.array([1.0, 1.0, 2.0]))
    (0.5, 0.5)
    """
    sums = np.bincount(labels, weights=weights, minlength=k)
    total = sums.sum()
    return tuple(round(float(part / total), 6) if total else 0.0 for part in sums)
