"""Gaussian mixture: groups of any ellipsoidal shape, each point in its most probable one."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from clientela.segments.fit.algorithms.algorithm import Algorithm, Parameters
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

FLOOR_SHARE = 0.01
"""Least variance of a group along any axis, as a share of the mean variance of an axis.

Counts pile up on single values; without a floor a group would shrink onto one of them.
"""

ROWS = 2_000
TOLERANCE = 1e-2
MOST_ROUNDS = 100


def gaussian_mixture(points: Doubles, parameters: Parameters, seed: int, starts: int) -> Labels:
    """Find ``k`` groups by maximum likelihood, from the best of ``starts`` runs of KMeans.

    References
    ----------
    McLachlan, Peel (2000), Finite Mixture Models. doi:10.1002/0471721182

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> sorted(np.bincount(gaussian_mixture(points, {"k": 2}, seed=0, starts=1)).tolist())
    [2, 2]
    """
    model = GaussianMixture(
        int(parameters["k"]),
        tol=TOLERANCE,
        reg_covar=max(FLOOR_SHARE * float(points.var(axis=0).mean()), 1e-12),
        max_iter=MOST_ROUNDS,
        random_state=seed % 2**32,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(model.fit_predict(points), dtype=np.int64)


GAUSSIAN_MIXTURE = Algorithm(gaussian_mixture, accepts=("k",), rows=ROWS)
