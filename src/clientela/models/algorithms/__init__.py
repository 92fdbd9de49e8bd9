"""The algorithms that find groups, by the names of the configuration."""

from collections.abc import Mapping

from clientela.models.algorithms.algorithm import NOISE, Algorithm, Parameters
from clientela.models.algorithms.dbscan import DBSCAN
from clientela.models.algorithms.hdbscan import HDBSCAN
from clientela.models.algorithms.kmeans import KMEANS
from clientela.models.algorithms.mixture import GAUSSIAN_MIXTURE
from clientela.models.algorithms.ward import WARD

__all__ = ["ALGORITHMS", "NOISE", "Algorithm", "Parameters"]

ALGORITHMS: Mapping[str, Algorithm] = {
    "kmeans": KMEANS,
    "gaussian_mixture": GAUSSIAN_MIXTURE,
    "ward": WARD,
    "dbscan": DBSCAN,
    "hdbscan": HDBSCAN,
}
