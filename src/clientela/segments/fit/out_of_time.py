"""Foresight: what a division of the past would have told of the revenue that followed."""

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoSnapshots:
    """Two earlier days of the same firm, with what happened in the days after each.

    Parameters
    ----------
    earlier, recent : pa.Table
        Snapshots of two past days, one row a customer; the earlier one is learnt from, the recent
        one judged.
    earlier_later, recent_later : pa.Table
        ``customer_id`` and ``later_revenue`` of the same customers over the horizon after each.
    """

    earlier: pa.Table
    earlier_later: pa.Table
    recent: pa.Table
    recent_later: pa.Table

    @classmethod
    def of(
        cls, history: History, horizon_days: int, names: Sequence[str] | None = None
    ) -> "TwoSnapshots | None":
        """Take the two latest days whose horizons are over and do not overlap.

        Parameters
        ----------
        history : History
            The firm's past.
        horizon_days : int
            Days after each date over which revenue is counted; as many must lie before the earlier.
        names : sequence of str, optional
            Features wanted; ``wanted`` lists those that are read.

        Returns
        -------
        Past or None
            None where the history is too short.
        """
        dates = history.dates(horizon_days, horizon_days, horizon_days)
        if len(dates) < 2:
            return None
        recent, earlier = dates[:2]
        return cls(
            earlier=history.snapshot(earlier, names),
            earlier_later=history.later(earlier, horizon_days),
            recent=history.snapshot(recent, names),
            recent_later=history.later(recent, horizon_days),
        )


class OutOfTimeTest:
    """Recipes refitted on the earlier day and judged on the recent one.

    Parameters
    ----------
    past : Past
        The two days.
    settings : Segments
        Features, sample and seed.
    """

    def __init__(self, past: TwoSnapshots, settings: Segments) -> None:
        self._settings = settings
        self._earlier = draw_sample(sort_by_customer(past.earlier), settings)
        self._recent = draw_sample(sort_by_customer(past.recent), settings)
        self._learnt = _log_revenue(past.earlier_later, self._earlier)
        self._happened = _log_revenue(past.recent_later, self._recent)
        self._grounds: dict[str, tuple[SpaceSample, Doubles]] = {}

    def explained(self, recipe: CandidateSpec) -> float | None:
        """Give the share of the variance of the log of later revenue that segments explain.

        The recipe is fitted on the earlier day, each segment's mean of log(1 + later revenue) is
        learnt there, and both are applied to the recent day: R² out of time, negative where the
        mean of the recent day itself would have told more. None where it finds no two segments.
        """
        ground, recent = self._ground(recipe.space)
        if (
            not ground.points.shape[1]
            or len(np.unique(ground.points, axis=0)) < recipe.groups_asked
        ):
            return None
        division = cluster_sample(ground, recipe, self._settings.seed, REFIT_STARTS)
        if division.k < 2:
            return None
        size = np.bincount(division.labels, minlength=division.k)
        means = np.bincount(division.labels, self._learnt, division.k) / size
        return _r_squared(self._happened, means[division.assign(recent)])

    def _ground(self, name: str) -> tuple[SpaceSample, Doubles]:
        if name not in self._grounds:
            ground = fit_space_sample(name, self._earlier, self._settings)
            self._grounds[name] = ground, ground.space.points(self._recent)
        return self._grounds[name]


def _log_revenue(later: pa.Table, customers: pa.Table) -> Doubles:
    """Give log(1 + later revenue) of customers in their order; net returns count as nothing."""
    ids = customers.column("customer_id")
    rows = pc.index_in(ids, value_set=later.column("customer_id"))
    revenue = doubles(later.take(rows), "later_revenue")
    return np.asarray(np.log1p(np.maximum(np.nan_to_num(revenue), 0.0)))


def _r_squared(happened: Doubles, told: Doubles) -> float | None:
    spread = float(((happened - happened.mean()) ** 2).sum()) if len(happened) else 0.0
    if spread <= 0:
        return None
    return round(1 - float(((happened - told) ** 2).sum()) / spread, 6)
