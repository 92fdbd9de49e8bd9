"""Ward: groups joined pair by pair, so that the squared distances within grow least."""

import numpy as np
from sklearn.cluster import AgglomerativeClustering

from clientela.segments.fit.algorithms.algorithm import Algorithm, Parameters
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

ROWS = 1_200


def ward(points: Doubles, parameters: Parameters, seed: int, starts: int) -> Labels:
    """Find ``k`` groups by joining; neither seed nor starts matter.

    References
    ----------
    Ward (1963), Hierarchical grouping to optimize an objective function, Journal of the American
    Statistical Association 58. doi:10.1080/01621459.1963.10500845

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> sorted(np.bincount(ward(points, {"k": 2}, seed=0, starts=1)).tolist())
    [2, 2]
    """
    model = AgglomerativeClustering(int(parameters["k"]), linkage="ward")
    return np.asarray(model.fit_predict(points), dtype=np.int64)


WARD = Algorithm(ward, accepts=("k",), rows=ROWS)
