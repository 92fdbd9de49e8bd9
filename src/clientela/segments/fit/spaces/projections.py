"""Spaces of several features an axis: principal components, and an embedding of forest leaves.

A random forest predicts revenue from the other features; two customers are near if the same leaves
catch them, and UMAP draws that nearness on a plane, as the notebook before Clientela did. The plane
holds only the customers it was made of, so nobody else can be placed on it: it only discovers
groups, and customers are assigned to them in the space of standardised logarithms of the same
features, with the fidelity stated.
"""

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
"""Components are taken until they hold this share of the variance; by convention."""

MOST_COMPONENTS = 6
"""By convention: half of the behaviour features."""

WEIGHT_DECIMALS = 9
"""Of the projection: above where processors differ."""

TREES = 100  # scikit-learn's own default
"""scikit-learn's default."""

TARGET = "revenue"

LEAST_CUSTOMERS = 20
"""Below it UMAP has no neighbourhoods to draw: it takes 15 neighbours by default."""


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
    points = space.place(snapshot)
    if points.shape[1] < 2 or len(points) < 2:
        return space
    return replace(space, projection=_fit_projection(points))


def _fit_projection(points: Doubles) -> Doubles:
    pca = PCA(svd_solver="covariance_eigh").fit(points)
    cumulated = np.cumsum(pca.explained_variance_ratio_)
    number = int(np.searchsorted(cumulated, VARIANCE_SHARE)) + 1
    weights = pca.components_[: min(number, MOST_COMPONENTS)]
    # the largest weight of a component is made positive: processors differ in the sign
    largest = np.abs(weights).argmax(axis=1)
    signs = np.sign(weights[np.arange(len(weights)), largest])
    return np.asarray((weights * signs[:, None]).T, dtype=np.float64).round(WEIGHT_DECIMALS)


def fit_leaf_space(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit the space of assignment, with the embedding of forest leaves to search in.

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    predictors = [name for name in names if name != TARGET]
    space = fit_log_space(snapshot, [TARGET, *predictors])

    def embed(table: pa.Table, seed: int) -> Doubles:
        return _embed_leaves(table, predictors, seed)

    return replace(space, embed=embed)


def _embed_leaves(table: pa.Table, predictors: Sequence[str], seed: int) -> Doubles:
    """Return two coordinates a customer.

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
    umap = _import_umap()
    scaled = fit_minmax_space(table, predictors).place(table)
    forest = RandomForestRegressor(TREES, random_state=seed, n_jobs=1)
    leaves = forest.fit(scaled, doubles(table, TARGET)).apply(scaled)
    plane = umap.UMAP(random_state=seed, n_jobs=1).fit_transform(leaves)
    return np.asarray(plane, dtype=np.float64)


def _import_umap() -> Any:
    try:
        return import_module("umap")
    except ImportError:
        raise MissingExtra.of("umap", "the space of leaves") from None
