"""Maximum likelihood over logarithms of parameters: several starts, and errors from the Hessian."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clientela.models.clv.likelihood import Likelihood
from clientela.scoring.columns import Doubles

LOWEST, HIGHEST = -12.0, 14.0
"""Bounds of the logarithms; a parameter that ends there is not told by the data."""
SAME = 1e-3
"""Log-likelihood within which two starts have found the same maximum."""
STEP = 1e-4
CLIMBS = 2
"""Starts that are climbed from."""
GRADIENT = 1e-5
"""Largest gradient left, for each customer."""


class Maximum(NamedTuple):
    """Where the log-likelihood is highest.

    ``theta`` holds logarithms of the parameters, ``covariance`` is theirs and empty where the
    Hessian has no inverse, ``agreeing`` counts the climbs that came here, ``converged`` says that
    the gradient is gone.
    """

    theta: Doubles
    log_likelihood: float
    covariance: Doubles
    starts: int
    agreeing: int
    converged: bool

    @property
    def at_bound(self) -> bool:
        """Whether a parameter has run to the end of its range."""
        return bool(((self.theta < LOWEST + 0.1) | (self.theta > HIGHEST - 0.1)).any())


def maximise(likelihood: Likelihood, starts: Sequence[Sequence[float]], rows: float) -> Maximum:
    """Climb from the best starts and keep the highest point, then refine it by Newton's steps.

    Parameters
    ----------
    likelihood : Likelihood
        Gives value and gradient over logarithms.
    starts : sequence of sequences of float
        Logarithms to start from; the highest ``CLIMBS`` of them are climbed from.
    rows : float
        Customers, which the value is divided by while climbing.
    """
    from scipy.optimize import minimize

    def loss(theta: Doubles) -> tuple[float, Doubles]:
        value, gradient = likelihood(theta)
        return -value / rows, -gradient / rows

    ordered = sorted(starts, key=lambda start: loss(np.asarray(start, dtype=np.float64))[0])
    limits = [(LOWEST, HIGHEST)] * len(likelihood.names)
    options = {"ftol": 1e-10, "gtol": 1e-6, "maxiter": 150}
    found = [
        minimize(loss, start, jac=True, method="L-BFGS-B", bounds=limits, options=options)
        for start in ordered[:CLIMBS]
    ]
    values = np.array([-each.fun * rows for each in found])
    theta, hessian = _refined(likelihood, np.asarray(found[int(values.argmax())].x), rows)
    value, gradient = likelihood(theta)
    agreeing = int((values > value - SAME).sum())
    converged = bool(np.abs(gradient).max() <= GRADIENT * rows)
    return Maximum(theta, value, _inverse(hessian), len(starts), agreeing, converged)


def hessian_of(likelihood: Likelihood, theta: Doubles) -> Doubles:
    """Give the second derivatives as central differences of the gradient.

    Returns
    -------
    array of shape (parameters, parameters), symmetric
    """
    steps = np.eye(len(theta)) * STEP
    slopes = [likelihood(theta + step)[1] - likelihood(theta - step)[1] for step in steps]
    found = np.stack(slopes) / (2.0 * STEP)
    return (found + found.T) / 2.0


def _refined(likelihood: Likelihood, theta: Doubles, rows: float) -> tuple[Doubles, Doubles]:
    value, gradient = likelihood(theta)
    hessian = hessian_of(likelihood, theta)
    for _ in range(5):
        if np.abs(gradient).max() < 1e-9 * rows or not _peaked(hessian):
            break
        candidate = np.clip(theta - np.linalg.solve(hessian, gradient), LOWEST, HIGHEST)
        better, slope = likelihood(candidate)
        if better < value:
            break
        theta, value, gradient = candidate, better, slope
        hessian = hessian_of(likelihood, theta)
    return theta, hessian


def _peaked(hessian: Doubles) -> bool:
    return bool(np.linalg.eigvalsh(hessian).max() < 0.0)


def _inverse(hessian: Doubles) -> Doubles:
    if not np.isfinite(hessian).all() or not _peaked(hessian):
        return np.zeros((0, 0))
    return np.asarray(np.linalg.inv(-hessian))
