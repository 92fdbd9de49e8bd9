"""Logistic regression with a ridge penalty, by Newton's method."""

import numpy as np

from clientela.statistics.arrays import Doubles

# Newton's steps at the most, by convention.
STEPS = 30
# Share of the loss that a last step gains, by convention.
ENOUGH = 1e-8
# Nats, for each unit squared, that a slope costs by which it differs from 1, by convention.
PULL = 4.0


def fit_ridge(
    columns: Doubles, left: Doubles, groups: Doubles, penalty: float
) -> tuple[Doubles, Doubles]:
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

    Returns
    -------
    tuple of arrays
        Coefficients of the columns, and the log-odds of each group where all columns are 0.

    References
    ----------
    le Cessie & van Houwelingen (1992), Ridge estimators in logistic regression, Applied
    Statistics 41(1), doi:10.2307/2347628.
    """
    design = np.hstack([columns, groups])
    penalties = np.r_[np.full(columns.shape[1], penalty), np.full(groups.shape[1], 1e-3)]
    beta = np.zeros(design.shape[1])
    value = _measure_loss(design, left, penalties, beta)
    for _ in range(STEPS):
        before = value
        beta, value = _descend(design, left, penalties, beta, value)
        if before - value < ENOUGH * (abs(value) + 1.0):
            break
    return beta[: columns.shape[1]], beta[columns.shape[1] :]


def improve_ridge(
    columns: Doubles, left: Doubles, weights: Doubles, penalty: float, beta: Doubles
) -> Doubles:
    """Take one of Newton's steps, of weighted rows and outcomes between 0 and 1.

    Parameters
    ----------
    columns : array of shape (rows, columns)
        The first is of ones and hardly penalised, the others are standardised.
    left, weights : arrays of shape (rows,)
        The outcome as a probability, and what a row counts.
    """
    penalties = np.r_[1e-3, np.full(columns.shape[1] - 1, penalty)]
    value = _measure_loss(columns, left, penalties, beta, weights)
    return _descend(columns, left, penalties, beta, value, weights)[0]


def solve_definite(matrix: Doubles, right: Doubles) -> Doubles:
    """Solve a system whose matrix is positive definite but for rounding.

    Directions whose curvature is below rounding are left alone, so that no processor's solver
    finds the matrix singular where another's does not.

    Examples
    --------
    >>> solve_definite(np.array([[2.0, 0.0], [0.0, 0.0]]), np.array([4.0, 0.0]))
    array([2., 0.])
    """
    curvatures = np.linalg.eigvalsh(matrix)
    least = len(matrix) * np.finfo(np.float64).eps * np.abs(curvatures).max()
    if (curvatures > least).all():  # nearly always, and without the axes it is known sooner
        return np.asarray(np.linalg.solve(matrix, right))
    curvatures, axes = np.linalg.eigh(matrix)
    resolved = curvatures > least
    return np.asarray(axes[:, resolved] @ ((axes[:, resolved].T @ right) / curvatures[resolved]))


def _measure_loss(
    design: Doubles,
    left: Doubles,
    penalties: Doubles,
    beta: Doubles,
    weights: Doubles | float = 1.0,
) -> float:
    logit = design @ beta
    losses = weights * (np.logaddexp(0.0, logit) - left * logit)
    return float(losses.sum() + 0.5 * np.dot(penalties, beta * beta))


def _descend(
    design: Doubles,
    left: Doubles,
    penalties: Doubles,
    beta: Doubles,
    value: float,
    weights: Doubles | float = 1.0,
) -> tuple[Doubles, float]:
    """Take Newton's step, halved until it lowers the loss."""
    chance = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -500.0, 500.0)))
    slope = design.T @ (weights * (chance - left)) + penalties * beta
    spread = weights * np.maximum(chance * (1.0 - chance), 1e-10)
    curvature = design.T @ (design * spread[:, None]) + np.diag(penalties)
    step = solve_definite(curvature, slope)
    for halving in range(20):
        candidate = beta - step * 0.5**halving
        loss = _measure_loss(design, left, penalties, candidate, weights)
        if loss <= value:
            return candidate, loss
    return beta, value


def fit_slope(logits: Doubles, left: Doubles) -> float:
    """Return the slope that the outcomes ask for, drawn towards 1 where they are few.

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
    coefficients, _ = fit_ridge(np.column_stack([centred]), left, ones, 1e-6)
    estimate = float(coefficients[0])
    chance = 1.0 / (1.0 + np.exp(-estimate * centred))
    information = float(np.sum(chance * (1.0 - chance) * centred**2))
    return max((estimate * information + PULL) / (information + PULL), 0.0)
