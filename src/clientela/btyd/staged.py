"""Customers who pass stages at a rate of their own; every k-th stage is a purchase."""

from abc import abstractmethod
from functools import cached_property

import numpy as np
from scipy.special import gammaln

from clientela.btyd.counts import LivingCounts
from clientela.btyd.frame import Frame
from clientela.btyd.maximum_likelihood import Whole, count_whole, log_rising, sum_inverse
from clientela.btyd.model import PurchaseModel
from clientela.statistics.arrays import Doubles

# Doublings of the bracket, and half of Newton's steps: 2 ** 36 times the first guess.
NEWTON_STEPS = 36
# Relative change within which a wait has settled: some rounding errors.
SETTLED = 1e-12
# Logarithm of a wait, in relation to the age, that never ends.
LONGEST = 300.0
NOTHING = np.zeros(1)


class StageModel(PurchaseModel):
    """Models with Gamma rates and Erlang-k gaps, whatever their dropout.

    A living customer has passed j of the next k stages with a probability in proportion to
    ``(r + k x) … (r + k x + j - 1) / j! v^j``, ``v = (T - t_x) / (alpha + T)``, and then has a rate
    distributed as Gamma(r + k x + j, alpha + T).
    """

    r: float
    alpha: float
    k: int

    @abstractmethod
    def _dropout_chance(self, frame: Frame) -> tuple[float, Doubles]:
        """Return a and b of the chance to drop out with the next purchase."""

    def _stage_terms(self, frame: Frame) -> Doubles:
        """Return the unnormalised weight of each stage, shape (k, customers)."""
        shape, v = self.r + self.k * frame.frequency, self._idle_share(frame)
        terms = [np.ones(len(frame))]
        for j in range(1, self.k):
            terms.append(terms[-1] * (shape + j - 1.0) / j * v)
        return np.stack(terms)

    def _idle_share(self, frame: Frame) -> Doubles:
        return (frame.T - frame.recency) / (self.alpha + frame.T)

    def _shapes(self, frame: Frame) -> Doubles:
        return self.r + self.k * frame.frequency + np.arange(self.k, dtype=np.float64)[:, None]

    def _weights(self, frame: Frame) -> Doubles:
        terms = self._stage_terms(frame)
        shares: Doubles = terms / terms.sum(axis=0)
        return shares

    def _living(self, frame: Frame, length: float) -> LivingCounts:
        odds = np.broadcast_to(length / (self.alpha + frame.T + length), (self.k, len(frame)))
        a, b = self._dropout_chance(frame)
        lags = tuple(range(self.k))
        return LivingCounts(self._weights(frame), self._shapes(frame), odds, lags, self.k, a, b)

    def _wait_for_share(self, frame: Frame, share: Doubles) -> Doubles:
        rate = self.alpha + frame.T
        reached = np.minimum(share, 1.0)
        with np.errstate(divide="ignore", over="ignore"):
            if self.k == 1:
                log_wait = -np.log1p(-reached) / self._shapes(frame)[0]
            else:
                log_wait = self._solve_wait(frame, reached)
            return np.where(share < 1.0, rate * np.expm1(np.minimum(log_wait, LONGEST)), np.inf)

    def _solve_wait(self, frame: Frame, share: Doubles) -> Doubles:
        """Find the s at which that share has bought, ``s = log(1 + wait / rate)``.

        By Newton's steps, halving where one would leave the bracket; a row that has settled stays,
        so that it is the same alone and among others. None is sought for a share of 1 or more.
        """
        weights, shapes = self._weights(frame), self._shapes(frame)
        low = np.zeros(len(frame))
        high: Doubles = np.minimum(1.0 / shapes[-1], LONGEST)
        for _ in range(NEWTON_STEPS):
            short = (self._share_bought(weights, shapes, high)[0] < share) & (high < LONGEST)
            short &= share < 1.0
            if not short.any():
                break
            low, high = np.where(short, high, low), np.where(short, 2.0 * high, high)
        at, going = (low + high) / 2.0, share < 1.0
        for _ in range(2 * NEWTON_STEPS):
            bought, density = self._share_bought(weights, shapes, at)
            short = bought < share
            low, high = np.where(short, at, low), np.where(short, high, at)
            step = at + (share - bought) / np.maximum(density, 1e-300)
            inside = (step > low) & (step < high)
            after = np.where(inside, step, (low + high) / 2.0)
            moved = np.abs(after - at) > SETTLED * at
            at, going = np.where(going, after, at), going & moved
            if not going.any():
                break
        return at

    def _share_bought(
        self, weights: Doubles, shapes: Doubles, s: Doubles
    ) -> tuple[Doubles, Doubles]:
        """Return the share of the living who have bought by then, and its derivative."""
        u, waiting, density = -np.expm1(-s), np.zeros(len(s)), np.zeros(len(s))
        for j in range(self.k):
            term, total = np.ones(len(s)), np.ones(len(s))
            for i in range(1, self.k - j):
                term = term * (shapes[j] + i - 1.0) / i * u
                total = total + term
            still = weights[j] * np.exp(-shapes[j] * s)
            waiting += still * total
            density += still * term * (shapes[j] + self.k - j - 1.0)
        return 1.0 - waiting, density


