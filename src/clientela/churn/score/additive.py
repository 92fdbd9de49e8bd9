"""A sum of curves, one a feature: the log-odds of a logistic regression, taken apart exactly."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles

ROWS = 16_384  # rows computed together, so that they stay in the processor's cache
NUMBERS = ("unit", "bent", "low", "high", "centre", "missing", "knots", "slopes")


@dataclass(frozen=True, eq=False, kw_only=True)
class Additive:
    """Straight lines between knots for each number, a height for each category of each text.

    A number is divided by ``unit``, bent to sign(x) log(1 + abs(x)) where ``bent`` says so, and
    drawn into [low, high]; its contribution is the sum over knots of slope times what exceeds the
    knot, less ``centre``. Every contribution has mean 0 over the customers of training.

    Parameters
    ----------
    unit, bent, low, high, centre, missing : arrays of shape (numbers,)
        How a number is read; ``missing`` is the contribution of an unknown one.
    knots, slopes : arrays of shape (numbers, knots)
        The first knot is ``low``; unused ones have slope 0.
    heights : array of shape (texts, categories + 1)
        Contributions by code; unused ones are 0.
    intercept : float
        Log-odds of the average customer.
    """

    unit: Doubles
    bent: npt.NDArray[np.bool_]
    low: Doubles
    high: Doubles
    centre: Doubles
    missing: Doubles
    knots: Doubles
    slopes: Doubles
    heights: Doubles
    intercept: float

    def contributions(self, matrix: Doubles) -> Doubles:
        """Return the log-odds that each feature adds, shape (customers, features)."""
        result = np.empty_like(matrix)
        for start in range(0, len(matrix), ROWS):
            rows = slice(start, start + ROWS)
            self._fill(matrix[rows], result[rows])
        return result

    def logits(self, matrix: Doubles) -> Doubles:
        """Return the log-odds, shape (customers,)."""
        total: Doubles = self.intercept + self.contributions(matrix).sum(axis=1)
        return total

    def reads(self) -> npt.NDArray[np.intp]:
        """Return the positions of the features that can add anything."""
        numbers = self.slopes.any(axis=1) | (self.centre != 0.0) | (self.missing != 0.0)
        return np.flatnonzero(np.r_[numbers, self.heights.any(axis=1)])

    def only(self, columns: npt.NDArray[np.intp]) -> "Additive":
        """Return the same sum over the features at these positions; the others add nothing."""
        width = len(self.unit)
        numbers, texts = columns[columns < width], columns[columns >= width] - width
        parts = {name: getattr(self, name)[numbers] for name in NUMBERS}
        return replace(self, **parts, heights=self.heights[texts])

    def _fill(self, matrix: Doubles, result: Doubles) -> None:
        width = len(self.unit)
        numbers = matrix[:, :width]
        total = self._curves(self.bend(numbers)) - self.centre
        unknown = np.isnan(numbers)
        result[:, :width] = np.where(unknown, self.missing, total) if unknown.any() else total
        for position, heights in enumerate(self.heights):
            result[:, width + position] = heights[matrix[:, width + position].astype(np.intp)]

    def bend(self, numbers: Doubles) -> Doubles:
        """Bring numbers onto the axes of the curves."""
        scaled = numbers / self.unit
        bent = self.bent
        scaled[:, bent] = np.copysign(np.log1p(np.abs(scaled[:, bent])), scaled[:, bent])
        clipped: Doubles = np.clip(scaled, self.low, self.high)
        return clipped

    def _curves(self, axes: Doubles) -> Doubles:
        total = np.zeros_like(axes)
        for knot, slope in zip(self.knots.T, self.slopes.T, strict=True):
            above = axes - knot
            np.maximum(above, 0.0, out=above)
            above *= slope
            total += above
        return total

    def parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return JSON and arrays, ready to be stored."""
        arrays = {name: getattr(self, name) for name in (*NUMBERS, "heights")}
        return {"core": "additive", "intercept": self.intercept}, arrays


def load_additive(payload: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Additive:
    """Make the sum of curves of what was stored."""
    names = ("unit", "low", "high", "centre", "missing", "knots", "slopes", "heights")
    doubles = {name: np.asarray(arrays[name], dtype=np.float64) for name in names}
    bent = np.asarray(arrays["bent"], dtype=np.bool_)
    return Additive(bent=bent, intercept=float(payload["intercept"]), **doubles)
