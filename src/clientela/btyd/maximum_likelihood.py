"""Maximum likelihood over logarithms of parameters: several starts, and errors from the Hessian."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from clientela.btyd.frame import Frame
from clientela.statistics.arrays import Doubles

NoteCode = Literal["", "no_dropout", "not_told", "not_converged", "no_repeats", "alike", "no_spend"]
# Standard error of a logarithm beyond which the parameter is not identified: a factor of 7.
WIDEST_ERROR = 2.0
# Standard error of a logarithm within which a parameter is beyond doubt: a factor of 1.6.
CLEAR_ERROR = 0.5
# Log-likelihood that two parameters more must gain (Akaike) for dropout to be seen at all.
LEAST_GAIN = 2.0
# Bounds of the logarithms; a parameter that ends there is not identified.
LOWEST, HIGHEST = -12.0, 14.0
# Log-likelihood within which two starts have found the same maximum.
SAME = 1e-3
# Step of central differences over logarithms: their error is about 1e-12 of the curvature.
STEP = 1e-4
# Share of the height that the last step of a climb gains.
FINE, COARSE = 1e-10, 1e-6
# Starts that are climbed from.
CLIMBS = 2
# Largest gradient left, for each customer.
GRADIENT = 1e-5
# Smallest curvature, as a share of the largest, that stands out from rounding.
#
# Second derivatives are differences of gradients over ``2 * STEP``: their error is about 1e-12 of
# the largest curvature. Below a hundred times that, whether a solver calls the matrix singular
# depends on the processor.
DEFINITE = 1e-10
# Rows of the first climbs, from several starts; the last is made on all.
ROUGH = 250
Whole = npt.NDArray[np.int64]
M = TypeVar("M", covariant=True)
N = TypeVar("N")


class Likelihood(Protocol):
    """The log-likelihood of a model over the logarithms of its parameters."""

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters in their order."""

    @property
    def customers(self) -> float:
        """Customers behind it."""

    def __call__(self, theta: Doubles) -> tuple[float, Doubles]:
        """Return the log-likelihood and its gradient at the logarithms of the parameters."""


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


@dataclass(frozen=True, eq=False)
class Fit(Generic[M]):
    """A fitted model with its evidence.

    Parameters
    ----------
    model : Model
        The fitted model.
    log_likelihood : float
        At its maximum, constants left out as published.
    standard_errors : dict
        By parameter, by the delta method from the Hessian over logarithms; infinite where the data
        do not tell the parameter.
    covariance : array of shape (parameters, parameters)
        Of the parameters, in the order of ``model.parameters()``; empty where the Hessian has no
        inverse.
    identified : bool
        Whether the data tell the parameters.
    note_code : str
        Why not; empty where they do. ``notes.sentence`` says it in words.
    starts : int
        Starting points tried.
    customers : int
        Customers behind the fit.
    """

    model: M
    log_likelihood: float
    standard_errors: dict[str, float]
    covariance: Doubles = field(repr=False)
    identified: bool
    note_code: NoteCode
    starts: int
    customers: int


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
    theta, hessian = _refine(likelihood, theta)
    value, gradient = likelihood(theta)
    converged = bool(np.abs(gradient).max() <= GRADIENT * likelihood.customers)
    return Maximum(theta, value, _invert(hessian), len(starts), agreeing, converged)


def climb(likelihood: Likelihood, start: Doubles, fine: float = FINE) -> tuple[Doubles, float]:
    """Climb from a start until a step gains less than ``fine``; give the end and its height."""
    from scipy.optimize import minimize

    customers = max(likelihood.customers, 1.0)

    def loss(theta: Doubles) -> tuple[float, Doubles]:
        value, gradient = likelihood(theta)
        return -value / customers, -gradient / customers

    limits = [(LOWEST, HIGHEST)] * len(start)
    options = {"ftol": fine, "gtol": 1e-6, "maxiter": 100}
    result = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=limits, options=options)
    return np.asarray(result.x, dtype=np.float64), float(-result.fun * customers)


def compute_hessian(likelihood: Likelihood, theta: Doubles) -> Doubles:
    """Return the second derivatives as central differences of the gradient.

    Returns
    -------
    array of shape (parameters, parameters), symmetric
    """
    steps = np.eye(len(theta)) * STEP
    slopes = [likelihood(theta + step)[1] - likelihood(theta - step)[1] for step in steps]
    hessian = np.stack(slopes) / (2.0 * STEP)
    return (hessian + hessian.T) / 2.0


