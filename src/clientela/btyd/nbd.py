"""NBD and its condensed forms: customers who never drop out, the fallback where none is seen to."""

from dataclasses import dataclass

import numpy as np

from clientela.btyd.frame import Frame
from clientela.btyd.span import TimeUnit
from clientela.btyd.staged import Staged
from clientela.statistics.arrays import Doubles


@dataclass(frozen=True)
class Nbd(Staged):
    """A fitted model without dropout.

    Parameters
    ----------
    r, alpha : float
        Shape and rate (in ``unit``) of the Gamma distribution of the rate of stages.
    k : int
        Stages from one purchase to the next.
    unit : {"days", "weeks"}
        Unit of time.

    References
    ----------
    Ehrenberg (1959), The Pattern of Consumer Purchases, doi:10.2307/2985810.
    Chatfield & Goodhardt (1973), A Consumer Purchasing Model with Erlang Inter-Purchase Times,
    doi:10.1080/01621459.1973.10481432.

    Examples
    --------
    >>> one = Frame(*(np.array([each]) for each in (4.0, 50.0, 60.0, 0.0)), "days")
    >>> from clientela.btyd.span import Span
    >>> Nbd(1.0, 40.0).expected_purchases(one, Span.days(20))
    array([1.])
    """

    r: float
    alpha: float
    k: int = 1
    unit: TimeUnit = "days"

    @property
    def name(self) -> str:
        """Name of the model."""
        return "nbd" if self.k == 1 else f"cnbd_{self.k}"

    def _leaving(self, frame: Frame) -> tuple[float, Doubles]:
        return 0.0, np.ones(len(frame))

    def _alive(self, frame: Frame) -> Doubles:
        return np.ones(len(frame))

    def _expected(self, frame: Frame, length: float) -> Doubles:
        if self.k > 1:
            return super()._expected(frame, length)
        return (self.r + frame.frequency) / (self.alpha + frame.T) * length
