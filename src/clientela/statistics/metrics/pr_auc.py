"""Area under the precision-recall curve, as average precision."""

import numpy as np

from clientela.statistics.arrays import Doubles
from clientela.statistics.metrics.ranking import Ranking


def pr_auc(ranked: Ranking) -> Doubles:
    """Give the average precision of every resample: steps, no straight lines between points.

    References
    ----------
    Davis & Goadrich (2006), The relationship between Precision-Recall and ROC curves, ICML,
    doi:10.1145/1143844.1143874.
    """
    found = np.cumsum(ranked.leavers, axis=1)
    asked = np.cumsum(ranked.leavers + ranked.stayers, axis=1)
    everybody = found[:, -1].copy()
    np.divide(found, asked, out=found, where=asked > 0)
    total = np.einsum("ij,ij->i", found, ranked.leavers)
    area: Doubles = np.divide(
        total, everybody, out=np.full(len(total), np.nan), where=everybody > 0
    )
    return area
