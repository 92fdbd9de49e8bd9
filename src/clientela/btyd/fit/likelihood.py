"""What the likelihoods share: rising products as sums of logarithms, exact for any parameter."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from clientela.btyd.frame import Frame
from clientela.statistics.arrays import Doubles

ROUGH = 250
"""Rows of the first climbs, from several starts; the last is made on all."""
Whole = npt.NDArray[np.int64]


class Likelihood(Protocol):
    """The log-likelihood of a model over the logarithms of its parameters."""

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters in their order."""

    @property
    def customers(self) -> float:
        """Customers behind it."""

    def __call__(self, theta: Doubles) -> tuple[float, Doubles]:
        """Give the log-likelihood and its gradient at the logarithms of the parameters."""


def log_rising(base: float, most: int) -> Doubles:
    """Give log of ``base (base + 1) … (base + n - 1)`` for n = 0 … most.

    Sums of logarithms keep digits that differences of log-gamma lose where ``base`` is large.

    Examples
    --------
    >>> np.exp(log_rising(2.0, 3))
    array([ 1.,  2.,  6., 24.])
    """
    return np.append(0.0, np.cumsum(np.log(base + np.arange(most))))


def sum_inverse(base: float, most: int) -> Doubles:
    """Give ``1/base + … + 1/(base + n - 1)``, the derivative of :func:`log_rising`.

    Examples
    --------
    >>> sum_inverse(2.0, 2)
    array([0.        , 0.5       , 0.83333333])
    """
    return np.append(0.0, np.cumsum(1.0 / (base + np.arange(most))))


def whole(frequency: Doubles) -> Whole:
    """Give counts as integers, as positions in the tables above."""
    return np.rint(frequency).astype(np.int64)


def distinct(frame: Frame, weights: Doubles | None) -> tuple[Frame, Doubles]:
    """Give distinct rows and their counts; rows that come with weights are distinct already."""
    if weights is not None:
        return frame, weights
    found = frame.distinct()
    return found.frame, found.counts


def thinned(frame: Frame, counts: Doubles) -> tuple[Frame, Doubles] | None:
    """Give every n-th row, about ``ROUGH`` in all, for first climbs; none where rows are few."""
    if len(frame) <= ROUGH:
        return None
    kept = np.arange(0, len(frame), -(-len(frame) // ROUGH))
    return frame.take(kept), counts[kept]


def log_span(frame: Frame, counts: Doubles) -> float:
    """Give the logarithm of the mean age, to start from."""
    return float(np.log(max(counts @ frame.T / max(counts.sum(), 1.0), 1.0)))
