"""Does a division come back? Refits on resampled customers and from other seeds."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from clientela.models.agreement import Labels, adjusted_rand_index, contingency, jaccard
from clientela.models.kmeans import STARTS
from clientela.scoring.columns import Doubles
from clientela.scoring.nearest import nearest

REFIT_STARTS = 3
"""Starts of a refit: fewer than the fit's, so the stability shown is rather too low."""

Fit = Callable[[Doubles, int, int, int], Doubles]
"""Points, number of segments, seed and starts, to centres."""


class Stability(NamedTuple):
    """Agreement of bootstrap refits with the full fit.

    Parameters
    ----------
    ari : float
        Mean adjusted Rand index.
    ari_low : float
        Its 5 % quantile over the refits.
    jaccard : float
        The worst segment's mean Jaccard overlap with its like in the refits.
    """

    ari: float
    ari_low: float
    jaccard: float


def labels_of(points: Doubles, centres: Doubles) -> Labels:
    """Give the position of the nearest centre of every point."""
    axes = [np.ascontiguousarray(axis) for axis in points.T]
    return nearest(axes, centres, len(points)).position


def bootstrap(points: Doubles, centres: Doubles, fit: Fit, refits: int, seed: int) -> Stability:
    """Refit on as many customers drawn with replacement, and compare on all of them.

    References
    ----------
    Hennig (2007), doi:10.1016/j.csda.2006.11.025
    """
    k = len(centres)
    full = labels_of(points, centres)
    tables = []
    for number in range(refits):
        drawn = np.random.default_rng([seed, k, number]).integers(len(points), size=len(points))
        refit = fit(points[drawn], k, seed + number, REFIT_STARTS)
        tables.append(contingency(full, labels_of(points, refit)))
    scores = np.array([adjusted_rand_index(table) for table in tables])
    overlaps = np.array([jaccard(table) for table in tables]).mean(axis=0)
    return Stability(
        round(float(scores.mean()), 6),
        round(float(np.quantile(scores, 0.05)), 6),
        round(float(overlaps.min()), 6),
    )


def over_seeds(points: Doubles, centres: Doubles, fit: Fit, seeds: int, seed: int) -> float:
    """Fit again from other seeds and give the mean adjusted Rand index with the first fit."""
    full = labels_of(points, centres)
    others = (fit(points, len(centres), seed + 1 + number, STARTS) for number in range(seeds))
    tables = [contingency(full, labels_of(points, other)) for other in others]
    return round(float(np.mean([adjusted_rand_index(table) for table in tables])), 6)
