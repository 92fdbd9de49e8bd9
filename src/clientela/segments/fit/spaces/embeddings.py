"""Spaces in which groups are sought on a plane: UMAP and t-SNE, of features or of forest leaves.

A forest predicts revenue from the other features; two customers are near if the same leaves catch
them, and UMAP draws that nearness on a plane, as the notebook before Clientela did. A plane holds
only the customers it was made of, so nobody else can be placed on it: it only discovers groups, and
customers are assigned to them in the space of standardised logarithms of the same features, where
the agreement with the groups is measured on customers kept out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.errors import MissingExtra
from clientela.segments.fit.spaces.scaling import fit_log_space, fit_minmax_space
from clientela.segments.fit.spaces.space import FitSpace, Space
from clientela.statistics.arrays import Doubles, doubles

TREES = 100
"""scikit-learn's and LightGBM's own default."""

TARGET = "revenue"

LEAST_CUSTOMERS = 20
"""Below it UMAP has no neighbourhoods to draw: it takes 15 neighbours by default."""

PERPLEXITY = 30.0
"""scikit-learn's default; a third of few customers is the most there can be."""

Leaves = Callable[[Doubles, Doubles, int], Any]
"""Predictors, revenue and a seed, to the leaf of each customer in each tree."""


def fit_umap_space(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit the space of assignment, with UMAP's plane of the same coordinates to search in.

    References
    ----------
    McInnes, Healy, Melville (2018), UMAP: uniform manifold approximation and projection for
    dimension reduction. doi:10.48550/arXiv.1802.03426

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    return _fit_plane_space(snapshot, names, draw_by_umap)


def fit_tsne_space(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit the space of assignment, with t-SNE's plane of the same coordinates to search in.

    References
    ----------
    van der Maaten, Hinton (2008), Visualizing data using t-SNE, Journal of Machine Learning
    Research 9.

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    return _fit_plane_space(snapshot, names, draw_by_tsne)


def _fit_plane_space(
    snapshot: pa.Table, names: Sequence[str], draw: Callable[[Doubles, int], Doubles]
) -> Space:
    space = fit_log_space(snapshot, names)

    def embed(table: pa.Table, seed: int) -> Doubles:
        if table.num_rows < LEAST_CUSTOMERS or not space.transforms:
            return np.zeros((table.num_rows, 2))
        return draw(space.place(table), seed)

    return replace(space, embed=embed)


def make_leaf_space(find_leaves: Leaves) -> FitSpace:
    """Return what fits the space of assignment, with UMAP's plane of a forest's leaves."""

    def fit_leaf_space(snapshot: pa.Table, names: Sequence[str]) -> Space:
        predictors = [name for name in names if name != TARGET]
        space = fit_log_space(snapshot, [TARGET, *predictors])

        def embed(table: pa.Table, seed: int) -> Doubles:
            if table.num_rows < LEAST_CUSTOMERS:
                return np.zeros((table.num_rows, 2))
            scaled = fit_minmax_space(table, predictors).place(table)
            return draw_by_umap(find_leaves(scaled, doubles(table, TARGET), seed), seed)

        return replace(space, embed=embed)

    return fit_leaf_space


def draw_by_umap(points: Doubles, seed: int) -> Doubles:
    """Return two coordinates a customer.

    Raises
    ------
    MissingExtra
        umap-learn is not installed.
    """
    try:
        umap: Any = import_module("umap")
    except ImportError:
        raise MissingExtra.of("umap", "spaces drawn by UMAP") from None
    plane = umap.UMAP(random_state=seed, n_jobs=1).fit_transform(points)
    return np.asarray(plane, dtype=np.float64)


def draw_by_tsne(points: Doubles, seed: int) -> Doubles:
    """Return two coordinates a customer."""
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
    plane = TSNE(perplexity=perplexity, random_state=seed, n_jobs=1).fit_transform(points)
    return np.asarray(plane, dtype=np.float64)


def find_forest_leaves(points: Doubles, revenue: Doubles, seed: int) -> Any:
    """Return the leaves of a random forest."""
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(TREES, random_state=seed, n_jobs=1)
    return forest.fit(points, revenue).apply(points)


def find_extra_leaves(points: Doubles, revenue: Doubles, seed: int) -> Any:
    """Return the leaves of extra trees, split at random, each grown on everybody."""
    from sklearn.ensemble import ExtraTreesRegressor

    forest = ExtraTreesRegressor(TREES, random_state=seed, n_jobs=1)
    return forest.fit(points, revenue).apply(points)


def find_boosted_leaves(points: Doubles, revenue: Doubles, seed: int) -> Any:
    """Return the leaves of LightGBM's trees, each grown on what those before it left."""
    import lightgbm  # slow to import, and rarely asked for

    parameters = {"seed": seed, "num_threads": 1, "deterministic": True, "verbosity": -1}
    data = lightgbm.Dataset(points, revenue)
    return lightgbm.train(parameters, data, TREES).predict(points, pred_leaf=True)


LEAVES: Mapping[str, Leaves] = {
    "leaves": find_forest_leaves,
    "extra_leaves": find_extra_leaves,
    "boosted_leaves": find_boosted_leaves,
}
"""Whose leaves say who is near, by the names of the configuration."""
