"""Rows from the highest score down, with what weighted resamples of them accumulate."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles

STEPS = 400


class Ranking(NamedTuple):
    """Weighted counts of leavers and stayers at each different score, highest first.

    Both have the shape (resamples, scores).
    """

    leavers: Doubles
    stayers: Doubles


def ranking(chance: Doubles, left: Doubles) -> Ranking:
    """Rank the rows themselves, as one resample; equal scores stand together.

    Examples
    --------
    >>> ranking(np.array([0.2, 0.9, 0.9]), np.array([0.0, 1.0, 0.0])).stayers
    array([[1., 1.]])
    """
    order = np.argsort(-chance, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(chance[order]) != 0.0])
    leavers = np.add.reduceat(left[order], starts)
    stayers = np.add.reduceat(1.0 - left[order], starts)
    return Ranking(leavers[None], stayers[None])


def steps(chance: Doubles) -> npt.NDArray[np.intp]:
    """Give each row's place on a scale of at most 400 scores, the highest first.

    Enough for the spread of resamples, which is added to the exact value.
    """
    edges = np.unique(np.quantile(-chance, np.arange(1, STEPS) / STEPS, method="inverted_cdf"))
    place: npt.NDArray[np.intp] = np.searchsorted(edges, -chance, side="left")
    return place
