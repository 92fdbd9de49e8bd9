"""Pareto/NBD: customers drop out at any time, at a rate of their own."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit, exprel

from clientela.btyd import nbd
from clientela.btyd.counts import LivingCounts
from clientela.btyd.frame import DAYS_IN, Frame, TimeUnit
from clientela.btyd.maximum_likelihood import (
    CLEAR_ERROR,
    LEAST_GAIN,
    Fit,
    NoteCode,
    compute_errors,
    count_whole,
    group_rows,
    log_rising,
    log_span,
    maximise,
    sum_inverse,
    summarise_maximum,
    thin_rows,
)
from clientela.btyd.model import LONGEST_DAYS, PurchaseModel
from clientela.statistics.arrays import Doubles

# Times of dropout within the horizon at which the purchases before it are counted.
LIFETIMES = 12
# Newton's steps at the most; they rise from 0 and converge quadratically.
STEPS = 25
# Share of buyers within which a wait is found.
ENOUGH = 1e-10
# Gauss-Legendre nodes: the relative error stays below 1e-9 in the tests.
NODES = 20
# Logarithm of what the rest of the integral is smaller by where it is cut off.
NEGLIGIBLE = 38.0


@dataclass(frozen=True)
class ParetoNbd(PurchaseModel):
    """A fitted Pareto/NBD.

    Parameters
    ----------
    r, alpha : float
        Shape and rate (in ``unit``) of the Gamma distribution of purchase rates.
    s, beta : float
        Shape and rate (in ``unit``) of the Gamma distribution of dropout rates.
    unit : {"days", "weeks"}
        Unit of time.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), Management Science 33(1), doi:10.1287/mnsc.33.1.1.

    Examples
    --------
    >>> cdnow = ParetoNbd(0.553, 10.578, 0.606, 11.669, unit="weeks")
    >>> customer = [np.array([each]) for each in (2.0, 30.43, 38.86, 0.0)]
    >>> cdnow.p_alive(Frame(*customer, "weeks"))
    array([0.8692])
    """

    r: float
    alpha: float
    s: float
    beta: float
    unit: TimeUnit = "days"

    @property
    def name(self) -> str:
        """Name of the model."""
        return "pareto_nbd"

    def _p_alive(self, frame: Frame) -> Doubles:
        lives = -(self.r + frame.frequency) * np.log(self.alpha + frame.T)
        lives = lives - self.s * np.log(self.beta + frame.T)
        log_lapsed, _ = integrate_lapse(frame, self.r, self.alpha, self.s, self.beta)
        alive: Doubles = expit(lives - np.log(self.s) - log_lapsed)
        return alive

    def _expect(self, frame: Frame, length: float) -> Doubles:
        rate, dying = self.alpha + frame.T, self.beta + frame.T
        log_time = np.log1p(length / dying)
        lived = dying * log_time * exprel(-(self.s - 1.0) * log_time)
        return np.asarray((self.r + frame.frequency) / rate * lived)

    def _living(self, frame: Frame, length: float) -> LivingCounts:
        """Mix over the time of dropout, its chance cut into Gauss-Legendre nodes."""
        rate, dying = self.alpha + frame.T, self.beta + frame.T
        at, weight = place_nodes(LIFETIMES)
        survives = np.exp(-self.s * np.log1p(length / dying))
        living = survives + (1.0 - survives) * at[:, None]
        times = np.minimum(dying * np.expm1(-np.log(living) / self.s), length)
        times = np.vstack([times, np.full(len(frame), length)])
        weights = np.vstack([weight[:, None] * (1.0 - survives), survives])
        shapes = np.broadcast_to(self.r + frame.frequency, times.shape)
        lags, ones = (0,) * len(times), np.ones(len(frame))
        return LivingCounts(weights, shapes, times / (rate + times), lags, 1, 0.0, ones)

    def _wait_for_share(self, frame: Frame, share: Doubles) -> Doubles:
        """Solve for v, the share that would have bought had nobody dropped out.

        The share that buys is concave in v, so that Newton's steps from 0 rise and never pass it.
        """
        longest = LONGEST_DAYS / DAYS_IN[self.unit]
        shape = self.r + frame.frequency
        last = -np.expm1(-shape * np.log1p(longest / (self.alpha + frame.T)))
        last = np.minimum(last, 1.0 - 1e-15)
        v, missing = np.zeros(len(frame)), np.minimum(share, 1.0)
        going = np.arange(len(frame))
        for _ in range(STEPS):
            rows, at = frame.take(going), v[going]
            slope = np.maximum(self._still(rows, at), 1e-300)
            step = np.minimum(at + missing[going] / slope, last[going]) - at
            missing[going] -= self._between(rows, at, step)
            v[going] += step
            going = going[(missing[going] > ENOUGH) & (v[going] < last[going])]
            if not going.size:
                break
        return np.where((missing < 1e-7) & (v < last), self._wait(frame, v), np.inf)

    def _wait(self, frame: Frame, v: Doubles) -> Doubles:
        log_wait = -np.log1p(-v) / (self.r + frame.frequency)
        return (self.alpha + frame.T) * np.expm1(np.minimum(log_wait, 700.0))

    def _still(self, frame: Frame, v: Doubles) -> Doubles:
        """Return P(lives when the share v has bought)."""
        return np.exp(-self.s * np.log1p(self._wait(frame, v) / (self.beta + frame.T)))

    def _between(self, frame: Frame, v: Doubles, step: Doubles) -> Doubles:
        at, weight = place_nodes(8)
        densities = [
            w * self._still(frame, v + step * node) for node, w in zip(at, weight, strict=True)
        ]
        return np.asarray(step * np.sum(densities, axis=0))


def integrate_lapse(
    frame: Frame, r: float, alpha: float, s: float, beta: float
) -> tuple[Doubles, Doubles]:
    """Integrate ``(alpha + u)^-(r + x) (beta + u)^-(s + 1)`` over u in (t_x, T).

    The integrand is summed at Gauss-Legendre nodes of ``log(min(alpha, beta) + u)``.
    There its logarithm is concave, so that the range ends where the first slope has taken it to
    nothing. The relative error is below 1e-9 over the parameters that the tests go through.

    Returns
    -------
    array of shape (rows,), array of shape (4, rows)
        The integral's logarithm, minus infinity for an empty range; and means over u under the
        integrand: of log(alpha + u), log(beta + u), 1/(alpha + u) and 1/(beta + u).
    """
    shape = r + frame.frequency
    least = min(alpha, beta) + frame.recency
    slope = shape * least / (alpha + frame.recency) + (s + 1.0) * least / (beta + frame.recency)
    width = np.log((min(alpha, beta) + frame.T) / least)
    width = np.where(
        slope > 1.5, np.minimum(width, NEGLIGIBLE / np.maximum(slope - 1.0, 0.5)), width
    )
    at, weight = place_nodes(NODES)
    step = width * at[:, None]
    u = least * np.exp(step) - min(alpha, beta)
    from_alpha, from_beta = alpha + u, beta + u
    log_a, log_b = np.log(from_alpha), np.log(from_beta)
    log_f = -shape * log_a - (s + 1.0) * log_b + step
    top = log_f.max(axis=0)
    share = weight[:, None] * np.exp(log_f - top)
    total = share.sum(axis=0)
    share = share / total
    with np.errstate(divide="ignore"):
        log_total = np.log(width * total) + top + np.log(least)
    means = [
        (share * values).sum(axis=0) for values in (log_a, log_b, 1 / from_alpha, 1 / from_beta)
    ]
    return log_total, np.array(means)


@cache
def place_nodes(count: int) -> tuple[Doubles, Doubles]:
    """Return Gauss-Legendre nodes and weights on (0, 1)."""
    at, weight = np.polynomial.legendre.leggauss(count)
    return (at + 1.0) / 2.0, weight / 2.0


class ParetoNbdLikelihood:
    """The log-likelihood of (x, t_x) given T, with its gradient, over logarithms of parameters.

    The paper's difference of two hypergeometric functions loses all digits on frequent buyers; the
    integral it stands for has a positive integrand and is summed instead.

    Parameters
    ----------
    frame : Frame
        Distinct rows.
    counts : array of shape (rows,)
        Customers of each row.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), Management Science 33(1), doi:10.1287/mnsc.33.1.1.
    Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model.
    """

    def __init__(self, frame: Frame, counts: Doubles) -> None:
        self.frame, self.counts = frame, counts

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters in their order."""
        return ("r", "alpha", "s", "beta")

    @property
    def customers(self) -> float:
        """Customers behind it."""
        return float(self.counts.sum())

    def __call__(self, theta: Doubles) -> tuple[float, Doubles]:
        """Return the log-likelihood and its gradient."""
        r, alpha, s, beta = np.exp(theta)
        x, T = count_whole(self.frame.frequency), self.frame.T
        shape, longest = r + x, int(x.max(initial=0))
        log_alpha, log_beta = np.log(alpha + T), np.log(beta + T)
        alive = -shape * log_alpha - s * log_beta
        log_lapsed, means = integrate_lapse(self.frame, r, alpha, s, beta)
        lapsed_log_alpha, lapsed_log_beta, per_alpha, per_beta = means
        row = np.logaddexp(alive, np.log(s) + log_lapsed)
        dead = np.exp(np.log(s) + log_lapsed - row)
        by_r = (1.0 - dead) * log_alpha + dead * lapsed_log_alpha
        by_s = (1.0 - dead) * log_beta + dead * lapsed_log_beta
        by_alpha = (1.0 - dead) / (alpha + T) + dead * per_alpha
        by_beta = (1.0 - dead) * s / (beta + T) + dead * (s + 1.0) * per_beta
        rows = log_rising(r, longest)[x] + r * np.log(alpha) + s * np.log(beta) + row
        grads = [
            r * (sum_inverse(r, longest)[x] + np.log(alpha) - by_r),
            r - alpha * shape * by_alpha,
            s * (np.log(beta) - by_s) + dead,
            s - beta * by_beta,
        ]
        return float(self.counts @ rows), np.array([self.counts @ grad for grad in grads])


