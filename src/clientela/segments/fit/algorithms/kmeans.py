"""KMeans: centres that minimise the squared distances to them."""

import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from clientela.segments.fit.algorithms.algorithm import Algorithm, Parameters
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

TOLERANCE = 1e-6


def kmeans(points: Doubles, parameters: Parameters, seed: int, starts: int) -> Labels:
    """Find ``k`` groups around centres, the best of several k-means++ starts.

    Parameters
    ----------
    points : array of shape (points, axes)
        At least k of them distinct, or fewer groups are found.
    parameters : mapping
        ``k``, the number of groups.
    seed : int
        Seed of the starts.
    starts : int
        Independent starts.

    References
    ----------
    Arthur, Vassilvitskii (2007), k-means++: the advantages of careful seeding, SODA '07.

    Examples
    --------
    >>> found = kmeans(np.array([[0.0], [1.0], [10.0], [11.0]]), {"k": 2}, seed=0, starts=3)
    >>> sorted(np.bincount(found).tolist())
    [2, 2]
    """
    k = int(parameters["k"])
    model = KMeans(k, n_init=starts, tol=TOLERANCE, random_state=seed % 2**32)
    with warnings.catch_warnings():
        # A resample of few customers may hold fewer distinct points than centres.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(points)
    return np.asarray(model.labels_, dtype=np.int64)


KMEANS = Algorithm(kmeans, accepts=("k",), centres=1)
