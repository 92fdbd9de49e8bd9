"""Transforms of features into the axes of a space, and coordinates of customers on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from clientela.statistics.arrays import Doubles, doubles

Curve = Literal["log", "linear", "rank"]


@dataclass(frozen=True, kw_only=True)
class Transform:
    """A feature's way into the space, learnt once and stored with the model.

    In this order: an unknown value becomes ``fill``; the value is divided by ``unit``; the curve
    ``log`` takes sign(x) log(1 + abs(x)), so that net returns stay negative, and the curve ``rank``
    the share of customers below; ``mean`` and ``scale`` standardise; what lies beyond ``limit`` is
    drawn back to it, so that one enormous buyer pulls no centre.

    Parameters
    ----------
    feature : str
        Name of the snapshot's column.
    dtype : str
        Its Arrow type when the model was fitted.
    curve : {"log", "linear", "rank"}
        How the value is bent.
    unit : float
        Divisor before the curve, in the feature's own unit; for money a tenth of the median, so
        that the currency's unit changes nothing.
    fill : float
        Stands for an unknown value, in the feature's own unit.
    mean, scale : float
        Mean and standard deviation after the curve.
    limit : float
        Furthest coordinate, in units of ``scale``.
    knots, heights : tuple of float
        Increasing values and the ranks, from 0 to 1, between which the curve ``rank`` is drawn
        straight; empty for other curves.

    Examples
    --------
    >>> orders = Transform(
    ...     feature="orders",
    ...     dtype="int64",
    ...     curve="linear",
    ...     unit=1.0,
    ...     fill=2.0,
    ...     mean=2.0,
    ...     scale=0.5,
    ...     limit=3.0,
    ... )
    >>> orders.apply(np.array([2.0, 3.0, np.nan, 99.0]))
    array([0., 2., 0., 3.])
    """

    feature: str
    dtype: str
    curve: Curve
    unit: float
    fill: float
    mean: float
    scale: float
    limit: float
    knots: tuple[float, ...] = ()
    heights: tuple[float, ...] = ()

    def apply(self, values: Doubles) -> Doubles:
        """Return the coordinates of values, row by row."""
        values = np.where(np.isnan(values), self.fill, values)
        if self.curve == "rank":
            bent = interpolate(values, self.knots, self.heights)
        else:
            bent = bend(values, self.curve, self.unit)
        return np.clip((bent - self.mean) / self.scale, -self.limit, self.limit)


def interpolate(values: Doubles, knots: Sequence[float], heights: Sequence[float]) -> Doubles:
    """Read values off straight lines between knots; beyond the ends the line is level.

    Written out, because ``numpy.interp`` takes another way for few values than for many.

    Examples
    --------
    >>> interpolate(np.array([0.0, 2.0, 9.0]), (1.0, 3.0), (0.2, 0.8))
    array([0.2, 0.5, 0.8])
    """
    x, y = np.asarray(knots, dtype=np.float64), np.asarray(heights, dtype=np.float64)
    if len(x) == 1:
        return np.full(len(values), y[0])
    left = np.clip(np.searchsorted(x, values, side="right") - 1, 0, len(x) - 2)
    slopes = np.diff(y) / np.diff(x)
    return np.clip(y[left] + (values - x[left]) * slopes[left], y[0], y[-1])


def bend(values: Doubles, curve: Curve, unit: float) -> Doubles:
    """Divide by the unit and apply the curve.

    Examples
    --------
    >>> bend(np.array([-9.0, 0.0, 9.0]), "log", 9.0)
    array([-0.69, 0.  , 0.69])
    """
    scaled = values / unit
    if curve == "linear":
        return scaled
    return np.copysign(np.log1p(np.abs(scaled)), scaled)


def compute_coordinates(
    transforms: Sequence[Transform], projection: Doubles | None, snapshot: pa.Table
) -> list[Doubles]:
    """Return one array an axis, each as long as the snapshot.

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
    columns = [doubles(snapshot, transform.feature) for transform in transforms]
    return compute_axes(transforms, projection, columns, snapshot.num_rows)


def compute_axes(
    transforms: Sequence[Transform],
    projection: Doubles | None,
    columns: Sequence[Doubles],
    rows: int,
) -> list[Doubles]:
    """Return one array an axis, from the features' columns in the order of the transforms.

    Weighted sums run over the features in their order and never through a matrix product, whose
    blocking depends on how many rows there are: a row gets the same bits alone as among a million.
    """
    values = [
        transform.apply(column) for transform, column in zip(transforms, columns, strict=True)
    ]
    if projection is None:
        return values
    axes = []
    for weights in projection.T:
        total = np.zeros(rows)
        for column, weight in zip(values, weights, strict=True):
            total += column * weight
        axes.append(total)
    return axes
