"""Cluster stability: refits on resampled customers and from other seeds.

The clustering is fitted again; the space it works in is kept. For scalers, ranks and components
that is of no account, but an embedding would move too: of ``leaves`` this says how the clustering
holds within one embedding, and rather too much.
"""

from dataclasses import replace

import numpy as np

from clientela.segments.fit.candidate import EvaluatedCandidate
from clientela.segments.fit.clustering import Clustering, cluster_sample
from clientela.segments.fit.space_sample import SpaceSample
from clientela.statistics.agreement import adjusted_rand_index, contingency, jaccard

STARTS = 6
"""Starts of a fit, and of a contender's refit from another seed; chosen for its time."""

REFIT_STARTS = 2
"""Starts of a refit on resampled customers: fewer, so the stability shown is rather too low."""


def measure_stability(
    candidate: EvaluatedCandidate,
    sample: SpaceSample,
    *,
    refits: int,
    seeds: int,
    starts: int,
    seed: int,
) -> EvaluatedCandidate:
    """Return a candidate with its agreement with refits on resamples and from other seeds.

    Refits on as many customers drawn with replacement are compared on all of them.

    Parameters
    ----------
    candidate, sample : EvaluatedCandidate, SpaceSample
        What is refitted, and on which customers; nothing is measured without a clustering.
    refits : int
        Resamples, at least one.
    seeds, starts : int
        Other seeds, at least one, and the starts of a fit from one.
    seed : int
        Of the resamples, and before the other seeds.

    References
    ----------
    Hennig (2007), doi:10.1016/j.csda.2006.11.025
    """
    clustering, customers, tables = candidate.clustering, len(sample.points), []
    if clustering is None:
        return candidate
    for number in range(refits):
        rng = np.random.default_rng([seed, clustering.k, number])
        resample = sample.take(rng.integers(customers, size=customers))
        refit = cluster_sample(resample, clustering.spec, seed + number, REFIT_STARTS)
        tables.append(contingency(clustering.labels, refit.assign(sample.points)))
    aris = np.array([adjusted_rand_index(table) for table in tables])
    overlaps = np.array([jaccard(table) for table in tables]).mean(axis=0)
    return replace(
        candidate,
        bootstrap_ari=round(float(aris.mean()), 6),
        bootstrap_ari_low=round(float(np.quantile(aris, 0.05)), 6),
        jaccards=tuple(round(float(overlap), 6) for overlap in overlaps),
        seed_ari=_compare_seeds(clustering, sample, range(seed + 1, seed + 1 + seeds), starts),
        refits=refits + seeds,
    )


def _compare_seeds(clustering: Clustering, sample: SpaceSample, seeds: range, starts: int) -> float:
    """Return the mean adjusted Rand index of fits from other seeds with the first fit."""
    refits = (cluster_sample(sample, clustering.spec, seed, starts) for seed in seeds)
    tables = [contingency(clustering.labels, refit.assign(sample.points)) for refit in refits]
    return round(float(np.mean([adjusted_rand_index(table) for table in tables])), 6)