def _refine(likelihood: Likelihood, theta: Doubles) -> tuple[Doubles, Doubles]:
    value, gradient = likelihood(theta)
    hessian = compute_hessian(likelihood, theta)
    for _ in range(5):
        if np.abs(gradient).max() < 1e-9 * likelihood.customers or not _is_definite(hessian):
            break
        candidate = np.clip(theta - np.linalg.solve(hessian, gradient), LOWEST, HIGHEST)
        better, slope = likelihood(candidate)
        if better < value:
            break
        moved = float(np.abs(candidate - theta).max())
        theta, value, gradient = candidate, better, slope
        if moved > STEP:
            hessian = compute_hessian(likelihood, theta)
    return theta, hessian


def _is_definite(hessian: Doubles) -> bool:
    """Check that every direction falls off by more than rounding errors."""
    if not np.isfinite(hessian).all():
        return False
    curvatures = np.linalg.eigvalsh(hessian)
    return bool(curvatures.max() < -DEFINITE * np.abs(curvatures).max())


def _invert(hessian: Doubles) -> Doubles:
    return np.asarray(np.linalg.inv(-hessian)) if _is_definite(hessian) else np.zeros((0, 0))


def log_rising(base: float, count: int) -> Doubles:
    """Return log of ``base (base + 1) … (base + n - 1)`` for n = 0 … most.

    Sums of logarithms keep digits that differences of log-gamma lose where ``base`` is large.

    Examples
    --------
    >>> np.exp(log_rising(2.0, 3))
    array([ 1.,  2.,  6., 24.])
    """
    return np.append(0.0, np.cumsum(np.log(base + np.arange(count))))


def sum_inverse(base: float, count: int) -> Doubles:
    """Return ``1/base + … + 1/(base + n - 1)``, the derivative of :func:`log_rising`.

    Examples
    --------
    >>> sum_inverse(2.0, 2)
    array([0.        , 0.5       , 0.83333333])
    """
    return np.append(0.0, np.cumsum(1.0 / (base + np.arange(count))))


def count_whole(frequency: Doubles) -> Whole:
    """Return counts as integers, as positions in the tables above."""
    return np.rint(frequency).astype(np.int64)


def group_rows(frame: Frame, weights: Doubles | None) -> tuple[Frame, Doubles]:
    """Return distinct rows and their counts; rows that come with weights are distinct already."""
    if weights is not None:
        return frame, weights
    return frame.distinct()[:2]


def thin_rows(frame: Frame, counts: Doubles) -> tuple[Frame, Doubles] | None:
    """Return every n-th row, about ``ROUGH`` in all, for first climbs; none where rows are few."""
    if len(frame) <= ROUGH:
        return None
    positions = np.arange(0, len(frame), -(-len(frame) // ROUGH))
    return frame.take(positions), counts[positions]


def log_span(frame: Frame, counts: Doubles) -> float:
    """Return the logarithm of the mean age, to start from."""
    return float(np.log(max(counts @ frame.T / max(counts.sum(), 1.0), 1.0)))


def summarise_maximum(
    model: N, names: Sequence[str], maximum: Maximum, customers: float, note_code: NoteCode
) -> Fit[N]:
    """Make the fit of a maximum; ``note_code`` is what is known to be wrong already."""
    code = note_code or find_trouble(maximum)
    scale = np.exp(maximum.theta)
    covariance = (
        maximum.covariance * np.outer(scale, scale)
        if maximum.covariance.size
        else (maximum.covariance)
    )
    errors = compute_errors(maximum)
    return Fit(
        model=model,
        log_likelihood=maximum.log_likelihood,
        standard_errors={
            name: float(value * error) if error <= WIDEST_ERROR else float("inf")
            for name, value, error in zip(names, scale, errors, strict=True)
        },
        covariance=covariance,
        identified=not code,
        note_code=code,
        starts=maximum.starts,
        customers=round(customers),
    )


def find_trouble(maximum: Maximum) -> NoteCode:
    """Return why the data do not identify the parameters, empty where they do."""
    if not maximum.converged and not maximum.at_bound:
        return "not_converged"
    clear = not maximum.at_bound and (compute_errors(maximum) <= WIDEST_ERROR).all()
    return "" if clear else "not_told"


def compute_errors(maximum: Maximum) -> Doubles:
    """Return the standard errors of the logarithms, infinite where there are none."""
    if not maximum.covariance.size:
        return np.full(len(maximum.theta), np.inf)
    return np.sqrt(np.diag(maximum.covariance))
