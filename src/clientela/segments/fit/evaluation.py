"""The candidates of one snapshot: fitted, measured, and the best of them tested harder."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from clientela.config import Segments
from clientela.progress import Progress
from clientela.segments.fit import choice
from clientela.segments.fit.candidate import EvaluatedCandidate
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.clustering import Clustering, cluster_sample
from clientela.segments.fit.measurement import Figures
from clientela.segments.fit.out_of_time import OutOfTimeTest, TwoSnapshots
from clientela.segments.fit.space_sample import SpaceSample, fit_space_sample
from clientela.segments.fit.spaces import COMMON
from clientela.segments.fit.stability import (
    REFIT_STARTS,
    STARTS,
    bootstrap_stability,
    compare_seeds,
)
from clientela.statistics.arrays import doubles

CUSTOMERS_A_SEGMENT = 5
"""Distinct customers a segment must have on average, or it is not tried."""

FEW_REFITS = 2
"""Refits of a sound candidate that is no contender."""

FEW_SEEDS, SEEDS = 1, 4
"""Other seeds of such a candidate, and of a contender."""

TOLD_EVERY = 10


class Tried(NamedTuple):
    """A candidate with the division that was measured."""

    candidate: EvaluatedCandidate
    division: Clustering


class Evaluation:
    """Fits and measures on the sampled customers of one snapshot.

    Parameters
    ----------
    customers : pa.Table
        Sampled, in the order of their ids.
    whole : bool
        Whether they are everybody.
    settings : Segments
        Limits, resamples and seed.
    past : Past or None
        What foresight is measured on.
    progress : Progress or None
        Told how many candidates are done.
    """

    def __init__(
        self,
        customers: pa.Table,
        settings: Segments,
        *,
        whole: bool,
        past: TwoSnapshots | None,
        progress: Progress | None,
    ) -> None:
        self.settings = settings
        self._customers = customers
        self._grounds: dict[str, SpaceSample] = {}
        self._most: dict[str, int] = {}
        self._hindsight = OutOfTimeTest(past, settings) if past else None
        self._progress = progress
        common = self.ground(COMMON).points
        revenue = np.nan_to_num(doubles(customers, "revenue"))
        self._figures = Figures(common, revenue, whole, settings.seed, self.ground)

    @property
    def customers(self) -> int:
        """How many customers are sampled."""
        return len(self._customers)

    def ground(self, space: str) -> SpaceSample:
        """Give the customers in a space, fitted when it is first asked for."""
        if space not in self._grounds:
            self._grounds[space] = fit_space_sample(space, self._customers, self.settings)
        return self._grounds[space]

    def most_segments(self, space: str = COMMON) -> int:
        """Give the largest number of segments that there are enough different customers for."""
        if space not in self._most:
            points = self.ground(space).points
            distinct = len(np.unique(points, axis=0)) if points.shape[1] else 1
            self._most[space] = int(distinct // CUSTOMERS_A_SEGMENT)
        return self._most[space]

    def run(self, recipes: Sequence[CandidateSpec]) -> list[Tried]:
        """Fit recipes and measure them all; sound ones are refitted a few times."""
        divisions = []
        for number, recipe in enumerate(recipes, start=1):
            divisions.append(self._divided(recipe))
            if self._progress and (number % TOLD_EVERY == 0 or number == len(recipes)):
                self._progress.fact("candidates", fitted=number, of=len(recipes))
        candidates = self._figures.of(divisions)
        return [
            Tried(self._screened(candidate, division), division)
            for candidate, division in zip(candidates, divisions, strict=True)
        ]

    def settled(self, tried: Sequence[Tried]) -> list[Tried]:
        """Refit the contenders as often as configured, until none is left with few refits."""
        settled = list(tried)
        while shaky := self._untested(settled):
            for place in shaky:
                settled[place] = self.tested(settled[place])
        return settled

    def tested(self, tried: Tried) -> Tried:
        """Refit a candidate as often as configured, and from several seeds."""
        return Tried(self._refitted(tried, self.settings.bootstraps, SEEDS, STARTS), tried.division)

    def _untested(self, tried: Sequence[Tried]) -> list[int]:
        if not self.settings.bootstraps:
            return []
        candidates = [one.candidate for one in tried]
        contending = choice.list_contenders(candidates, self.settings)
        return [
            place
            for place, one in enumerate(candidates)
            if one.refits < self.settings.bootstraps + SEEDS
            and any(one is other for other in contending)
        ]

    def _divided(self, recipe: CandidateSpec) -> Clustering:
        division = cluster_sample(self.ground(recipe.space), recipe, self.settings.seed, STARTS)
        return (
            division.order_by_revenue(division.labels, self._figures.revenue)
            if division.k
            else division
        )

    def _screened(self, candidate: EvaluatedCandidate, division: Clustering) -> EvaluatedCandidate:
        if candidate.k < 2:
            return candidate
        foresight = self._hindsight.explained(candidate.spec) if self._hindsight else None
        seen = replace(candidate, foresight=foresight)
        if choice.explain_unsound(seen, self.settings):
            return seen
        refits = min(FEW_REFITS, self.settings.bootstraps)
        return self._refitted(Tried(seen, division), refits, FEW_SEEDS, REFIT_STARTS)

    def _refitted(self, tried: Tried, refits: int, seeds: int, starts: int) -> EvaluatedCandidate:
        """Measure stability, unless no refits at all are asked for."""
        if not self.settings.bootstraps:
            return tried.candidate
        ground, seed = self.ground(tried.candidate.spec.space), self.settings.seed
        return replace(
            tried.candidate,
            stability=bootstrap_stability(ground, tried.division, refits, seed),
            seed_ari=compare_seeds(ground, tried.division, seeds, seed, starts),
            refits=refits + seeds,
        )
