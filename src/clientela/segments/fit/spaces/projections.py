"""Principal components of many behaviour features: what they share, said once."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor

from clientela.errors import MissingExtra
from clientela.segments.fit.spaces.scaling import fit_log_space, fit_minmax_space
from clientela.segments.fit.spaces.space import Space
from clientela.statistics.arrays import Doubles, doubles

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
"""Components are kept until they hold this share of the variance."""

MOST_COMPONENTS = 6
DECIMALS = 9


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
    space = fit_log_space(snapshot, names)
    points = space.points(snapshot)
    if points.shape[1] < 2 or len(points) < 2:
        return space
    return replace(space, projection=_projection(points))


def _projection(points: Doubles) -> Doubles:
    fitted = PCA(svd_solver="covariance_eigh").fit(points)
    held = np.cumsum(fitted.explained_variance_ratio_)
    wanted = int(np.searchsorted(held, VARIANCE_SHARE)) + 1
    weights = fitted.components_[: min(wanted, MOST_COMPONENTS)]
    return np.asarray(_upright(weights).T, dtype=np.float64).round(DECIMALS)


def _upright(weights: Doubles) -> Doubles:
    """Turn each component so that its largest weight is positive: processors differ in the sign."""
    largest = np.abs(weights).argmax(axis=1)
    signs = np.sign(weights[np.arange(len(weights)), largest])
    return np.asarray(weights * signs[:, None])


TREES = 100
TARGET = "revenue"
LEAST_CUSTOMERS = 20
"""Below it UMAP has no neighbourhoods to draw."""


def fit_leaf_space(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit the space of assignment, and promise the embedding.

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    predictors = [name for name in names if name != TARGET]
    space = fit_log_space(snapshot, [TARGET, *predictors])

    def embed(table: pa.Table, seed: int) -> Doubles:
        return _embedded(table, predictors, seed)

    return replace(space, embed=embed)


def _embedded(table: pa.Table, predictors: Sequence[str], seed: int) -> Doubles:
    """Give two coordinates a customer.

    References
    ----------
    McInnes, Healy, Melville (2018), UMAP: uniform manifold approximation and projection for
    dimension reduction. doi:10.48550/arXiv.1802.03426

    Raises
    ------
    MissingExtra
        umap-learn is not installed.
    """
    if table.num_rows < LEAST_CUSTOMERS:
        return np.zeros((table.num_rows, 2))
    umap = _umap()
    scaled = fit_minmax_space(table, predictors).points(table)
    forest = RandomForestRegressor(TREES, random_state=seed, n_jobs=1)
    found = forest.fit(scaled, doubles(table, TARGET)).apply(scaled)
    placed = umap.UMAP(random_state=seed, n_jobs=1).fit_transform(found)
    return np.asarray(placed, dtype=np.float64)


def _umap() -> Any:
    try:
        return import_module("umap")
    except ImportError:
        raise MissingExtra.of("umap", "the space of leaves") from None
