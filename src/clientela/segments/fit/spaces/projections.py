"""Linear spaces of several features an axis: principal components, and rotated factors.

A linear map places a single customer as it places everybody, so what is found there can serve.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from clientela.segments.fit.spaces.scaling import fit_log_space
from clientela.segments.fit.spaces.space import Space
from clientela.statistics.arrays import Doubles

BEHAVIOUR_FEATURES = (
    "revenue",
    "orders",
    "days_since_last",
    "tenure_days",
    "average_order_value",
    "products",
    "lines_per_order",
    "units_per_order",
    "returned_share",
    "revenue_90d",
    "orders_90d",
    "top_product_share",
)
"""Value, frequency, recency, age, baskets, variety, returns and the last three months."""

VARIANCE_SHARE = 0.90
"""Components are taken until they hold this share of the variance; by convention."""

MOST_COMPONENTS = 6
"""By convention: half of the behaviour features."""

WEIGHT_DECIMALS = 9
"""Of the projection: above where processors differ."""


def fit_component_space(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit a linear map of log-standardised features onto their principal components.

    References
    ----------
    Jolliffe (2002), Principal Component Analysis, 2nd edition. doi:10.1007/b98835

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    return _fit_linear_space(snapshot, names, _fit_components)


def fit_factor_space(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit a linear map of log-standardised features onto common factors, turned by varimax.

    Unlike components, factors leave aside what a feature shares with no other.

    References
    ----------
    Kaiser (1958), The varimax criterion for analytic rotation in factor analysis, Psychometrika 23.
    doi:10.1007/BF02289233

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    return _fit_linear_space(snapshot, names, _fit_factors)


def _fit_linear_space(
    snapshot: pa.Table, names: Sequence[str], fit_weights: Callable[[Doubles], Doubles]
) -> Space:
    space = fit_log_space(snapshot, names)
    points = space.place(snapshot)
    if points.shape[1] < 2 or len(points) < 2:
        return space
    weights = fit_weights(points)
    # the largest weight of an axis is made positive: processors differ in the sign
    largest = np.abs(weights).argmax(axis=0)
    signs = np.sign(weights[largest, np.arange(weights.shape[1])])
    return replace(space, projection=np.asarray(weights * signs).round(WEIGHT_DECIMALS))


def _fit_components(points: Doubles) -> Doubles:
    from sklearn.decomposition import PCA

    pca = PCA(svd_solver="covariance_eigh").fit(points)
    number = _count_axes(pca.explained_variance_ratio_)
    return np.asarray(pca.components_[:number].T, dtype=np.float64)


def _fit_factors(points: Doubles) -> Doubles:
    from sklearn.decomposition import PCA, FactorAnalysis

    shares = PCA(svd_solver="covariance_eigh").fit(points).explained_variance_ratio_
    number = max(2, min(_count_axes(shares), points.shape[1] - 1))
    model = FactorAnalysis(number, rotation="varimax", svd_method="lapack").fit(points)
    units = np.eye(points.shape[1]) + model.mean_
    return np.asarray(model.transform(units), dtype=np.float64)


def _count_axes(shares: Doubles) -> int:
    number = int(np.searchsorted(np.cumsum(shares), VARIANCE_SHARE)) + 1
    return min(number, MOST_COMPONENTS)
