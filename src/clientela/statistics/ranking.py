"""Ranking metrics of scores, for many weighted resamples at once: ROC AUC, PR AUC and lift.

A ranking is a pair of arrays of shape (resamples, scores): the weighted counts of leavers and of
stayers at each different score, the highest score first.
"""

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles

# Scores distinguished in resamples; the exact value replaces the mean, so that only the spread is
# coarse: the tests hold it against DeLong's variance.
STEPS = 400
# The top decile, by convention of direct marketing.
TOP_SHARE = 0.1


def rank_rows(chance: Doubles, left: Doubles) -> tuple[Doubles, Doubles]:
    """Return leavers and stayers of the rows themselves, as one resample; equal scores together.

    Examples
    --------
    >>> leavers, stayers = rank_rows(np.array([0.2, 0.9, 0.9]), np.array([0.0, 1.0, 0.0]))
    >>> stayers
    array([[1., 1.]])
    """
    order = np.argsort(-chance, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(chance[order]) != 0.0])
    leavers = np.add.reduceat(left[order], starts)
    stayers = np.add.reduceat(1.0 - left[order], starts)
    return leavers[None], stayers[None]


def assign_steps(chance: Doubles) -> npt.NDArray[np.intp]:
    """Return each row's position on a scale of at most 400 scores, the highest first."""
    edges = np.unique(np.quantile(-chance, np.arange(1, STEPS) / STEPS, method="inverted_cdf"))
    steps: npt.NDArray[np.intp] = np.searchsorted(edges, -chance, side="left")
    return steps


def roc_auc(leavers: Doubles, stayers: Doubles) -> Doubles:
    """Return the area under the ROC curve: the chance that a leaver scores above a stayer.

    Equal scores count half; NaN where one class is absent.

    References
    ----------
    Hanley & McNeil (1982), The meaning and use of the area under a ROC curve, Radiology 143(1),
    doi:10.1148/radiology.143.1.7063747.
    """
    above = np.cumsum(leavers, axis=1)
    everybody = above[:, -1].copy()
    above -= 0.5 * leavers
    won = np.einsum("ij,ij->i", above, stayers)
    return divide_or_nan(won, everybody * stayers.sum(axis=1))


def pr_auc(leavers: Doubles, stayers: Doubles) -> Doubles:
    """Return the average precision: steps, no straight lines between points.

    References
    ----------
    Davis & Goadrich (2006), The relationship between Precision-Recall and ROC curves, ICML,
    doi:10.1145/1143844.1143874.
    """
    hits = np.cumsum(leavers, axis=1)
    called = np.cumsum(leavers + stayers, axis=1)
    everybody = hits[:, -1].copy()
    np.divide(hits, called, out=hits, where=called > 0)
    return divide_or_nan(np.einsum("ij,ij->i", hits, leavers), everybody)


def lift(leavers: Doubles, stayers: Doubles) -> Doubles:
    """Return how much commoner leavers are in the top tenth than among all.

    Equal scores count in proportion.

    References
    ----------
    Ling & Li (1998), Data mining for direct marketing: problems and solutions, KDD.
    """
    size = leavers + stayers
    before = np.cumsum(size, axis=1) - size
    total = before[:, -1:] + size[:, -1:]
    inside = np.clip(TOP_SHARE * total - before, 0.0, size)
    share = np.divide(inside, size, out=np.zeros_like(size), where=size > 0)
    hits = np.einsum("ij,ij->i", share, leavers)
    return divide_or_nan(hits, TOP_SHARE * leavers.sum(axis=1))


def divide_or_nan(over: Doubles, under: Doubles) -> Doubles:
    """Return a ratio, NaN where the divisor is not positive."""
    nothing = np.full(len(under), np.nan)
    ratio: Doubles = np.divide(over, under, out=nothing, where=under > 0)
    return ratio
