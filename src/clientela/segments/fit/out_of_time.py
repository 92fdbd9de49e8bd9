"""Out-of-time R²: how much of later revenue the segments of an earlier date explain."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Segments
from clientela.features.history import History
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.clustering import cluster_sample
from clientela.segments.fit.space_sample import SpaceSample, draw_sample, fit_space_sample
from clientela.segments.fit.stability import REFIT_STARTS
from clientela.statistics.arrays import Doubles, doubles, sort_by_customer

SnapshotPair = tuple[pa.Table, pa.Table]
"""An earlier and a recent snapshot, each with ``later_revenue`` over the horizon after it."""


def read_snapshot_pair(
    history: History, horizon_days: int, names: Sequence[str] | None = None
) -> SnapshotPair | None:
    """Read the two latest snapshots whose horizons are over and do not overlap.

    Parameters
    ----------
    history : History
        The firm's past.
    horizon_days : int
        Days after each date over which revenue is counted; as many must lie before the earlier.
    names : sequence of str, optional
        Features of the snapshots; ``list_required_features`` lists those that are read.

    Returns
    -------
    pair of pa.Table or None
        None where the history is too short.
    """
    days = history.dates(horizon_days, horizon_days, horizon_days)
    if len(days) < 2:
        return None
    tables = []
    for day in (days[1], days[0]):
        snapshot, later = history.snapshot(day, names), history.later(day, horizon_days)
        rows = pc.index_in(snapshot["customer_id"], value_set=later["customer_id"])
        tables.append(snapshot.append_column("later_revenue", later["later_revenue"].take(rows)))
    return tables[0], tables[1]


class OutOfTimeTest:
    """Candidates refitted on the earlier snapshot and judged on the recent one.

    Parameters
    ----------
    pair : pair of pa.Table
        Of :func:`read_snapshot_pair`.
    settings : Segments
        Features, sample and seed.
    """

    def __init__(self, pair: SnapshotPair, settings: Segments) -> None:
        self._settings = settings
        self._earlier, self._recent = (
            draw_sample(sort_by_customer(snapshot), settings) for snapshot in pair
        )
        self._samples: dict[str, tuple[SpaceSample, Doubles]] = {}

    def measure_r2(self, spec: CandidateSpec) -> float | None:
        """Return the share of the variance of the log of later revenue that segments explain.

        The candidate is fitted on the earlier day, each segment's mean of log(1 + later revenue) is
        learnt there, and both are applied to the recent day: R² out of time, negative where the
        mean of the recent day itself would have explained more. None where it finds no two
        segments.
        """
        sample, recent_points = self._get_sample(spec.space)
        axes = sample.points.shape[1]
        if not axes or len(np.unique(sample.points, axis=0)) < spec.least_segments:
            return None
        clustering = cluster_sample(sample, spec, self._settings.seed, REFIT_STARTS)
        if clustering.k < 2:
            return None
        size = np.bincount(clustering.labels, minlength=clustering.k)
        sums = np.bincount(clustering.labels, _take_logarithm(self._earlier), clustering.k)
        predictions = (sums / size)[clustering.assign(recent_points)]
        return _compute_r2(_take_logarithm(self._recent), predictions)

    def _get_sample(self, space: str) -> tuple[SpaceSample, Doubles]:
        if space not in self._samples:
            sample = fit_space_sample(space, self._earlier, self._settings)
            self._samples[space] = sample, sample.space.place(self._recent)
        return self._samples[space]


def _take_logarithm(customers: pa.Table) -> Doubles:
    """Return log(1 + later revenue); net returns count as nothing."""
    revenue = np.nan_to_num(doubles(customers, "later_revenue"))
    return np.asarray(np.log1p(np.maximum(revenue, 0.0)))


def _compute_r2(outcomes: Doubles, predictions: Doubles) -> float | None:
    variation = float(((outcomes - outcomes.mean()) ** 2).sum()) if len(outcomes) else 0.0
    if variation <= 0:
        return None
    return round(1 - float(((outcomes - predictions) ** 2).sum()) / variation, 6)
