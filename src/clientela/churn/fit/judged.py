"""Candidates' probabilities beside what happened, on dates or folds that they had not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from clientela.churn.fit.labelled import KEY, Labelled
from clientela.config.churn import Churn
from clientela.statistics.arrays import Doubles
from clientela.statistics.panel import Owners, Panel, measure_models

MOST = 20_000
"""Customers judged on a date: enough that an interval is as wide as the season's doubt."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Rows of all dates or folds, one below another.

    Parameters
    ----------
    chances : dict of str to array of shape (rows,)
        Probabilities by model, as they would have been told on that day.
    left : array of 0 and 1, shape (rows,)
        Whether they left.
    customers : array of int, shape (rows,)
        Whose row it is, from 0 on.
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
    left: Doubles
    customers: Owners
    worth: Doubles
    slopes: dict[str, float] = field(default_factory=dict)
    dates: int = 1
    times: int = 1

    @property
    def people(self) -> int:
        """Number of customers."""
        return int(self.customers.max(initial=-1)) + 1


def join_outcomes(parts: Sequence[Labelled]) -> tuple[Doubles, Owners]:
    """Return who left and whose row it is; a customer of several dates is one."""
    ids = np.concatenate([np.asarray(part.table.column(KEY).to_pylist(), str) for part in parts])
    left = np.concatenate([part.left for part in parts]).astype(np.float64)
    return left, np.unique(ids, return_inverse=True)[1].astype(np.intp)


def probability(logits: Doubles) -> Doubles:
    """Give the probability of log-odds."""
    chance: Doubles = 1.0 / (1.0 + np.exp(-logits))
    return chance


def measure_holdout(judged: Judged, threshold: float, settings: Churn) -> Panel:
    """Measure every model on the rows and on resamples of their customers."""
    return measure_models(
        judged.chances,
        judged.left,
        judged.customers,
        threshold=threshold,
        resamples=settings.resamples,
        seed=settings.seed,
    )