class StageLikelihood:
    """The log-likelihood of (x, t_x) given T, with its gradient, over logarithms of parameters.

    Constants are left out as in the paper of the BG/NBD, so that its figures come out; for k > 1
    the constant that makes the densities of (x, t_x) comparable over k is kept.

    Parameters
    ----------
    frame : Frame
        Distinct rows.
    counts : array of shape (rows,)
        Customers of each row.
    k : int
        Stages from one purchase to the next.
    modified : bool
        Whether a customer may drop out with the first purchase already.
    dropout : bool
        Whether customers drop out at all.

    References
    ----------
    Fader, Hardie & Lee (2005), Marketing Science 24(2), doi:10.1287/mksc.1040.0098.
    Batislam, Denizel & Filiztekin (2007), doi:10.1016/j.ijresmar.2006.12.005.
    Platzer & Reutterer (2016), Marketing Science 35(5), doi:10.1287/mksc.2015.0963.
    """

    def __init__(
        self,
        frame: Frame,
        counts: Doubles,
        k: int = 1,
        *,
        modified: bool = False,
        dropout: bool = True,
    ) -> None:
        self.frame, self.counts, self.k = frame, counts, k
        self.modified, self.dropout = modified, dropout

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters in their order."""
        return ("r", "alpha", "a", "b") if self.dropout else ("r", "alpha")

    @property
    def customers(self) -> float:
        """Customers behind it."""
        return float(self.counts.sum())

    def __call__(self, theta: Doubles) -> tuple[float, Doubles]:
        """Return the log-likelihood and its gradient."""
        r, alpha = np.exp(theta[:2])
        x, stages, longest = self._stage_counts
        rate, log_rate = alpha + self.frame.T, np.log(alpha + self.frame.T)
        shape = r + stages
        log_p, p_r, p_alpha = self._stage_terms(shape, rate)
        fixed = log_rising(r, longest)[stages] + r * np.log(alpha) - shape * log_rate
        d_r = sum_inverse(r, longest)[stages] + np.log(alpha) - log_rate
        d_alpha = r / alpha - shape / rate
        if not self.dropout:
            rows, grads = fixed + log_p, [r * (d_r + p_r), alpha * (d_alpha + p_alpha)]
            return self._sum(rows, grads)
        a, b = np.exp(theta[2:])
        n = x + int(self.modified)
        lapse = log_rate - np.log(alpha + self.frame.recency)
        before = np.where(n > 0, b + n - 1.0, 1.0)
        log_odds = np.where(n > 0, np.log(a / before) + shape * lapse, -np.inf)
        apart = log_odds - log_p
        less = np.exp(-np.abs(apart))
        dead = np.where(apart > 0.0, 1.0, less) / (1.0 + less)
        lapse_alpha = shape * (1.0 / rate - 1.0 / (alpha + self.frame.recency))
        q, q_a, q_b = _survival(a, b, n)
        rows = fixed + q + np.maximum(log_p, log_odds) + np.log1p(less)
        return self._sum(
            rows,
            [
                r * (d_r + (1.0 - dead) * p_r + dead * lapse),
                alpha * (d_alpha + (1.0 - dead) * p_alpha + dead * lapse_alpha),
                a * q_a + dead,
                b * (q_b - dead / before),
            ],
        )

    def _stage_terms(self, shape: Doubles, rate: Doubles) -> tuple[Doubles, Doubles, Doubles]:
        """Sum up the stages a living customer may stand in: log, and its two derivatives."""
        if self.k == 1:
            return NOTHING, NOTHING, NOTHING
        v = (self.frame.T - self.frame.recency) / rate
        term, harmonic = np.ones(len(shape)), np.zeros(len(shape))
        total, by_r, by_v = term.copy(), np.zeros(len(shape)), np.zeros(len(shape))
        for j in range(1, self.k):
            harmonic = harmonic + 1.0 / (shape + j - 1.0)
            term = term * (shape + j - 1.0) / j * v
            total, by_r, by_v = total + term, by_r + term * harmonic, by_v + j * term
        return np.log(total), by_r / total, -by_v / total / rate

    def _sum(self, rows: Doubles, grads: list[Doubles]) -> tuple[float, Doubles]:
        value = float(self.counts @ rows) + self._constant
        return value, np.array([self.counts @ grad for grad in grads])

    @cached_property
    def _stage_counts(self) -> tuple[Whole, Whole, int]:
        """Return purchases, stages, and the most stages of anybody."""
        x = count_whole(self.frame.frequency)
        return x, self.k * x, int((self.k * x).max(initial=0))

    @cached_property
    def _constant(self) -> float:
        """Return what makes the density of (x, t_x) of k stages comparable with that of one."""
        bought = self.frame.frequency > 0
        x, t_x = self.frame.frequency[bought], self.frame.recency[bought]
        steps = (self.k - 1.0) * x * np.log(t_x) - gammaln(self.k * x) + gammaln(x)
        return float(self.counts[bought] @ steps)


def _survival(a: float, b: float, n: Whole) -> tuple[Doubles, Doubles, Doubles]:
    """Return log P(n purchases survived) and its derivatives by a and b."""
    longest = int(n.max(initial=0))
    steps = b + np.arange(longest)
    q = np.append(0.0, np.cumsum(-np.log1p(a / steps)))
    q_a = -sum_inverse(a + b, longest)
    q_b = np.append(0.0, np.cumsum(a / steps / (a + steps)))
    return q[n], q_a[n], q_b[n]
