"""DBSCAN: groups are where points lie close; the sparse rest is noise."""

import numpy as np
from sklearn.cluster import DBSCAN as Dbscan
from sklearn.neighbors import NearestNeighbors

from clientela.segments.fit.algorithms.algorithm import Algorithm, Parameters
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

NEIGHBOURS = 10
"""Points within reach, itself among them, that make a point the core of a group."""

ROWS = 2_000


def dbscan(points: Doubles, parameters: Parameters, seed: int, starts: int) -> Labels:
    """Find groups of points within reach of one another; neither seed nor starts matter.

    The reach is ``eps``, or the ``quantile`` of the distances to the tenth neighbour: the share of
    points that are cores.

    References
    ----------
    Ester, Kriegel, Sander, Xu (1996), A density-based algorithm for discovering clusters in large
    spatial databases with noise, KDD '96.

    Examples
    --------
    >>> points = np.repeat([[0.0], [5.0], [99.0]], [12, 12, 1], axis=0)
    >>> np.unique(dbscan(points, {"eps": 1.0}, seed=0, starts=1)).tolist()
    [-1, 0, 1]
    """
    reach = parameters.get("eps") or _reach(points, parameters["quantile"])
    model = Dbscan(eps=max(reach, 1e-9), min_samples=NEIGHBOURS)
    return np.asarray(model.fit_predict(points), dtype=np.int64)


def _reach(points: Doubles, quantile: float) -> float:
    neighbours = min(NEIGHBOURS, len(points))
    distances, _ = NearestNeighbors(n_neighbors=neighbours).fit(points).kneighbors(points)
    return round(float(np.quantile(distances[:, -1], quantile)), 6)


DBSCAN = Algorithm(dbscan, accepts=("quantile", "eps"), grid=(0.75, 0.90, 0.60), rows=ROWS)
