"""Clustering algorithms, by the names of the configuration: KMeans, mixture, Ward, (H)DBSCAN.

scikit-learn takes a second to load, which only what fits has to pay.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

NOISE = -1
"""Label of a point that an algorithm puts in no group."""

KMEANS_TOLERANCE = 1e-6
"""By convention: far below what the rounded centres show."""

VARIANCE_FLOOR_SHARE = 0.01
"""Least variance of a mixture's group along any axis, as a share of an axis' mean variance.

Counts pile up on single values; without a floor a group would shrink onto one of them.
"""

MIXTURE_TOLERANCE, MOST_MIXTURE_ROUNDS = 1e-2, 100
"""By convention: ten times scikit-learn's tolerance, to spare time, and its rounds."""

NEIGHBOURS = 10
"""Points within reach, itself among them, that make a point a core; by convention."""

LEAST_MEMBERS = 5
"""Fewest members of a group of HDBSCAN; scikit-learn's default."""

QUADRATIC_ROWS, WARD_ROWS = 2_000, 1_200
"""Most customers for algorithms whose cost grows with their square; chosen for their time."""

Parameters = Mapping[str, float]
FindGroups = Callable[[Doubles, Parameters, int, int], Labels]
"""Points, parameters, seed and starts, to a label a point: 0, 1, …, or :data:`NOISE`."""


class Algorithm(NamedTuple):
    """A clustering algorithm with its grid.

    Parameters
    ----------
    find : callable
        Finds the groups.
    accepts : tuple of str
        Parameters that may be given; the grid runs over the first.
    grid : tuple of float
        Its values; empty where they are the numbers of segments in the configuration.
    rows : int or None
        Most customers it is run on, because its cost grows with their square; None for the whole
        sample.
    centres : int
        Most centres that stand for one of its groups when customers are assigned.
    """

    find: FindGroups
    accepts: tuple[str, ...]
    grid: tuple[float, ...] = ()
    rows: int | None = None
    centres: int = 8


def find_by_kmeans(points: Doubles, parameters: Parameters, seed: int, starts: int) -> Labels:
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
    >>> points = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> sorted(np.bincount(find_by_kmeans(points, {"k": 2}, seed=0, starts=3)).tolist())
    [2, 2]
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    k = int(parameters["k"])
    model = KMeans(k, n_init=starts, tol=KMEANS_TOLERANCE, random_state=seed % 2**32)
    with warnings.catch_warnings():
        # A resample of few customers may hold fewer distinct points than centres.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(points)
    return np.asarray(model.labels_, dtype=np.int64)


def find_by_mixture(points: Doubles, parameters: Parameters, seed: int, starts: int) -> Labels:
    """Find ``k`` ellipsoidal groups by maximum likelihood, from one run of KMeans.

    References
    ----------
    McLachlan, Peel (2000), Finite Mixture Models. doi:10.1002/0471721182

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> sorted(np.bincount(find_by_mixture(points, {"k": 2}, seed=0, starts=1)).tolist())
    [2, 2]
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(
        int(parameters["k"]),
        tol=MIXTURE_TOLERANCE,
        reg_covar=max(VARIANCE_FLOOR_SHARE * float(points.var(axis=0).mean()), 1e-12),
        max_iter=MOST_MIXTURE_ROUNDS,
        random_state=seed % 2**32,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(model.fit_predict(points), dtype=np.int64)


def find_by_ward(points: Doubles, parameters: Parameters, seed: int, starts: int) -> Labels:
    """Find ``k`` groups by joining pairs; neither seed nor starts matter.

    References
    ----------
    Ward (1963), Hierarchical grouping to optimize an objective function, Journal of the American
    Statistical Association 58. doi:10.1080/01621459.1963.10500845

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> sorted(np.bincount(find_by_ward(points, {"k": 2}, seed=0, starts=1)).tolist())
    [2, 2]
    """
    from sklearn.cluster import AgglomerativeClustering

    model = AgglomerativeClustering(int(parameters["k"]), linkage="ward")
    return np.asarray(model.fit_predict(points), dtype=np.int64)


def find_by_dbscan(points: Doubles, parameters: Parameters, seed: int, starts: int) -> Labels:
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
    >>> np.unique(find_by_dbscan(points, {"eps": 1.0}, seed=0, starts=1)).tolist()
    [-1, 0, 1]
    """
    from sklearn.cluster import DBSCAN

    reach = parameters.get("eps") or _quantile_reach(points, parameters["quantile"])
    model = DBSCAN(eps=max(reach, 1e-9), min_samples=NEIGHBOURS)
    return np.asarray(model.fit_predict(points), dtype=np.int64)


def _quantile_reach(points: Doubles, quantile: float) -> float:
    from sklearn.neighbors import NearestNeighbors

    neighbours = min(NEIGHBOURS, len(points))
    distances, _ = NearestNeighbors(n_neighbors=neighbours).fit(points).kneighbors(points)
    return round(float(np.quantile(distances[:, -1], quantile)), 6)


def find_by_hdbscan(points: Doubles, parameters: Parameters, seed: int, starts: int) -> Labels:
    """Find the lasting groups of at least ``min_share`` of the points; no seed, no starts.

    References
    ----------
    Campello, Moulavi, Sander (2013), Density-based clustering based on hierarchical density
    estimates, PAKDD 2013. doi:10.1007/978-3-642-37456-2_14

    Examples
    --------
    >>> points = np.repeat([[0.0], [5.0], [99.0]], [12, 12, 1], axis=0)
    >>> np.unique(find_by_hdbscan(points, {"min_share": 0.1}, seed=0, starts=1)).tolist()
    [-1, 0, 1]
    """
    from sklearn.cluster import HDBSCAN

    least = max(LEAST_MEMBERS, round(parameters["min_share"] * len(points)))
    neighbours = min(NEIGHBOURS, len(points))
    model = HDBSCAN(min_cluster_size=least, min_samples=neighbours, copy=True)
    return np.asarray(model.fit_predict(points), dtype=np.int64)


ALGORITHMS: Mapping[str, Algorithm] = {
    "kmeans": Algorithm(find_by_kmeans, accepts=("k",), centres=1),
    "gaussian_mixture": Algorithm(find_by_mixture, accepts=("k",), rows=QUADRATIC_ROWS),
    "ward": Algorithm(find_by_ward, accepts=("k",), rows=WARD_ROWS),
    "dbscan": Algorithm(
        find_by_dbscan, ("quantile", "eps"), grid=(0.75, 0.90, 0.60), rows=QUADRATIC_ROWS
    ),
    "hdbscan": Algorithm(find_by_hdbscan, ("min_share",), grid=(0.02, 0.05), rows=QUADRATIC_ROWS),
}
