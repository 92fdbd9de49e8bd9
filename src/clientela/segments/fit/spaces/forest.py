"""Leaves of a random forest embedded in two dimensions, as the notebook before Clientela did it.

The forest predicts revenue from the other features; two customers are near if the same leaves catch
them, and UMAP draws that nearness on a plane. The plane holds only the customers it was made of, so
others cannot be placed on it: it only discovers groups, and customers are assigned to them in the
space of standardised logarithms of the same features, with the fidelity stated.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.ensemble import RandomForestRegressor

from clientela.errors import MissingExtra
from clientela.segments.fit.spaces.logarithm import log_standardised
from clientela.segments.fit.spaces.minmax import minmax
from clientela.segments.fit.spaces.space import Space
from clientela.statistics.arrays import Doubles, doubles

TREES = 100
TARGET = "revenue"
LEAST_CUSTOMERS = 20
"""Below it UMAP has no neighbourhoods to draw."""


def leaves(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit the space of assignment, and promise the embedding.

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    predictors = [name for name in names if name != TARGET]
    space = log_standardised(snapshot, [TARGET, *predictors])

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
    scaled = minmax(table, predictors).points(table)
    forest = RandomForestRegressor(TREES, random_state=seed, n_jobs=1)
    found = forest.fit(scaled, doubles(table, TARGET)).apply(scaled)
    placed = umap.UMAP(random_state=seed, n_jobs=1).fit_transform(found)
    return np.asarray(placed, dtype=np.float64)


def _umap() -> Any:
    try:
        return import_module("umap")
    except ImportError:
        raise MissingExtra.of("umap", "the space of leaves") from None
