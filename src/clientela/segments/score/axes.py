"""Coordinates of customers: one axis a feature, or a few axes that weigh several features."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from clientela.segments.score.transform import Transform
from clientela.statistics.arrays import Doubles, doubles


def coordinates(
    transforms: Sequence[Transform], projection: Doubles | None, snapshot: pa.Table
) -> list[Doubles]:
    """Give one array an axis, each as long as the snapshot.

    Weighted sums run over the features in their order and never through a matrix product, whose
    blocking depends on how many rows there are: a row gets the same bits alone as among a million.

    Parameters
    ----------
    transforms : sequence of Transform
        A feature each.
    projection : array of shape (features, axes) or None
        Weights of the features in each axis; None where each feature is an axis.
    snapshot : pa.Table
        One row a customer.

    Raises
    ------
    ArtifactError
        The customers lack a feature.
    """
    columns = [doubles(snapshot, step.feature) for step in transforms]
    return axes_of(transforms, projection, columns, snapshot.num_rows)


def axes_of(
    transforms: Sequence[Transform],
    projection: Doubles | None,
    columns: Sequence[Doubles],
    rows: int,
) -> list[Doubles]:
    """Give one array an axis of the features' columns, in the order of the transforms."""
    values = [step.apply(column) for step, column in zip(transforms, columns, strict=True)]
    if projection is None:
        return values
    return [_weighted(values, weights, rows) for weights in projection.T]


def _weighted(values: Sequence[Doubles], weights: Doubles, rows: int) -> Doubles:
    total = np.zeros(rows)
    for column, weight in zip(values, weights, strict=True):
        total += column * weight
    return total
