"""The figures of many divisions at once, sharing the passes over distances."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from clientela.segments.fit import measures
from clientela.segments.fit.candidate import Candidate
from clientela.segments.fit.clustering import Division, Ground
from clientela.segments.fit.null_reference import without_structure
from clientela.segments.fit.silhouette import silhouettes
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
    ground: Callable[[str], Ground]

    def of(self, divisions: Sequence[Division]) -> list[Candidate]:
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
            Candidate(recipe=division.recipe, k=division.k, **shape, **figures.get(number, {}))
            for number, (division, shape) in enumerate(zip(divisions, shapes, strict=True))
        ]

    def _common(self, divisions: Sequence[Division]) -> list[dict[str, Any]]:
        exact = self.whole and len(self.common) <= EXACT_ROWS
        rows = self._rows(EXACT_ROWS if exact else SAMPLED_ROWS)
        found = _measured(self.common[rows], [division.labels[rows] for division in divisions])
        return [
            {"silhouette": _mean(each), "silhouette_error": None if exact else _error(each)}
            for each in found
        ]

    def _within(self, divisions: Sequence[Division]) -> list[dict[str, Any]]:
        return [
            {
                **measures.spread(self.common, division.labels)._asdict(),
                "fidelity": measures.fidelity(division.found, division.labels),
            }
            for division in divisions
        ]

    def _own(self, divisions: Sequence[Division]) -> list[dict[str, Any]]:
        given: dict[int, dict[str, Any]] = {}
        for space in dict.fromkeys(division.recipe.space for division in divisions):
            places = [at for at, one in enumerate(divisions) if one.recipe.space == space]
            found = self._in_space(space, [divisions[at] for at in places])
            given |= dict(zip(places, found, strict=True))
        return [given[place] for place in range(len(divisions))]

    def _in_space(self, space: str, divisions: Sequence[Division]) -> list[dict[str, Any]]:
        points, rows = self.ground(space).searched, self._rows(OWN_ROWS)
        own = _measured(points[rows], [division.found[rows] for division in divisions])
        recipes = [division.recipe for division in divisions]
        nothing = without_structure(points, recipes, self.seed)
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


def _sizes(division: Division, revenue: Doubles) -> dict[str, Any]:
    k = max(division.k, 1)
    return {
        "noise_share": division.noise_share,
        "shares": measures.shares(division.labels, k, np.ones_like(revenue)),
        "revenue_shares": measures.shares(division.labels, k, revenue),
    }


def _measured(points: Doubles, labelled: Sequence[Labels]) -> list[Doubles | None]:
    """Give the silhouettes of each division; None where all but one segment are out of sight."""
    seen = [number for number, labels in enumerate(labelled) if len(set(labels) - {-1}) > 1]
    found = silhouettes(points, [labelled[number] for number in seen])
    given = dict(zip(seen, found, strict=True))
    return [given.get(number) for number in range(len(labelled))]


def _mean(found: Doubles | None) -> float | None:
    return None if found is None else round(float(np.nanmean(found)), 6)


def _error(found: Doubles | None) -> float | None:
    if found is None:
        return None
    return round(float(np.nanstd(found) / np.sqrt(np.isfinite(found).sum())), 6)
