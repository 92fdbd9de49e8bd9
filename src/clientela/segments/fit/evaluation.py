"""The evaluation of candidates on one snapshot: fitted, measured, the best refitted harder."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from clientela.config import Segments
from clientela.progress import Progress
from clientela.segments.fit.candidate import EvaluatedCandidate
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.choice import explain_unsound, list_contenders
from clientela.segments.fit.clustering import Clustering, cluster_sample
from clientela.segments.fit.measurement import measure_clusterings
from clientela.segments.fit.out_of_time import OutOfTimeTest, SnapshotPair
from clientela.segments.fit.space_sample import SpaceSample, fit_space_sample
from clientela.segments.fit.stability import REFIT_STARTS, STARTS, measure_stability
from clientela.statistics.arrays import doubles

LEAST_CUSTOMERS_A_SEGMENT = 5
"""Distinct customers a segment must have on average, or it is not tried; by convention."""

SCREENING_REFITS, SCREENING_SEEDS = 2, 1
"""Refits and other seeds of a sound candidate that is no contender: enough to see it is far off."""

CONTENDER_SEEDS = 4
"""Other seeds of a contender; chosen for its time."""

PROGRESS_STEP = 10  # by convention: candidates between two lines of progress


class Evaluation:
    """Fits and measures candidates on the sampled customers of one snapshot.

    Parameters
    ----------
    customers : pa.Table
        A sample, in the order of their ids.
    settings : Segments
        Limits, resamples and seed.
    everyone : bool
        Whether the sample is everybody.
    past : pair of pa.Table or None
        Two earlier snapshots with later revenue, for the out-of-time R².
    progress : Progress or None
        Where the number of finished candidates is shown.
    """

    def __init__(
        self,
        customers: pa.Table,
        settings: Segments,
        *,
        everyone: bool,
        past: SnapshotPair | None,
        progress: Progress | None,
    ) -> None:
        self.settings, self.customers = settings, len(customers)
        self._table, self._everyone, self._progress = customers, everyone, progress
        self._samples: dict[str, SpaceSample] = {}
        self._most_segments: dict[str, int] = {}
        self._out_of_time = OutOfTimeTest(past, settings) if past else None
        self._revenue = np.nan_to_num(doubles(customers, "revenue"))

    def get_sample(self, space: str) -> SpaceSample:
        """Return the customers in a space, fitted at its first use."""
        if space not in self._samples:
            self._samples[space] = fit_space_sample(space, self._table, self.settings)
        return self._samples[space]

    def count_possible_segments(self, space: str) -> int:
        """Return the most segments that there are enough different customers for."""
        if space not in self._most_segments:
            points = self.get_sample(space).points
            distinct = len(np.unique(points, axis=0)) if points.shape[1] else 1
            self._most_segments[space] = int(distinct // LEAST_CUSTOMERS_A_SEGMENT)
        return self._most_segments[space]

    def evaluate(self, specs: Sequence[CandidateSpec]) -> list[EvaluatedCandidate]:
        """Fit and measure candidates, then refit the contenders as often as configured."""
        clusterings = []
        for number, spec in enumerate(specs, start=1):
            clusterings.append(self._cluster(spec))
            if self._progress and (number % PROGRESS_STEP == 0 or number == len(specs)):
                self._progress.fact("candidates", fitted=number, of=len(specs))
        measured = measure_clusterings(
            clusterings,
            self.get_sample,
            self._revenue,
            everyone=self._everyone,
            seed=self.settings.seed,
        )
        candidates = [self._screen(candidate) for candidate in measured]
        while positions := self._list_open_contenders(candidates):
            for position in positions:
                candidates[position] = self.refine(candidates[position])
        return candidates

    def refine(self, candidate: EvaluatedCandidate) -> EvaluatedCandidate:
        """Refit a candidate as often as configured, and from several seeds."""
        return self._refit(candidate, self.settings.bootstraps, CONTENDER_SEEDS, STARTS)

    def _cluster(self, spec: CandidateSpec) -> Clustering:
        sample = self.get_sample(spec.space)
        clustering = cluster_sample(sample, spec, self.settings.seed, STARTS)
        if not clustering.k:
            return clustering
        return clustering.order_by_revenue(clustering.labels, self._revenue)

    def _screen(self, candidate: EvaluatedCandidate) -> EvaluatedCandidate:
        """Measure what tells candidates apart cheaply: foresight, and a few refits if sound."""
        if candidate.k < 2:
            return candidate
        if self._out_of_time:
            r_squared = self._out_of_time.measure_r2(candidate.spec)
            candidate = replace(candidate, foresight=r_squared)
        if explain_unsound(candidate, self.settings):
            return candidate
        refits = min(SCREENING_REFITS, self.settings.bootstraps)
        return self._refit(candidate, refits, SCREENING_SEEDS, REFIT_STARTS)

    def _list_open_contenders(self, candidates: Sequence[EvaluatedCandidate]) -> list[int]:
        """Return the positions of contenders with fewer refits than configured."""
        if not self.settings.bootstraps:
            return []
        contenders = list_contenders(candidates, self.settings)
        enough = self.settings.bootstraps + CONTENDER_SEEDS
        return [
            position
            for position, candidate in enumerate(candidates)
            if candidate in contenders and candidate.refits < enough
        ]

    def _refit(
        self, candidate: EvaluatedCandidate, refits: int, seeds: int, starts: int
    ) -> EvaluatedCandidate:
        """Measure stability, unless the configuration wants no refits at all."""
        if not self.settings.bootstraps:
            return candidate
        return measure_stability(
            candidate,
            self.get_sample(candidate.spec.space),
            refits=refits,
            seeds=seeds,
            starts=starts,
            seed=self.settings.seed,
        )
