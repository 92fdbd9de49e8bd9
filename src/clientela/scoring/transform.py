"""How one feature becomes one axis of the common space."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from clientela.scoring.columns import Doubles

Curve = Literal["log", "linear"]


@dataclass(frozen=True, kw_only=True)
class Transform:
    """A feature's way into the space, learnt once and stored with the model.

    In this order: an unknown value becomes ``fill``; the value is divided by ``unit``; the curve
    ``log`` takes sign(x) log(1 + abs(x)), so that net returns stay negative; ``mean`` and ``scale``
    standardise; what lies beyond ``limit`` deviations is drawn back to it, so that one enormous
    buyer pulls no centre.

    Parameters
    ----------
    feature : str
        Name of the snapshot's column.
    dtype : str
        Its Arrow type when the model was fitted.
    curve : {"log", "linear"}
        Shares stay linear; money, counts and days take the logarithm.
    unit : float
        Divisor before the curve, in the feature's own unit; for money a tenth of the median, so
        that the currency's unit changes nothing.
    fill : float
        Stands for an unknown value, in the feature's own unit.
    mean, scale : float
        Mean and standard deviation after the curve.
    limit : float
        Furthest coordinate, in standard deviations.

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

    def apply(self, values: Doubles) -> Doubles:
        """Give the coordinates of values, row by row."""
        bent = bend(np.where(np.isnan(values), self.fill, values), self.curve, self.unit)
        return np.clip((bent - self.mean) / self.scale, -self.limit, self.limit)


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
