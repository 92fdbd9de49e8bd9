"""What the actions are computed from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.features.daily_revenue import Takings
from clientela.features.history import History
from clientela.i18n import Lang


@dataclass(frozen=True)
class Base:
    """The customers, their segments and their past.

    Parameters
    ----------
    history : History
        The firm's past up to the day of the snapshot.
    takings : Takings
        What each customer brought on each day.
    snapshot : pa.Table
        The customers as of ``history.as_of`` with all features, sorted by ``customer_id``.
    segment : array of int
        The segment of each row.
    names : mapping of int to mapping
        Each segment's name, by language.
    currency : str or None
        ISO 4217 code of the amounts.
    """

    history: History
    takings: Takings
    snapshot: pa.Table
    segment: npt.NDArray[np.int64]
    names: Mapping[int, Mapping[Lang, str]]
    currency: str | None
