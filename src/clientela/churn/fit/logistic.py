"""Logistic regression with a ridge penalty, by Newton's method."""

from typing import NamedTuple

import numpy as np

from clientela.statistics.arrays import Doubles

STEPS = 30
ENOUGH = 1e-8


class Line(NamedTuple):
    """Coefficients of the columns and log-odds where all columns are 0."""

    coefficients: Doubles
    intercepts: Doubles


def fit_ridge(columns: Doubles, left: Doubles, groups: Doubles, penalty: float) -> Line:
    """Fit coefficients shared by all rows, and one free intercept for each group of rows.

    Minimises the sum of log losses plus ``penalty / 2`` times the squares of the coefficients; the
    intercepts are not penalised, so that the season of a date bends no coefficient. A vanishing
    penalty on them keeps a group of one class finite.

    Parameters
    ----------
    columns : array of shape (rows, columns)
        Standardised.
    left : array of 0 and 1, shape (rows,)
        The outcome.
    groups : array of 0 and 1, shape (rows, groups)
        Membership: each row in one group.
    penalty : float
        The inverse of what scikit-learn calls C.

    References
    ----------
    le Cessie & van Houwelingen (1992), Ridge estimators in logistic regression, Applied
    Statistics 41(1), doi:10.2307/2347628.
    """
    problem = _Problem(
        np.hstack([columns, groups]),
        left,
        np.r_[np.full(columns.shape[1], penalty), np.full(groups.shape[1], 1e-3)],
    )
    beta = np.zeros(problem.design.shape[1])
    value = problem.loss(beta)
    for _ in range(STEPS):
        before = value
        beta, value = problem.downhill(beta, value)
        if before - value < ENOUGH * (abs(value) + 1.0):
            break
    return Line(beta[: columns.shape[1]], beta[columns.shape[1] :])


def solve_definite(matrix: Doubles, right: Doubles) -> Doubles:
    """Solve a system whose matrix is positive definite but for rounding.

    Directions whose curvature is below rounding are left alone, so that no processor's solver
    finds the matrix singular where another's does not.

    Examples
    --------
    >>> solve_definite(np.array([[2.0, 0.0], [0.0, 0.0]]), np.array([4.0, 0.0]))
    array([2., 0.])
    """
    curvatures, axes = np.linalg.eigh(matrix)
    told = curvatures > len(matrix) * np.finfo(np.float64).eps * np.abs(curvatures).max()
    if told.all():
        return np.asarray(np.linalg.solve(matrix, right))
    return np.asarray(axes[:, told] @ ((axes[:, told].T @ right) / curvatures[told]))


class _Problem(NamedTuple):
    design: Doubles
    left: Doubles
    penalties: Doubles

    def loss(self, beta: Doubles) -> float:
        logit = self.design @ beta
        losses = np.logaddexp(0.0, logit) - self.left * logit
        return float(losses.sum() + 0.5 * np.dot(self.penalties, beta * beta))

    def downhill(self, beta: Doubles, value: float) -> tuple[Doubles, float]:
        """Take Newton's step, halved until it lowers the loss."""
        chance = 1.0 / (1.0 + np.exp(-np.clip(self.design @ beta, -500.0, 500.0)))
        slope = self.design.T @ (chance - self.left) + self.penalties * beta
        spread = np.maximum(chance * (1.0 - chance), 1e-10)
        curvature = self.design.T @ (self.design * spread[:, None]) + np.diag(self.penalties)
        step = solve_definite(curvature, slope)
        for halving in range(20):
            tried = beta - step * 0.5**halving
            found = self.loss(tried)
            if found <= value:
                return tried, found
        return beta, value


PULL = 4.0  # how many nats an untold slope costs against 1, per unit squared


def fit_slope(logits: Doubles, left: Doubles) -> float:
    """Give the slope that the outcomes ask for, drawn towards 1 where they are few.

    The intercept is left free: the level is the season's matter. A model that ranks the wrong way
    round gets a slope of 0, not a negative one.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines; Cox (1958), Two further
    applications of a model for binary regression, Biometrika 45, doi:10.1093/biomet/45.3-4.562.
    """
    centred = logits - logits.mean()
    if left.min() == left.max() or not np.ptp(centred):
        return 1.0
    ones = np.ones((len(left), 1))
    line = fit_ridge(np.column_stack([centred]), left, ones, 1e-6)
    found = float(line.coefficients[0])
    chance = 1.0 / (1.0 + np.exp(-found * centred))
    told = float(np.sum(chance * (1.0 - chance) * centred**2))
    return max((found * told + PULL) / (told + PULL), 0.0)