def fit_pareto_nbd(frame: Frame, weights: Doubles | None = None) -> Fit[ParetoNbd]:
    """Fit the Pareto/NBD.

    Parameters
    ----------
    frame : Frame
        Customers, or distinct rows where ``weights`` counts the customers of each.
    weights : array of shape (rows,), optional
        Customers of each row.

    Returns
    -------
    Fit
        Not identified, with the code ``no_dropout``, where the NBD explains the data as well.
    """
    rows, counts = group_rows(frame, weights)
    total, age = max(float(counts.sum()), 1.0), log_span(rows, counts)
    likelihood = ParetoNbdLikelihood(rows, counts)
    fewer = thin_rows(rows, counts)
    rough = ParetoNbdLikelihood(*fewer) if fewer else None
    starts = [
        (0.0, age, -0.7, age),
        (-1.0, age - 2.0, 0.0, age + 1.0),
        (-0.5, age - 1.0, -0.5, age - 1.0),
    ]
    maximum = maximise(likelihood, starts, rough)
    r, alpha, s, beta = (float(value) for value in np.exp(maximum.theta))
    unseen = (compute_errors(maximum) > CLEAR_ERROR).any() and (
        maximum.log_likelihood - nbd.maximise_nbd(rows, counts) <= LEAST_GAIN
    )
    code: NoteCode = "no_dropout" if counts @ rows.frequency else "no_repeats"
    model = ParetoNbd(r, alpha, s, beta, frame.unit)
    return summarise_maximum(model, likelihood.names, maximum, total, code if unseen else "")
