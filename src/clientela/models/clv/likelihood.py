"""What the likelihoods share: rising products as sums of logarithms, exact for any parameter."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from clientela.scoring.clv.frame import Frame
from clientela.scoring.columns import Doubles

Whole = npt.NDArray[np.int64]


class Likelihood(Protocol):
    """The log-likelihood of a model over the logarithms of its parameters."""

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters in their order."""

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


def weights_of(frame: Frame, weights: Doubles | None) -> Doubles:
    """Give each row its count, one where none is given."""
    return np.ones(len(frame)) if weights is None else weights
