"""An action: whom it addresses, what is at stake, and its words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from clientela.i18n import Lang

Kind = Literal["cross_sell", "win_back", "basket", "variety", "returns"]
LEAST_AUDIENCE = 5  # below it there is nobody to address and nothing to measure


@dataclass(frozen=True)
class Action:
    """What can be done with a segment.

    Parameters
    ----------
    segment : int
        The segment.
    kind : str
        What is done.
    audience : int
        Customers addressed.
    amount_at_stake : float
        Money, counted from what these customers did.
    words : callable
        Gives the values of the texts in a language.
    detail : mapping
        JSON-able figures behind the amount.
    """

    segment: int
    kind: Kind
    audience: int
    amount_at_stake: float
    words: Callable[[Lang], Mapping[str, str]]
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def applies(self) -> bool:
        """Whether there is somebody to address and something to win."""
        return self.audience >= LEAST_AUDIENCE and self.amount_at_stake > 0
