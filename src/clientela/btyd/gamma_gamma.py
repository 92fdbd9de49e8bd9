"""Gamma-Gamma: what a customer spends on a purchase day, from those seen."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from clientela.btyd.frame import Frame
from clientela.statistics.arrays import Doubles


@dataclass(frozen=True)
class GammaGamma:
    """A fitted Gamma-Gamma model.

    Parameters
    ----------
    p : float
        Shape of a customer's purchases.
    q, gamma : float
        Shape and rate of the Gamma distribution of the customers' rates; ``gamma`` in money.

    References
    ----------
    Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value,
    http://www.brucehardie.com/notes/025/.

    Examples
    --------
    >>> ones = np.ones(1)
    >>> GammaGamma(6.25, 3.74, 15.44).expected_spend(
    ...     Frame(ones * 2, ones, ones * 9, ones * 22.35, "weeks")
    ... )
    array([24.6637])
    """

    p: float
    q: float
    gamma: float

    def expected_spend(self, frame: Frame) -> Doubles:
        """Give the mean spend on a purchase day expected of each customer.

        It is a weighted mean of the customers' mean and the customer's own, who counts the more
        the more often he bought; money that is not positive counts as not seen.
        """
        seen = np.where((frame.frequency > 0.0) & (frame.monetary_value > 0.0), frame.frequency, 0)
        base = np.maximum(self.p * seen + self.q - 1.0, 1e-12)
        return self.p * (self.gamma + seen * np.maximum(frame.monetary_value, 0.0)) / base

    def parameters(self) -> dict[str, float]:
        """Give the parameters by name."""
        return asdict(self)

    def to_json(self) -> dict[str, Any]:
        """Give the model as JSON; ``GammaGamma(**payload)`` reads it."""
        return asdict(self)
