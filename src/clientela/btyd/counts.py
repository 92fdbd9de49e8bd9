"""How many purchases a living customer makes within a horizon: the whole distribution."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaln

from clientela.statistics.arrays import Doubles

# Probabilities below count as none, so that a row is the same alone and among others.
TINY = 1e-13
# Purchases counted one by one; beyond, in steps that grow by a hundredth.
NEAR = 256
# Purchases counted at the most: four million, more than anybody makes.
FAR = 1 << 22
# Rows worked on together, few enough for the cache.
ROWS = 2048
# Purchases counted in one step; more of them where rows are few and steps cost most.
FEW, AT_ONCE, AT_ONCE_OF_FEW = 64, 4, 64
# Exponent beyond which a probability starts near the smallest double, exp(-745).
UNDERFLOW = 650.0

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class LivingCounts:
    """A mixture of negative binomial counts of stages, of which ``k`` make a purchase.

    With D, the purchase after which the customer drops out, and N, the stages passed,
    ``P(at least y) = P(D >= y) sum_c weight_c P(N_c >= k y - lag_c)``: dropout and rate are
    independent once the customer is known to live.

    Parameters
    ----------
    weights, shapes, odds : arrays of shape (components, customers)
        Weight of each component, shape of its negative binomial and its success share
        ``t / (rate + t)``.
    lags : tuple of int
        Stages that each component has behind it.
    k : int
        Stages to a purchase.
    a, b : float, array of shape (customers,)
        Beta distribution of dropping out with a purchase; ``a`` is 0 where nobody does.
    """

    weights: Doubles
    shapes: Doubles
    odds: Doubles
    lags: tuple[int, ...]
    k: int
    a: float
    b: Doubles

    def at_least(self, purchases: Doubles) -> Doubles:
        """Return P(at least that many), a number for each customer."""
        y = np.maximum(purchases, 1.0)
        needed = self.k * y - np.array(self.lags, dtype=np.float64)[:, None]
        passed = (self.weights * betainc(needed, self.shapes, self.odds)).sum(axis=0)
        return np.where(purchases < 1.0, 1.0, passed * self._p_staying(y))

    def mean_counts(self) -> Doubles:
        """Return the mean: the sum of P(at least y) over y."""
        means = np.zeros(self.b.size)
        for rows in self._blocks():
            part = self._take(rows)
            total, last = np.zeros(len(rows)), np.zeros(len(rows))
            for tails in part._tails():
                total, last = total + tails.sum(axis=0), tails[-1]
            far = np.flatnonzero((last > 0.0) | part._underflows())
            if far.size:
                total[far] = part._take(far)._sum_far_tails()
            means[rows] = total
        return means

    def quantiles(self, alive: Doubles, levels: Sequence[float]) -> Doubles:
        """Return the smallest counts reached with each level, dead customers counting 0.

        Returns
        -------
        array of shape (customers, levels)
        """
        beyond = 1.0 - np.asarray(levels, dtype=np.float64)
        counts_by_level = np.zeros((self.b.size, len(levels)))
        for rows in self._blocks():
            part, lives = self._take(rows), alive[rows, None]
            block_counts = np.zeros((len(rows), len(levels)))
            over = np.zeros((1, *block_counts.shape), dtype=np.bool_)
            for tails in part._tails():
                over = lives * tails[:, :, None] > beyond
                block_counts += over.sum(axis=0)
                if not over[-1].any():
                    break
            far = np.flatnonzero(over[-1].any(axis=1) | part._underflows())
            if far.size:
                block_counts[far] = part._take(far)._search(lives[far], beyond)
            counts_by_level[rows] = block_counts
        return counts_by_level

    def _blocks(self) -> Iterator[Rows]:
        """Return rows of about the same expected stages together: they end together."""
        order = np.argsort(self.shapes[-1] * self.odds[-1] / (1.0 - self.odds[-1]), kind="stable")
        for start in range(0, len(order), ROWS):
            yield order[start : start + ROWS]

    def _take(self, rows: Rows) -> "LivingCounts":
        w, s, o = (values[:, rows] for values in (self.weights, self.shapes, self.odds))
        return LivingCounts(w, s, o, self.lags, self.k, self.a, self.b[rows])

    def _p_staying(self, y: Doubles) -> Doubles:
        """Return P(D >= y): the customer survives y - 1 purchases."""
        if self.a == 0.0:
            return np.ones(self.b.size)
        stays: Doubles = np.exp(betaln(self.a, self.b + y - 1.0) - betaln(self.a, self.b))
        return stays

    def _underflows(self) -> npt.NDArray[np.bool_]:
        exponent: Doubles = (-self.shapes * np.log1p(-self.odds)).max(axis=0)
        return exponent > UNDERFLOW

    def _tails(self) -> Iterator[Doubles]:
        """Return P(at least 1), P(at least 2), … by the recursion of the negative binomial.

        Yields
        ------
        array of shape (purchases, customers)
            The next few, until all are 0 or ``NEAR`` purchases are counted.
        """
        count = AT_ONCE_OF_FEW if self.b.size < FEW else AT_ONCE
        term, below = np.exp(self.shapes * np.log1p(-self.odds)), np.zeros(self.shapes.shape)
        staying, components = np.ones(self.b.size), np.arange(len(self.shapes))
        ends = self.k * np.arange(1, count + 1)[:, None] - np.array(self.lags)
        for y in range(0, NEAR, count):
            stages = np.arange(self.k * y, self.k * (y + count), dtype=np.float64)[:, None, None]
            pmf = _run(np.multiply, term, (self.shapes + stages) / (stages + 1.0) * self.odds)
            sums = _run(np.add, below, pmf[:-1])
            passed = np.maximum(1.0 - sums[ends, components], 0.0)
            tails = (self.weights * passed).sum(axis=1)
            survived = np.arange(y, y + count, dtype=np.float64)[:, None]
            stay_shares = (self.b + survived) / (self.a + self.b + survived)
            lasting = _run(np.multiply, staying, stay_shares)
            tails = np.where(tails < TINY, 0.0, tails) * lasting[:-1]
            yield tails
            if not tails[-1].any():
                break
            term, below, staying = pmf[-1], sums[-1], lasting[-1]

    def _sum_far_tails(self) -> Doubles:
        """Sum up the tails over a grid that grows, by the trapezoidal rule."""
        total, before, y = np.zeros(self.b.size), np.ones(self.b.size), 0
        while before.any() and y < FAR:
            gap = max(1, y // 100)
            tail = self.at_least(np.full(self.b.size, float(y + gap)))
            tail = np.where(tail < TINY, 0.0, tail)
            total += tail if gap == 1 else gap * (before + tail) / 2.0 + (tail - before) / 2.0
            before, y = tail, y + gap
        return total

    def _search(self, alive: Doubles, beyond: Doubles) -> Doubles:
        low = np.zeros((self.b.size, len(beyond)))
        high = np.full(low.shape, float(FAR))
        for _ in range(FAR.bit_length()):
            middle = np.floor((low + high) / 2.0)
            tail = np.stack([self.at_least(counts + 1.0) for counts in middle.T], axis=1)
            over = alive * tail > beyond
            low, high = np.where(over, middle + 1.0, low), np.where(over, high, middle)
        return high


def _run(into: np.ufunc, first: Doubles, steps: Doubles) -> Doubles:
    """Return the first and what it becomes by each step in turn, along the first axis."""
    if first.size < FEW:
        return np.asarray(into.accumulate(np.concatenate([first[None], steps]), axis=0))
    results = np.empty((len(steps) + 1, *first.shape))
    results[0] = first
    for at, step in enumerate(steps):
        into(results[at], step, out=results[at + 1])
    return results
