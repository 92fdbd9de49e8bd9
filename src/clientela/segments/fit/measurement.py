"""The figures of many clusterings at once, sharing the passes over distances."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from clientela.segments.fit.candidate import EvaluatedCandidate
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.cluster_metrics import (
    compute_shares,
    compute_silhouettes,
    measure_fidelity,
    measure_separation,
)
from clientela.segments.fit.clustering import Clustering, find_groups, measure_row_agreement
from clientela.segments.fit.space_sample import SpaceSample
from clientela.segments.fit.spaces import COMMON
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

EXACT_ROWS = 20_000
"""Customers up to which the silhouette in the common space is exact; chosen for its time."""

SAMPLED_ROWS = 5_000
"""Customers it is taken on beyond that, with its standard error; chosen for its time."""

OWN_ROWS = 3_000
"""Customers on which the silhouette in the space of the search is taken; chosen for its time."""

NULL_ROWS, NULL_STARTS = 1_500, 2
"""Points drawn without structure, and the starts of a fit on them; chosen for their time."""

Figures = dict[str, Any]


def measure_clusterings(
    clusterings: Sequence[Clustering],
    get_sample: Callable[[str], SpaceSample],
    revenue: Doubles,
    *,
    everyone: bool,
    seed: int,
) -> list[EvaluatedCandidate]:
    """Measure clusterings; those of fewer than two segments have sizes alone.

    Parameters
    ----------
    clusterings : sequence of Clustering
        Each of another spec.
    get_sample : callable
        Returns the sampled customers in a space by its name.
    revenue : array
        Net revenue of the sampled customers.
    everyone : bool
        Whether the sample is everybody.
    seed : int
        Of further samples and of shuffling.
    """
    several = [clustering for clustering in clusterings if clustering.k > 1]
    figures = _measure_in_common_space(several, get_sample(COMMON).points, seed, exact=everyone)
    for space in dict.fromkeys(clustering.spec.space for clustering in several):
        sought_here = [clustering for clustering in several if clustering.spec.space == space]
        points = get_sample(space).search_points
        for spec, own in _measure_in_own_space(sought_here, points, seed).items():
            figures[spec] |= own
        for clustering in sought_here:
            agreement = measure_row_agreement(get_sample(space), clustering, seed)
            figures[clustering.spec]["row_agreement"] = agreement
    return [
        EvaluatedCandidate(
            spec=clustering.spec,
            k=clustering.k,
            clustering=clustering,
            noise_share=clustering.noise_share,
            shares=compute_shares(clustering.labels, max(clustering.k, 1), np.ones_like(revenue)),
            revenue_shares=compute_shares(clustering.labels, max(clustering.k, 1), revenue),
            **figures.get(clustering.spec, {}),
        )
        for clustering in clusterings
    ]


def _measure_in_common_space(
    clusterings: Sequence[Clustering], points: Doubles, seed: int, *, exact: bool
) -> dict[CandidateSpec, Figures]:
    exact = exact and len(points) <= EXACT_ROWS
    rows = _draw_rows(len(points), EXACT_ROWS if exact else SAMPLED_ROWS, seed)
    silhouettes = _measure_silhouettes(
        points[rows], [clustering.labels[rows] for clustering in clusterings]
    )
    return {
        clustering.spec: {
            "silhouette": _average(silhouette),
            "silhouette_error": None if exact else _measure_error(silhouette),
            "fidelity": measure_fidelity(clustering.groups, clustering.labels),
            **measure_separation(points, clustering.labels),
        }
        for clustering, silhouette in zip(clusterings, silhouettes, strict=True)
    }


def _measure_in_own_space(
    clusterings: Sequence[Clustering], points: Doubles, seed: int
) -> dict[CandidateSpec, Figures]:
    rows = _draw_rows(len(points), OWN_ROWS, seed)
    own = _measure_silhouettes(
        points[rows], [clustering.groups[rows] for clustering in clusterings]
    )
    specs = [clustering.spec for clustering in clusterings]
    null = measure_null_silhouettes(points, specs, seed)
    return {
        spec: {"own_silhouette": _average(silhouette), "permuted_silhouette": permuted}
        for spec, silhouette, permuted in zip(specs, own, null, strict=True)
    }


def measure_null_silhouettes(
    points: Doubles, specs: Sequence[CandidateSpec], seed: int
) -> list[float | None]:
    """Return the silhouette of each spec on permuted points; None where it finds no groups.

    Parameters
    ----------
    points : array of shape (points, axes)
        Where groups are sought.
    specs : sequence of CandidateSpec
        All of the same space.
    seed : int
        Of the shuffling and of the algorithms.
    """
    null_points = permute_points(points, seed)
    labels = [find_groups(null_points, spec, seed, NULL_STARTS)[0] for spec in specs]
    return [_average(silhouette) for silhouette in _measure_silhouettes(null_points, labels)]


def permute_points(points: Doubles, seed: int, rows: int = NULL_ROWS) -> Doubles:
    """Draw points without structure, of the same spread and correlation.

    Each column is shuffled by itself after the points are turned to their principal axes, and
    turned back: spread and correlation stay, groups do not. Shuffled as they stand, columns would
    lose their correlation too, and a drawn-out cloud without any group would pass for structure.

    References
    ----------
    Tibshirani, Walther, Hastie (2001), Estimating the number of clusters in a data set via the gap
    statistic, Journal of the Royal Statistical Society B 63. doi:10.1111/1467-9868.00293
    """
    rng = np.random.default_rng([seed, len(points)])
    middle = points.mean(axis=0)
    _, axes = np.linalg.eigh(np.atleast_2d(np.cov(points.T)))
    turned = (points - middle) @ axes
    columns = [rng.permutation(column)[:rows] for column in turned.T]
    return np.asarray(np.column_stack(columns) @ axes.T + middle)


def _measure_silhouettes(points: Doubles, labels: Sequence[Labels]) -> list[Doubles | None]:
    """Return the silhouettes under each labelling; None where it shows fewer than two segments."""
    several = [number for number, segment in enumerate(labels) if len(set(segment) - {-1}) > 1]
    silhouettes = compute_silhouettes(points, [labels[number] for number in several])
    by_number = dict(zip(several, silhouettes, strict=True))
    return [by_number.get(number) for number in range(len(labels))]


def _draw_rows(customers: int, limit: int, seed: int) -> Labels:
    if customers <= limit:
        return np.arange(customers)
    rng = np.random.default_rng([seed, customers, limit])
    return np.sort(rng.choice(customers, limit, replace=False))


def _average(silhouette: Doubles | None) -> float | None:
    return None if silhouette is None else round(float(np.nanmean(silhouette)), 6)


def _measure_error(silhouette: Doubles | None) -> float | None:
    if silhouette is None:
        return None
    return round(float(np.nanstd(silhouette) / np.sqrt(np.isfinite(silhouette).sum())), 6)
