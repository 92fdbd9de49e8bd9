"""Figures of a division in the common space, besides the silhouette."""

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


def spread(points: Doubles, labels: Labels) -> Spread:
    """Measure a division of at least two segments, none of them empty.

    Examples
    --------
    >>> spread(np.array([[0.0], [2.0], [5.0]]), np.array([0, 0, 1])).within_ss
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


def fidelity(found: Labels, assigned: Labels) -> float:
    """Give the adjusted Rand index of groups as found and as assigned, noise aside."""
    seen = found != NOISE
    if not seen.any():
        return 0.0
    return round(adjusted_rand_index(contingency(found[seen], assigned[seen])), 6)


def shares(labels: Labels, k: int, weights: Doubles) -> tuple[float, ...]:
    """Give each segment's share of the weights; zeros where they sum to nothing.

    Examples
    --------
    >>> shares(np.array([0, 0, 1]), 2, np.array([1.0, 1.0, 2.0]))
    (0.5, 0.5)
    """
    sums = np.bincount(labels, weights=weights, minlength=k)
    total = sums.sum()
    return tuple(round(float(part / total), 6) if total else 0.0 for part in sums)
