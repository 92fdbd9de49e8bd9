"""A shop of a few customers as a history, from canonical rows."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clientela.actions import ActionInputs
from clientela.engine import Engine
from clientela.features.daily_revenue import read_daily_revenue
from clientela.features.history import History
from clientela.tables.schema import Tables
from tests.features.rows import Row, transactions

AS_OF = dt.date(2011, 12, 31)


def history(engine: Engine, rows: Sequence[Row], as_of: dt.date = AS_OF) -> History:
    held = engine.from_arrow(transactions(list(rows)))
    first = min(row["ordered_local"].date() for row in rows)
    return History(engine, lambda group: Tables(held), [("0",)], first, as_of)


def base(past: History, segment: Sequence[int]) -> ActionInputs:
    """Give the base of the actions, with segments called A, B, …"""
    known: npt.NDArray[np.int64] = np.asarray(segment, dtype=np.int64)
    names = {int(one): {"en": f"S{one}", "pt_BR": f"G{one}"} for one in np.unique(known)}
    snapshot = past.snapshot(past.as_of)
    return ActionInputs(past, read_daily_revenue(past), snapshot, known, names, "GBP")  # type: ignore[arg-type]
