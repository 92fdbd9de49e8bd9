"""Pareto/NBD: customers drop out at any time, at a rate of their own."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, exprel

from clientela.btyd.counts import LivingCounts
from clientela.btyd.frame import Frame
from clientela.btyd.lapse import legendre, nodes
from clientela.btyd.model import LONGEST_DAYS, Model
from clientela.btyd.span import DAYS_IN, TimeUnit
from clientela.statistics.arrays import Doubles

LIFETIMES = 12
"""Times of dropout within the horizon at which the purchases before it are counted."""
STEPS = 25
ENOUGH = 1e-10


@dataclass(frozen=True)
class ParetoNbd(Model):
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

    def _alive(self, frame: Frame) -> Doubles:
        lives = -(self.r + frame.frequency) * np.log(self.alpha + frame.T)
        lives = lives - self.s * np.log(self.beta + frame.T)
        lapsed = nodes(frame, self.r, self.alpha, self.s, self.beta)
        found: Doubles = expit(lives - np.log(self.s) - lapsed.log_total)
        return found

    def _expected(self, frame: Frame, length: float) -> Doubles:
        rate, dying = self.alpha + frame.T, self.beta + frame.T
        log_time = np.log1p(length / dying)
        lived = dying * log_time * exprel(-(self.s - 1.0) * log_time)
        return np.asarray((self.r + frame.frequency) / rate * lived)

    def _living(self, frame: Frame, length: float) -> LivingCounts:
        """Mix over the time of dropout, its chance cut into Gauss-Legendre nodes."""
        rate, dying = self.alpha + frame.T, self.beta + frame.T
        at, weight = legendre(LIFETIMES)
        survives = np.exp(-self.s * np.log1p(length / dying))
        living = survives + (1.0 - survives) * at[:, None]
        times = np.minimum(dying * np.expm1(-np.log(living) / self.s), length)
        times = np.vstack([times, np.full(len(frame), length)])
        weights = np.vstack([weight[:, None] * (1.0 - survives), survives])
        shapes = np.broadcast_to(self.r + frame.frequency, times.shape)
        lags, ones = (0,) * len(times), np.ones(len(frame))
        return LivingCounts(weights, shapes, times / (rate + times), lags, 1, 0.0, ones)

    def _waited(self, frame: Frame, share: Doubles) -> Doubles:
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
        """Give P(lives when the share v has bought)."""
        return np.exp(-self.s * np.log1p(self._wait(frame, v) / (self.beta + frame.T)))

    def _between(self, frame: Frame, v: Doubles, step: Doubles) -> Doubles:
        at, weight = legendre(8)
        found = [
            w * self._still(frame, v + step * each) for each, w in zip(at, weight, strict=True)
        ]
        return np.asarray(step * np.sum(found, axis=0))
