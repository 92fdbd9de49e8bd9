"""Candidates' probabilities beside what happened, on dates or folds that they had not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from clientela.churn.fit.labelled import KEY, Labelled
from clientela.statistics.arrays import Doubles
from clientela.statistics.metrics.panel import Outcome

MOST = 20_000
"""Customers judged on a date: enough that an interval is as wide as the season's doubt."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Rows of all dates or folds, one below another.

    Parameters
    ----------
    chances : dict of str to array of shape (rows,)
        Probabilities by model, as they would have been told on that day.
    outcome : Outcome
        What happened, and whose row it is.
    worth : array of shape (rows,)
        Money at stake.
    slopes : dict of str to float
        Calibration of each model.
    dates : int
        Dates or folds.
    times : int
        How often the customers were asked about: on so many dates, or in so many repeats.
    """

    chances: dict[str, Doubles]
    outcome: Outcome
    worth: Doubles
    slopes: dict[str, float] = field(default_factory=dict)
    dates: int = 1
    times: int = 1

    @property
    def left(self) -> Doubles:
        """What happened."""
        return self.outcome.left


def outcome_of(parts: Sequence[Labelled]) -> Outcome:
    """Put outcomes below each other; a customer of several dates is one."""
    ids = np.concatenate([np.asarray(part.table.column(KEY).to_pylist(), str) for part in parts])
    left = np.concatenate([part.left for part in parts]).astype(np.float64)
    return Outcome(left, np.unique(ids, return_inverse=True)[1].astype(np.intp))


def probability(logits: Doubles) -> Doubles:
    """Give the probability of log-odds."""
    chance: Doubles = 1.0 / (1.0 + np.exp(-logits))
    return chance
