"""The likelihood of customers who may drop out with each purchase, and of those who never do.

One likelihood serves BG/NBD, MBG/NBD, BG/CNBD-k and MBG/CNBD-k: they differ in the stages from one
purchase to the next and in whether the first purchase may already be the last. Without dropout it
is that of the (condensed) NBD.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaln

from clientela.btyd.fit.likelihood import Whole, log_rising, sum_inverse, whole
from clientela.btyd.frame import Frame
from clientela.statistics.arrays import Doubles

NOTHING = np.zeros(1)


@dataclass(frozen=True, eq=False)
class StagedLikelihood:
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

    frame: Frame
    counts: Doubles
    k: int = 1
    modified: bool = False
    dropout: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters in their order."""
        return ("r", "alpha", "a", "b") if self.dropout else ("r", "alpha")

    @property
    def customers(self) -> float:
        """Customers behind it."""
        return float(self.counts.sum())

    def __call__(self, theta: Doubles) -> tuple[float, Doubles]:
        """Give the log-likelihood and its gradient."""
        r, alpha = np.exp(theta[:2])
        x, stages, most = self._counted
        rate, log_rate = alpha + self.frame.T, np.log(alpha + self.frame.T)
        shape = r + stages
        log_p, p_r, p_alpha = self._waiting(shape, rate)
        fixed = log_rising(r, most)[stages] + r * np.log(alpha) - shape * log_rate
        d_r = sum_inverse(r, most)[stages] + np.log(alpha) - log_rate
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

    def _waiting(self, shape: Doubles, rate: Doubles) -> tuple[Doubles, Doubles, Doubles]:
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
    def _counted(self) -> tuple[Whole, Whole, int]:
        """Give purchases, stages, and the most stages of anybody."""
        x = whole(self.frame.frequency)
        return x, self.k * x, int((self.k * x).max(initial=0))

    @cached_property
    def _constant(self) -> float:
        """Give what makes the density of (x, t_x) of k stages comparable with that of one."""
        bought = self.frame.frequency > 0
        x, t_x = self.frame.frequency[bought], self.frame.recency[bought]
        steps = (self.k - 1.0) * x * np.log(t_x) - gammaln(self.k * x) + gammaln(x)
        return float(self.counts[bought] @ steps)


def _survival(a: float, b: float, n: Whole) -> tuple[Doubles, Doubles, Doubles]:
    """Give log P(n purchases survived) and its derivatives by a and b."""
    most = int(n.max(initial=0))
    steps = b + np.arange(most)
    q = np.append(0.0, np.cumsum(-np.log1p(a / steps)))
    q_a = -sum_inverse(a + b, most)
    q_b = np.append(0.0, np.cumsum(a / steps / (a + steps)))
    return q[n], q_a[n], q_b[n]
