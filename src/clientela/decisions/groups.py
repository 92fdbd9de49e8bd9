"""Groups of customers on a day, by its snapshot; the rule itself may have been learnt later."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.features.history import History

Choose = Callable[[dt.date], Collection[str]]
"""Gives the ids of a group's members as chosen on a day; asked about past days too."""

Predicate = Callable[[pa.Table], npt.NDArray[np.bool_]]


def by_rule(history: History, names: Sequence[str], predicate: Predicate) -> Choose:
    """Choose on any day by a predicate on the snapshot of that day.

    Parameters
    ----------
    history : History
        Where the snapshots come from.
    names : sequence of str
        Features that the predicate reads.
    predicate : callable
        Says of each row of a snapshot whether the customer belongs.
    """

    def choose(day: dt.date) -> list[str]:
        snapshot = history.snapshot(day, names)
        ids: list[str] = snapshot.filter(pa.array(predicate(snapshot)))["customer_id"].to_pylist()
        return ids

    return choose
