"""The candidates of one snapshot: fitted, measured, and set in the order of their revenue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clientela.config import Segments
from clientela.models.agreement import Labels
from clientela.models.choice import Candidate
from clientela.models.kmeans import STARTS, kmeans
from clientela.models.silhouette import silhouettes
from clientela.models.stability import Fit, Stability, bootstrap, labels_of
from clientela.scoring.columns import Doubles

ALGORITHMS: Mapping[str, Fit] = {"kmeans": kmeans}

CUSTOMERS_A_SEGMENT = 5
"""Distinct customers a segment must have on average, or it is not tried."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Trial:
    """What candidates are fitted on.

    Parameters
    ----------
    space, algorithm : str
        Names in their registries.
    points : array of shape (sampled customers, features)
        What is fitted and measured.
    everyone : array of shape (customers, features)
        What sizes and revenue shares are counted on.
    revenue : array of length customers
        Net revenue.
    settings : Segments
        Limits, resamples and seed.
    """

    space: str
    algorithm: str
    points: Doubles
    everyone: Doubles
    revenue: Doubles
    settings: Segments

    @property
    def fit(self) -> Fit:
        """The algorithm."""
        return ALGORITHMS[self.algorithm]

    def most_segments(self) -> int:
        """Give the largest number of segments that there are enough different customers for."""
        distinct = len(np.unique(self.points, axis=0)) if self.points.shape[1] else 1
        return distinct // CUSTOMERS_A_SEGMENT

    def centres(self, k: int) -> Doubles:
        """Fit k centres and order them by their customers' mean revenue, the highest first."""
        centres = self.fit(self.points, k, self.settings.seed, STARTS)
        labels = labels_of(self.everyone, centres)
        size = np.bincount(labels, minlength=k)
        total = np.bincount(labels, weights=self.revenue, minlength=k)
        mean = np.divide(total, size, out=np.full(k, -np.inf), where=size > 0)
        return centres[np.lexsort((*centres.T, -mean))]

    def candidates(self, centres: Sequence[Doubles]) -> list[Candidate]:
        """Measure divisions of at least two segments."""
        divisions = [labels_of(self.points, one) for one in centres]
        found = silhouettes(self.points, divisions)
        return [
            self._candidate(one, round(float(silhouette.mean()), 6))
            for one, silhouette in zip(centres, found, strict=True)
        ]

    def _candidate(self, centres: Doubles, silhouette: float) -> Candidate:
        labels = labels_of(self.everyone, centres)
        return Candidate(
            space=self.space,
            algorithm=self.algorithm,
            k=len(centres),
            silhouette=silhouette,
            stability=self._stability(centres),
            shares=_shares(labels, len(centres), np.ones_like(self.revenue)),
            revenue_shares=_shares(labels, len(centres), self.revenue),
        )

    def _stability(self, centres: Doubles) -> Stability | None:
        refits, seed = self.settings.bootstraps, self.settings.seed
        return bootstrap(self.points, centres, self.fit, refits, seed) if refits else None


def _shares(labels: Labels, k: int, weights: Doubles) -> tuple[float, ...]:
    sums = np.bincount(labels, weights=weights, minlength=k)
    total = sums.sum()
    return tuple(round(float(part / total), 6) if total else 0.0 for part in sums)
