"""Every candidate on past dates, learnt from what was known on each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clientela.churn.fit.calibration import slope
from clientela.churn.fit.judged import MOST, Judged, join_outcomes, probability
from clientela.churn.fit.labelled import Labelled
from clientela.churn.fit.learners.learner import Learner
from clientela.churn.fit.rows import rows_of, sampled
from clientela.churn.fit.season import Season, shift_for
from clientela.churn.fit.timeline import Split, Timeline
from clientela.churn.fit.tuning import Tuned, tuned
from clientela.churn.score.encoding import Encoding
from clientela.config.churn import Churn
from clientela.statistics.arrays import Doubles

TRIED_ROWS, TUNED_ROWS = 9_000, 3_000
"""Rows that candidates learn from while they are compared, and while they are tuned."""


@dataclass(frozen=True, eq=False)
class Contest:
    """Who competes, on what, in which roles of the dates."""

    past: Sequence[Labelled]
    learners: Sequence[Learner]
    encoding: Encoding
    timeline: Timeline
    season: Season
    settings: Churn

    def tuned(self) -> Tuned:
        """Choose each learner's setting on the date that tunes, or keep the first ones."""
        split = self.timeline.tuning
        if split is None or not self.settings.trials:
            return Tuned({learner.name: learner.defaults for learner in self.learners})
        train = [self.past[position] for position in split.train]
        seed = self.settings.seed
        return tuned(
            self.learners,
            rows_of(train, self.encoding, TUNED_ROWS, seed),
            rows_of([self.past[split.test]], self.encoding, TUNED_ROWS, seed),
            self.settings.trials,
            seed,
        )

    def judged(self, settings: Tuned) -> Judged:
        """Calibrate each candidate on the date that calibrates, and judge it on those that choose.

        Returns
        -------
        Judged
            Probabilities as they would have been told on each date, level and all; but for the
            slope, one number a model, which is that of the later date that calibrates.
        """
        slopes = {learner.name: 1.0 for learner in self.learners}
        if self.timeline.calibrating is not None:
            test = sampled(self.past[self.timeline.calibrating.test], MOST, self.settings.seed)
            found = self._logits(self.timeline.calibrating, test, settings)
            left = test.left.astype(np.float64)
            slopes = {name: slope(logits, left) for name, logits in found.items()}
        parts, chances = [], []
        for split in self.timeline.choosing:
            test = sampled(self.past[split.test], MOST, self.settings.seed)
            found = self._logits(split, test, settings)
            parts.append(test)
            chances.append(self._told(found, slopes, test))
        return Judged(
            {name: np.concatenate([one[name] for one in chances]) for name in slopes},
            *join_outcomes(parts),
            np.concatenate([part.worth for part in parts]),
            slopes,
            dates=len(parts),
            times=len(parts),
        )

    def _logits(self, split: Split, test: Labelled, settings: Tuned) -> dict[str, Doubles]:
        train = [self.past[position] for position in split.train]
        rows = rows_of(train, self.encoding, TRIED_ROWS, self.settings.seed)
        matrix = self.encoding.matrix(test.table)
        return {
            learner.name: learner.fit(rows, settings[learner.name], self.settings.seed).logits(
                matrix
            )
            for learner in self.learners
        }

    def _told(
        self, logits: dict[str, Doubles], slopes: dict[str, float], test: Labelled
    ) -> dict[str, Doubles]:
        if test.as_of is None:
            raise ValueError("a snapshot without a date cannot be judged in time")
        share = self.season.expected(test.as_of).share
        bent = {name: slopes[name] * values for name, values in logits.items()}
        return {name: probability(one + shift_for(one, share)) for name, one in bent.items()}
