"""What every fitted Buy Till You Die model foretells of a customer."""

from collections.abc import Sequence
from typing import Any, Protocol

from clientela.scoring.clv.frame import Frame
from clientela.scoring.clv.span import Span, TimeUnit
from clientela.scoring.columns import Doubles


class Model(Protocol):
    """A fitted model; it refuses (ValueError) a frame in another unit than its own.

    Every array it gives is finite, but for dates of a next order that may never come: infinite.
    """

    @property
    def name(self) -> str:
        """Name, such as ``bg_nbd``."""

    @property
    def unit(self) -> TimeUnit:
        """Unit of time of the parameters and of the frames it reads."""

    def parameters(self) -> dict[str, float]:
        """Give the parameters by name."""

    def p_alive(self, frame: Frame) -> Doubles:
        """Give the probability that a customer may buy again."""

    def expected_purchases(self, frame: Frame, horizon: Span) -> Doubles:
        """Give the expected number of purchase days within the horizon."""

    def p_no_purchase(self, frame: Frame, horizon: Span) -> Doubles:
        """Give the probability of no purchase within the horizon."""

    def p_at_least(self, frame: Frame, horizon: Span, purchases: Doubles) -> Doubles:
        """Give the probability of that many purchase days or more, a number for each row."""

    def purchases_within(self, frame: Frame, horizon: Span, levels: Sequence[float]) -> Doubles:
        """Give quantiles of the purchase days within the horizon, shape (customers, levels)."""

    def next_order(self, frame: Frame, levels: Sequence[float]) -> Doubles:
        """Give quantiles of the days until the next order, shape (customers, levels), in days.

        Infinite where the order may never come with a probability that leaves the level unreached.
        """

    def to_json(self) -> dict[str, Any]:
        """Give the model as JSON; ``clientela.scoring.clv.stored.from_json`` reads it."""
