"""Logistic regression: straight lines, or curves of splines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.churn.fit.learners.learner import Family, Parameters
from clientela.churn.fit.logistic import fit_ridge
from clientela.churn.fit.training_data import TrainingRows
from clientela.churn.score.additive import Additive
from clientela.churn.score.encoding import Encoding
from clientela.statistics.arrays import Doubles


class RidgeLearner:
    """Ridge logistic regression with an intercept for each date.

    Parameters
    ----------
    name : str
        ``logistic`` or ``spline_logistic``.
    family : str
        Straight lines are simple; curves are learned.
    knots : int
        Breaks inside each curve by default; 0 keeps straight lines and tunes the penalty alone.
    """

    exportable = True

    def __init__(self, name: str, family: Family, knots: int = 0) -> None:
        self.name, self.family, self.knots = name, family, knots

    @property
    def defaults(self) -> Parameters:
        """Return a mild penalty, the inverse of scikit-learn's C."""
        return {"penalty": 100.0 if self.knots else 30.0, "knots": self.knots}

    def suggest(self, trial: Any) -> Parameters:
        """Draw the penalty, and the knots of curves."""
        penalty = trial.suggest_float("penalty", 1.0, 3000.0, log=True)
        knots = trial.suggest_int("knots", 1, 5) if self.knots else 0
        return {"penalty": penalty, "knots": knots}

    def fit(self, rows: TrainingRows, parameters: Parameters, seed: int) -> Additive:
        """Fit the curves."""
        bases = learn_bases(rows.matrix, rows.encoding, int(parameters["knots"]))
        coefficients, intercepts = fit_ridge(
            bases.columns(rows.matrix), rows.left, rows.date_columns(), parameters["penalty"]
        )
        counts = np.unique(rows.dates, return_counts=True)[1]
        average = float(intercepts @ counts) / len(rows)
        return bases.additive(coefficients, average, rows.matrix)


# Quantiles at which a curve is cut off, by convention: what lies beyond bends no line.
TAILS = (0.005, 0.995)
QUANTILE_ROWS = 2_500  # rows enough to place knots
SKEW = 4.0  # so much longer an upper tail than the lower one asks for the logarithm


@dataclass(frozen=True, eq=False)
class SplineBases:
    """The columns of a regression for a matrix of features, and the way back to curves.

    Parameters
    ----------
    curves : Additive
        Axes and knots, slopes still 0.
    used : array of int, shape (columns, 2)
        For each column of the regression the feature and its knot; knot -1 is the indicator of an
        unknown number; for texts, the code.
    mean, scale : arrays of shape (columns,)
        What standardises the columns.
    """

    curves: Additive
    used: npt.NDArray[np.intp]
    mean: Doubles
    scale: Doubles

    def columns(self, matrix: Doubles) -> Doubles:
        """Return the standardised columns, shape (rows, columns)."""
        return (_fill_columns(self.curves, self.used, matrix) - self.mean) / self.scale

    def additive(self, coefficients: Doubles, intercept: float, matrix: Doubles) -> Additive:
        """Return the fitted curves, centred over the rows of a matrix."""
        slopes = np.zeros_like(self.curves.knots)
        missing = np.zeros_like(self.curves.missing)
        heights = np.zeros_like(self.curves.heights)
        width = len(missing)
        for (feature, knot), weight in zip(self.used, coefficients / self.scale, strict=True):
            if feature >= width:
                heights[feature - width, knot] = weight
            elif knot < 0:
                missing[feature] = weight
            else:
                slopes[feature, knot] = weight
        raw = replace(self.curves, slopes=slopes, missing=missing, heights=heights)
        return _centre_curves(
            raw, intercept - float(coefficients @ (self.mean / self.scale)), matrix
        )


