"""The algorithms that find groups, by the names of the configuration."""

from collections.abc import Mapping

from clientela.segments.fit.algorithms.algorithm import NOISE, Algorithm, Parameters
from clientela.segments.fit.algorithms.dbscan import DBSCAN
from clientela.segments.fit.algorithms.hdbscan import HDBSCAN
from clientela.segments.fit.algorithms.kmeans import KMEANS
from clientela.segments.fit.algorithms.mixture import GAUSSIAN_MIXTURE
from clientela.segments.fit.algorithms.ward import WARD

__all__ = ["ALGORITHMS", "NOISE", "Algorithm", "Parameters"]

ALGORITHMS: Mapping[str, Algorithm] = {
    "kmeans": KMEANS,
    "gaussian_mixture": GAUSSIAN_MIXTURE,
    "ward": WARD,
    "dbscan": DBSCAN,
    "hdbscan": HDBSCAN,
}
