"""Lift: how much commoner leavers are among the highest scores than among all."""

import numpy as np

from clientela.statistics.arrays import Doubles
from clientela.statistics.metrics.ranking import Ranking

SHARE = 0.1


def lift(ranked: Ranking) -> Doubles:
    """Give the lift of the top tenth of every resample; equal scores count in proportion.

    References
    ----------
    Ling & Li (1998), Data mining for direct marketing: problems and solutions, KDD.
    """
    size = ranked.leavers + ranked.stayers
    before = np.cumsum(size, axis=1) - size
    total = before[:, -1:] + size[:, -1:]
    inside = np.clip(SHARE * total - before, 0.0, size)
    share = np.divide(inside, size, out=np.zeros_like(size), where=size > 0)
    found = np.einsum("ij,ij->i", share, ranked.leavers)
    expected = SHARE * ranked.leavers.sum(axis=1)
    lifts: Doubles = np.divide(found, expected, out=np.full(len(found), np.nan), where=expected > 0)
    return lifts
