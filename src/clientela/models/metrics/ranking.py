"""Rows from the highest score down, with what weighted resamples of them accumulate."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clientela.models.metrics.resampling import Weights
from clientela.scoring.columns import Doubles


class Ranking(NamedTuple):
    """Weighted counts of leavers and stayers at each different score, highest first.

    Both have the shape (resamples, scores).
    """

    leavers: npt.NDArray[np.float64]
    stayers: npt.NDArray[np.float64]


def ranking(chance: Doubles, left: Doubles, weights: Weights) -> Ranking:
    """Sort once, and sum the weights of equal scores for every resample."""
    order = np.argsort(-chance, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(chance[order]) != 0.0])
    sorted_weights = weights[:, order].astype(np.float64)
    positive = sorted_weights * left[order]
    sorted_weights -= positive
    if len(starts) == len(order):
        return Ranking(positive, sorted_weights)
    leavers = np.add.reduceat(positive, starts, axis=1)
    return Ranking(leavers, np.add.reduceat(sorted_weights, starts, axis=1))
