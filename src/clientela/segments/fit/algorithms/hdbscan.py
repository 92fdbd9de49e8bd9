"""HDBSCAN: the groups that last longest as the reach of DBSCAN grows."""

import numpy as np
from sklearn.cluster import HDBSCAN as Hdbscan

from clientela.segments.fit.algorithms.algorithm import Algorithm, Parameters
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

NEIGHBOURS = 10
LEAST_MEMBERS = 5
ROWS = 2_000


def hdbscan(points: Doubles, parameters: Parameters, seed: int, starts: int) -> Labels:
    """Find groups of at least ``min_share`` of the points; neither seed nor starts matter.

    References
    ----------
    Campello, Moulavi, Sander (2013), Density-based clustering based on hierarchical density
    estimates, PAKDD 2013. doi:10.1007/978-3-642-37456-2_14

    Examples
    --------
    >>> points = np.repeat([[0.0], [5.0], [99.0]], [12, 12, 1], axis=0)
    >>> np.unique(hdbscan(points, {"min_share": 0.1}, seed=0, starts=1)).tolist()
    [-1, 0, 1]
    """
    least = max(LEAST_MEMBERS, round(parameters["min_share"] * len(points)))
    neighbours = min(NEIGHBOURS, len(points))
    model = Hdbscan(min_cluster_size=least, min_samples=neighbours, copy=True)
    return np.asarray(model.fit_predict(points), dtype=np.int64)


HDBSCAN = Algorithm(hdbscan, accepts=("min_share",), grid=(0.02, 0.05), rows=ROWS)
