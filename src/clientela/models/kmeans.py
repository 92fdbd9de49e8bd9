"""KMeans: centres that minimise the squared distances to them."""

import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from clientela.scoring.columns import Doubles

STARTS = 10
TOLERANCE = 1e-6
DECIMALS = 9  # below what a centre means, above where processors differ


def kmeans(points: Doubles, k: int, seed: int, starts: int = STARTS) -> Doubles:
    """Fit k centres, the best of several k-means++ starts.

    Parameters
    ----------
    points : array of shape (points, features)
        At least k of them distinct, or some centres fall together.
    k : int
        Number of centres.
    seed : int
        Seed of the starts.
    starts : int
        Independent starts.

    References
    ----------
    Arthur, Vassilvitskii (2007), k-means++: the advantages of careful seeding, SODA '07.

    Examples
    --------
    >>> np.sort(kmeans(np.array([[0.0], [1.0], [10.0], [11.0]]), k=2, seed=0), axis=0)
    array([[ 0.5],
           [10.5]])
    """
    model = KMeans(k, n_init=starts, tol=TOLERANCE, random_state=seed % 2**32)
    with warnings.catch_warnings():
        # A resample of few customers may hold fewer distinct points than centres.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(points)
    return np.asarray(model.cluster_centers_, dtype=np.float64).round(DECIMALS)
