"""Maximum likelihood over logarithms of parameters: several starts, and errors from the Hessian."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clientela.btyd.fit.likelihood import Likelihood
from clientela.statistics.arrays import Doubles

LOWEST, HIGHEST = -12.0, 14.0
"""Bounds of the logarithms; a parameter that ends there is not told by the data."""
SAME = 1e-3
"""Log-likelihood within which two starts have found the same maximum."""
STEP = 1e-4
FINE, COARSE = 1e-10, 1e-6
"""Share of the height that the last step of a climb gains."""
CLIMBS = 2
"""Starts that are climbed from."""
GRADIENT = 1e-5
"""Largest gradient left, for each customer."""
DEFINITE = 1e-10
"""Smallest curvature, as a share of the largest, that is told from rounding.

Second derivatives are differences of gradients over ``2 * STEP``: their error is about 1e-12 of the
largest curvature. Below a hundred times that, whether a solver calls the matrix singular depends
on the processor.
"""


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


def maximise(
    likelihood: Likelihood, starts: Sequence[Sequence[float]], rough: Likelihood | None = None
) -> Maximum:
    """Climb from the best starts and keep the highest point, then refine it by Newton's steps.

    Parameters
    ----------
    likelihood : Likelihood
        Gives value and gradient over logarithms.
    starts : sequence of sequences of float
        Logarithms to start from; the highest ``CLIMBS`` of them are climbed from.
    rough : Likelihood, optional
        The same of fewer rows, on which the first climbs are made.
    """
    near = rough or likelihood
    ordered = sorted(starts, key=lambda start: -near(np.asarray(start, dtype=np.float64))[0])
    fine = FINE if rough is None else COARSE
    climbed = [climb(near, np.asarray(start, np.float64), fine) for start in ordered[:CLIMBS]]
    values = np.array([value for _, value in climbed])
    theta = climbed[int(values.argmax())][0]
    agreeing = int((values > values.max() - SAME).sum())
    if rough is not None:
        theta, _ = climb(likelihood, theta)
    theta, hessian = _refined(likelihood, theta)
    value, gradient = likelihood(theta)
    converged = bool(np.abs(gradient).max() <= GRADIENT * likelihood.customers)
    return Maximum(theta, value, _inverse(hessian), len(starts), agreeing, converged)


def climb(likelihood: Likelihood, start: Doubles, fine: float = FINE) -> tuple[Doubles, float]:
    """Climb from a start until a step gains less than ``fine``; give the end and its height."""
    from scipy.optimize import minimize

    customers = max(likelihood.customers, 1.0)

    def loss(theta: Doubles) -> tuple[float, Doubles]:
        value, gradient = likelihood(theta)
        return -value / customers, -gradient / customers

    limits = [(LOWEST, HIGHEST)] * len(start)
    options = {"ftol": fine, "gtol": 1e-6, "maxiter": 100}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=limits, options=options)
    return np.asarray(found.x, dtype=np.float64), float(-found.fun * customers)


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


def _refined(likelihood: Likelihood, theta: Doubles) -> tuple[Doubles, Doubles]:
    value, gradient = likelihood(theta)
    hessian = hessian_of(likelihood, theta)
    for _ in range(5):
        if np.abs(gradient).max() < 1e-9 * likelihood.customers or not _peaked(hessian):
            break
        candidate = np.clip(theta - np.linalg.solve(hessian, gradient), LOWEST, HIGHEST)
        better, slope = likelihood(candidate)
        if better < value:
            break
        moved = float(np.abs(candidate - theta).max())
        theta, value, gradient = candidate, better, slope
        if moved > STEP:
            hessian = hessian_of(likelihood, theta)
    return theta, hessian


def _peaked(hessian: Doubles) -> bool:
    """Check that every direction falls off by more than rounding errors."""
    if not np.isfinite(hessian).all():
        return False
    curvatures = np.linalg.eigvalsh(hessian)
    return bool(curvatures.max() < -DEFINITE * np.abs(curvatures).max())


def _inverse(hessian: Doubles) -> Doubles:
    return np.asarray(np.linalg.inv(-hessian)) if _peaked(hessian) else np.zeros((0, 0))
