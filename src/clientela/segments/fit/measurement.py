"""The figures of many divisions at once, sharing the passes over distances."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from clientela.segments.fit import cluster_metrics as measures
from clientela.segments.fit.candidate import EvaluatedCandidate
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.cluster_metrics import compute_silhouettes
from clientela.segments.fit.clustering import Clustering, find_groups
from clientela.segments.fit.space_sample import SpaceSample
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

EXACT_ROWS = 20_000
"""Customers up to which the silhouette in the common space is exact."""

OWN_ROWS = 3_000
"""Customers on which the silhouette in the space of the search is taken."""

SAMPLED_ROWS = 5_000
"""Customers it is taken on beyond that, with its standard error."""


class Figures(NamedTuple):
    """Where divisions are measured.

    Parameters
    ----------
    common : array of shape (sampled customers, axes)
        Coordinates in the common space.
    revenue : array
        Net revenue of the sampled customers.
    whole : bool
        Whether the sample is everybody.
    seed : int
        Of further samples and of shuffling.
    ground : callable
        Gives the customers in a space by its name.
    """

    common: Doubles
    revenue: Doubles
    whole: bool
    seed: int
    ground: Callable[[str], SpaceSample]

    def of(self, divisions: Sequence[Clustering]) -> list[EvaluatedCandidate]:
        """Measure divisions; those of fewer than two segments have sizes alone."""
        shapes = [_sizes(division, self.revenue) for division in divisions]
        several = [number for number, division in enumerate(divisions) if division.k > 1]
        chosen = [divisions[number] for number in several]
        parts = zip(self._common(chosen), self._within(chosen), self._own(chosen), strict=True)
        figures = {
            number: common | within | own
            for number, (common, within, own) in zip(several, parts, strict=True)
        }
        return [
            EvaluatedCandidate(spec=division.spec, k=division.k, **shape, **figures.get(number, {}))
            for number, (division, shape) in enumerate(zip(divisions, shapes, strict=True))
        ]

    def _common(self, divisions: Sequence[Clustering]) -> list[dict[str, Any]]:
        exact = self.whole and len(self.common) <= EXACT_ROWS
        rows = self._rows(EXACT_ROWS if exact else SAMPLED_ROWS)
        found = _measured(self.common[rows], [division.labels[rows] for division in divisions])
        return [
            {"silhouette": _mean(each), "silhouette_error": None if exact else _error(each)}
            for each in found
        ]

    def _within(self, divisions: Sequence[Clustering]) -> list[dict[str, Any]]:
        return [
            {
                **measures.measure_separation(self.common, division.labels)._asdict(),
                "fidelity": measures.measure_fidelity(division.found, division.labels),
            }
            for division in divisions
        ]

    def _own(self, divisions: Sequence[Clustering]) -> list[dict[str, Any]]:
        given: dict[int, dict[str, Any]] = {}
        for space in dict.fromkeys(division.spec.space for division in divisions):
            places = [at for at, one in enumerate(divisions) if one.spec.space == space]
            found = self._in_space(space, [divisions[at] for at in places])
            given |= dict(zip(places, found, strict=True))
        return [given[place] for place in range(len(divisions))]

    def _in_space(self, space: str, divisions: Sequence[Clustering]) -> list[dict[str, Any]]:
        points, rows = self.ground(space).searched, self._rows(OWN_ROWS)
        own = _measured(points[rows], [division.found[rows] for division in divisions])
        recipes = [division.spec for division in divisions]
        nothing = measure_null_silhouettes(points, recipes, self.seed)
        return [
            {"own_silhouette": _mean(each), "permuted_silhouette": permuted}
            for each, permuted in zip(own, nothing, strict=True)
        ]

    def _rows(self, most: int) -> Labels:
        customers = len(self.common)
        if customers <= most:
            return np.arange(customers)
        drawn = np.random.default_rng([self.seed, customers, most])
        return np.sort(drawn.choice(customers, most, replace=False))


def _sizes(division: Clustering, revenue: Doubles) -> dict[str, Any]:
    k = max(division.k, 1)
    return {
        "noise_share": division.noise_share,
        "shares": measures.compute_shares(division.labels, k, np.ones_like(revenue)),
        "revenue_shares": measures.compute_shares(division.labels, k, revenue),
    }


def _measured(points: Doubles, labelled: Sequence[Labels]) -> list[Doubles | None]:
    """Give the silhouettes of each division; None where all but one segment are out of sight."""
    seen = [number for number, labels in enumerate(labelled) if len(set(labels) - {-1}) > 1]
    found = compute_silhouettes(points, [labelled[number] for number in seen])
    given = dict(zip(seen, found, strict=True))
    return [given.get(number) for number in range(len(labelled))]


def _mean(found: Doubles | None) -> float | None:
    return None if found is None else round(float(np.nanmean(found)), 6)


def _error(found: Doubles | None) -> float | None:
    if found is None:
        return None
    return round(float(np.nanstd(found) / np.sqrt(np.isfinite(found).sum())), 6)


NULL_ROWS = 1_500
"""Points drawn without structure."""

NULL_STARTS = 2


def permute_points(points: Doubles, seed: int, rows: int = NULL_ROWS) -> Doubles:
    """Draw points whose columns are those of ``points`` permuted along their principal axes.

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
    _, turned = np.linalg.eigh(np.atleast_2d(np.cov(points.T)))
    straight = (points - middle) @ turned
    shuffled = [rng.permutation(column)[:rows] for column in straight.T]
    return np.asarray(np.column_stack(shuffled) @ turned.T + middle)


def measure_null_silhouettes(
    points: Doubles, recipes: Sequence[CandidateSpec], seed: int
) -> list[float | None]:
    """Give the silhouette that each recipe reaches on such points; None where it finds no groups.

    Parameters
    ----------
    points : array of shape (points, axes)
        Where groups are sought.
    recipes : sequence of Recipe
        All of the same space.
    seed : int
        Of the shuffling and of the algorithms.
    """
    nothing = permute_points(points, seed)
    found = [find_groups(nothing, recipe, seed, NULL_STARTS)[0] for recipe in recipes]
    several = [number for number, labels in enumerate(found) if labels.max() > 0]
    means: list[float | None] = [None] * len(recipes)
    measured = compute_silhouettes(nothing, [found[number] for number in several])
    for number, each in zip(several, measured, strict=True):
        means[number] = round(float(np.nanmean(each)), 6)
    return means
