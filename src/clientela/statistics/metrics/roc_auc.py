"""Area under the ROC curve: the chance that a leaver scores above a stayer."""

import numpy as np

from clientela.statistics.arrays import Doubles
from clientela.statistics.metrics.ranking import Ranking


def roc_auc(ranked: Ranking) -> Doubles:
    """Give the area of every resample; equal scores count half, NaN where one class is absent.

    References
    ----------
    Hanley & McNeil (1982), The meaning and use of the area under a ROC curve, Radiology 143(1),
    doi:10.1148/radiology.143.1.7063747.
    """
    above = np.cumsum(ranked.leavers, axis=1)
    everybody = above[:, -1].copy()
    above -= 0.5 * ranked.leavers
    won = np.einsum("ij,ij->i", above, ranked.stayers)
    pairs = everybody * ranked.stayers.sum(axis=1)
    area: Doubles = np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return area
