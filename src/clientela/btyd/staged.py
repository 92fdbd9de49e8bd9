"""Customers who pass stages at a rate of their own; every k-th stage is a purchase."""

from abc import abstractmethod

import numpy as np

from clientela.btyd.counts import LivingCounts
from clientela.btyd.frame import Frame
from clientela.btyd.model import Model
from clientela.statistics.arrays import Doubles

STEPS = 36
SETTLED = 1e-12
LONGEST = 300.0
"""Logarithm of a wait, in relation to the age, that never ends."""


class Staged(Model):
    """Models with Gamma rates and Erlang-k gaps, whatever their dropout.

    A living customer has passed j of the next k stages with a probability in proportion to
    ``(r + k x) … (r + k x + j - 1) / j! v^j``, ``v = (T - t_x) / (alpha + T)``, and then has a rate
    distributed as Gamma(r + k x + j, alpha + T).
    """

    r: float
    alpha: float
    k: int

    @abstractmethod
    def _leaving(self, frame: Frame) -> tuple[float, Doubles]:
        """Give a and b of the chance to drop out with the next purchase."""

    def _waiting(self, frame: Frame) -> Doubles:
        """Give the unnormalised weight of each stage, shape (k, customers)."""
        shape, v = self.r + self.k * frame.frequency, self._idle(frame)
        terms = [np.ones(len(frame))]
        for j in range(1, self.k):
            terms.append(terms[-1] * (shape + j - 1.0) / j * v)
        return np.stack(terms)

    def _idle(self, frame: Frame) -> Doubles:
        return (frame.T - frame.recency) / (self.alpha + frame.T)

    def _shapes(self, frame: Frame) -> Doubles:
        return self.r + self.k * frame.frequency + np.arange(self.k, dtype=np.float64)[:, None]

    def _weights(self, frame: Frame) -> Doubles:
        terms = self._waiting(frame)
        shares: Doubles = terms / terms.sum(axis=0)
        return shares

    def _living(self, frame: Frame, length: float) -> LivingCounts:
        odds = np.broadcast_to(length / (self.alpha + frame.T + length), (self.k, len(frame)))
        a, b = self._leaving(frame)
        lags = tuple(range(self.k))
        return LivingCounts(self._weights(frame), self._shapes(frame), odds, lags, self.k, a, b)

    def _waited(self, frame: Frame, share: Doubles) -> Doubles:
        rate = self.alpha + frame.T
        reached = np.minimum(share, 1.0)
        with np.errstate(divide="ignore", over="ignore"):
            if self.k == 1:
                log_wait = -np.log1p(-reached) / self._shapes(frame)[0]
            else:
                log_wait = self._solved(frame, reached)
            return np.where(share < 1.0, rate * np.expm1(np.minimum(log_wait, LONGEST)), np.inf)

    def _solved(self, frame: Frame, share: Doubles) -> Doubles:
        """Find the s at which that share has bought, ``s = log(1 + wait / rate)``.

        By Newton's steps, halving where one would leave the bracket; a row that has settled stays,
        so that it is the same alone and among others. None is sought for a share of 1 or more.
        """
        weights, shapes = self._weights(frame), self._shapes(frame)
        low = np.zeros(len(frame))
        high: Doubles = np.minimum(1.0 / shapes[-1], LONGEST)
        for _ in range(STEPS):
            short = (self._bought(weights, shapes, high)[0] < share) & (high < LONGEST)
            short &= share < 1.0
            if not short.any():
                break
            low, high = np.where(short, high, low), np.where(short, 2.0 * high, high)
        at, going = (low + high) / 2.0, share < 1.0
        for _ in range(2 * STEPS):
            bought, density = self._bought(weights, shapes, at)
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

    def _bought(self, weights: Doubles, shapes: Doubles, s: Doubles) -> tuple[Doubles, Doubles]:
        """Give the share of the living who have bought by then, and its derivative."""
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
