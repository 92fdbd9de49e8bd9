"""What is asked of a churn model: of whom, as of when, and over how long."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal["contractual", "non_contractual", "undated"]


@dataclass(frozen=True)
class Framing:
    """The question that a churn model answers.

    Parameters
    ----------
    kind : {"contractual", "non_contractual", "undated"}
        What leaving means; ``undated`` where a flag has no day and there are no events.
    as_of : datetime.date
        The day on which the model is learnt: nothing later is known.
    horizon_days : int
        Days ahead; 0 where there is no time.
    gone_after_days : int or None
        Customers whose last purchase lies further back are not asked about but gone.
    gone_share : float or None
        Share of those who did not come back within the horizon, as measured.
    ripe_from : datetime.date or None
        First day on which those asked about were as complete as today, whose season may be read.
    data_hash : str
        Hash of the canonical tables, for the card.
    """

    kind: Kind
    as_of: dt.date
    horizon_days: int = 0
    gone_after_days: int | None = None
    gone_share: float | None = None
    ripe_from: dt.date | None = None
    data_hash: str = ""

    def told(self) -> dict[str, str | int | float | None]:
        """Give the question for JSON: days as ISO texts, what does not apply as None."""
        return {
            name: one.isoformat() if isinstance(one, dt.date) else one
            for name, one in asdict(self).items()
        }