def learn_bases(matrix: Doubles, encoding: Encoding, knots: int) -> SplineBases:
    """Place the axes and knots of the numbers, and a height for each category of the texts.

    Parameters
    ----------
    matrix : array of shape (rows, features)
        Customers of training.
    encoding : Encoding
        What made the matrix.
    knots : int
        Breaks inside each curve, at quantiles; 0 draws straight lines.
    """
    numbers = len(encoding.numbers)
    widest = max((len(categories) for categories in encoding.categories), default=0)
    sample = np.ascontiguousarray(matrix[:: max(len(matrix) // QUANTILE_ROWS, 1), :numbers].T)
    axes = [_place_axis(column[~np.isnan(column)], knots) for column in sample]
    breaks = [places for _, _, _, places in axes]
    curves = Additive(
        unit=np.array([unit for unit, _, _, _ in axes]),
        bent=np.array([bent for _, bent, _, _ in axes], dtype=np.bool_),
        low=np.array([places[0] for places in breaks]),
        high=np.array([high for _, _, high, _ in axes]),
        centre=np.zeros(numbers),
        missing=np.zeros(numbers),
        knots=_pad_rows(breaks, knots + 1),
        slopes=np.zeros((numbers, knots + 1)),
        heights=np.zeros((len(encoding.texts), 1 + widest)),
        intercept=0.0,
    )
    candidates = _list_columns(curves)
    columns = _fill_columns(curves, candidates, matrix)
    scale = columns.std(axis=0)
    vary = scale > 1e-9
    return SplineBases(curves, candidates[vary], columns.mean(axis=0)[vary], scale[vary])


def _place_axis(values: Doubles, knots: int) -> tuple[float, bool, float, Doubles]:
    """Return an axis's unit, whether it is bent, its upper end and its knots."""
    if not len(values) or values.min() == values.max():
        return 1.0, False, 0.0, np.zeros(1)
    values = np.sort(values)
    low, middle, high = _interpolate_quantiles(values, np.array([0.02, 0.5, 0.98]))
    bent = bool(high - middle > SKEW * max(middle - low, 1e-12))
    unit = float(np.median(np.abs(values[values != 0.0]))) if bent else float(values.std())
    scaled = values / unit
    axis = np.copysign(np.log1p(np.abs(scaled)), scaled) if bent else scaled
    ends = _interpolate_quantiles(axis, np.array(TAILS))
    if ends[0] == ends[1]:
        ends = np.array([axis.min(), axis.max()])
    inner = _interpolate_quantiles(axis, np.arange(1, knots + 1) / (knots + 1))
    inside = inner[(inner > ends[0]) & (inner < ends[1])]
    return unit, bent, float(ends[1]), np.unique(np.r_[ends[0], inside])


def _interpolate_quantiles(ordered: Doubles, shares: Doubles) -> Doubles:
    ranks = np.arange(len(ordered)) / (len(ordered) - 1.0)
    quantiles: Doubles = np.interp(shares, ranks, ordered)
    return quantiles


def _pad_rows(rows: Sequence[Doubles], width: int) -> Doubles:
    result = np.zeros((len(rows), width))
    for position, row in enumerate(rows):
        result[position, : len(row)] = row
        result[position, len(row) :] = row[-1]
    return result


def _list_columns(curves: Additive) -> npt.NDArray[np.intp]:
    numbers = len(curves.unit)
    pairs = [
        (feature, knot)
        for feature, knots in enumerate(curves.knots)
        for knot in range(len(knots))
        if knot == 0 or knots[knot] > knots[knot - 1]
    ]
    pairs += [(feature, -1) for feature in range(numbers)]
    pairs += [
        (numbers + text, code)
        for text in range(len(curves.heights))
        for code in range(curves.heights.shape[1])
    ]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


def _fill_columns(curves: Additive, used: npt.NDArray[np.intp], matrix: Doubles) -> Doubles:
    numbers = len(curves.unit)
    axes = curves.bend(matrix[:, :numbers])
    unknown = np.isnan(axes)
    filled = np.where(unknown, curves.low, axes)
    result = np.empty((len(matrix), len(used)), order="F")
    for position, (feature, knot) in enumerate(used):
        if feature >= numbers:
            result[:, position] = matrix[:, feature] == knot
        elif knot < 0:
            result[:, position] = unknown[:, feature]
        else:
            result[:, position] = np.maximum(filled[:, feature] - curves.knots[feature, knot], 0.0)
    return result


def _centre_curves(raw: Additive, intercept: float, matrix: Doubles) -> Additive:
    """Centre each curve; what training never showed, unknown or unseen, is taken for average."""
    means = raw.contributions(matrix).mean(axis=0)
    width = len(raw.unit)
    unknown = np.isnan(matrix[:, :width]).any(axis=0)
    codes = np.arange(raw.heights.shape[1])
    trained = (matrix[:, width:, None] == codes).any(axis=0)
    return replace(
        raw,
        centre=means[:width],
        missing=np.where(unknown, raw.missing - means[:width], 0.0),
        heights=np.where(trained, raw.heights - means[width:, None], 0.0),
        intercept=intercept + float(means.sum()),
    )
