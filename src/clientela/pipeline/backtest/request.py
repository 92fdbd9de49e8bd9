"""What a user asks of a backtest."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ask:
    """The sources, and the days to judge; what is absent is chosen from the data.

    Parameters
    ----------
    sources, customers : tuple of str
        Files or URLs; without any, what the workspace holds.
    as_of : datetime.date, optional
        The last day that may be learnt from.
    horizon_days : int, optional
        Days after it that are judged.
    truth : Path, optional
        The simulator's truth of the customers, a Parquet file.
    simulations : int
        How often to simulate each fitted Buy Till You Die model and fit it again.
    """

    sources: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    as_of: dt.date | None = None
    horizon_days: int | None = None
    truth: Path | None = None
    simulations: int = 0
