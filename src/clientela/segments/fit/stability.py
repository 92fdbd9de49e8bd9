"""Does a division come back? Refits on resampled customers and from other seeds.

The clustering is fitted again; the space it works in is kept. For scalers, ranks and components
that is of no account, but an embedding would move too: of ``leaves`` this says how the clustering
holds within one embedding, and rather too much.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clientela.segments.fit.clustering import Clustering, cluster_sample
from clientela.segments.fit.space_sample import SpaceSample
from clientela.statistics.agreement import Labels, adjusted_rand_index, contingency, jaccard

STARTS = 6
"""Starts of a fit, and of a refit from another seed."""

REFIT_STARTS = 2
"""Starts of a refit on resampled customers: fewer, so the stability shown is rather too low."""

Table = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stability:
    """Agreement of bootstrap refits with the full fit.

    Parameters
    ----------
    ari : float
        Mean adjusted Rand index.
    ari_low : float
        Its 5 % quantile over the refits.
    jaccards : tuple of float
        Each segment's mean Jaccard overlap with its like in the refits.
    refits : int
        How many refits.
    """

    ari: float
    ari_low: float
    jaccards: tuple[float, ...]
    refits: int

    @property
    def jaccard(self) -> float:
        """The worst segment's."""
        return min(self.jaccards)


def bootstrap_stability(
    ground: SpaceSample, division: Clustering, refits: int, seed: int
) -> Stability:
    """Refit on as many customers drawn with replacement, and compare on all of them.

    References
    ----------
    Hennig (2007), doi:10.1016/j.csda.2006.11.025
    """
    customers = len(ground.points)
    tables = []
    for number in range(refits):
        drawn = np.random.default_rng([seed, division.k, number]).integers(
            customers, size=customers
        )
        refit = cluster_sample(ground.of(drawn), division.spec, seed + number, REFIT_STARTS)
        tables.append(_compared(division.labels, refit, ground))
    return _summed_up(tables)


def compare_seeds(
    ground: SpaceSample, division: Clustering, seeds: int, seed: int, starts: int
) -> float:
    """Fit again from other seeds and give the mean adjusted Rand index with the first fit."""
    refits = (
        cluster_sample(ground, division.spec, seed + 1 + number, starts) for number in range(seeds)
    )
    tables = [_compared(division.labels, refit, ground) for refit in refits]
    return round(float(np.mean([adjusted_rand_index(table) for table in tables])), 6)


def _compared(full: Labels, refit: Clustering, ground: SpaceSample) -> Table:
    return contingency(full, refit.assign(ground.points))


def _summed_up(tables: Sequence[Table]) -> Stability:
    scores = np.array([adjusted_rand_index(table) for table in tables])
    overlaps = np.array([jaccard(table) for table in tables]).mean(axis=0)
    return Stability(
        ari=round(float(scores.mean()), 6),
        ari_low=round(float(np.quantile(scores, 0.05)), 6),
        jaccards=tuple(round(float(one), 6) for one in overlaps),
        refits=len(tables),
    )
