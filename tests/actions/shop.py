"""A shop of a few customers as a history, from canonical rows."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.actions import PERIOD_DAYS, ActionInputs, view_customers
from clientela.actions.cross_sell import SIDES, list_pairs
from clientela.engine import Engine
from clientela.features.affinity import learn_affinity
from clientela.features.daily_revenue import read_daily_revenue
from clientela.features.history import History
from clientela.features.product_ranking import rank_products
from clientela.tables.schema import Tables
from tests.features.rows import Row, transactions

AS_OF = dt.date(2011, 12, 31)


def history(engine: Engine, rows: Sequence[Row], as_of: dt.date = AS_OF) -> History:
    held = engine.from_arrow(transactions(list(rows)))
    first = min(row["ordered_local"].date() for row in rows)
    return History(engine, lambda group: Tables(held), [("0",)], first, as_of)


def base(past: History, segment: Sequence[int], **given: Any) -> ActionInputs:
    """Give the base of the actions, with segments called S1, S2, …, also of a period ago.

    Customers of whom a period ago knew nothing are its last ones.
    """
    known: npt.NDArray[np.int64] = np.asarray(segment, dtype=np.int64)
    nobody, nothing = np.zeros(len(known), dtype=np.bool_), np.full(len(known), np.nan)
    today = view_customers(past, past.as_of, known, given.pop("member", nobody))
    day, before = past.as_of - dt.timedelta(days=PERIOD_DAYS), None
    if (day - past.first_day).days >= PERIOD_DAYS:
        count = len(past.snapshot(day))
        before = view_customers(past, day, known[:count], today.member[:count])
    pairs, families = learn_affinity(past)
    listed = list_pairs(pairs, past.stands_for)
    _, buyers = rank_products(
        past,
        families,
        pa.array([], pa.string()),
        {pair[side] for pair in listed for side in SIDES},
    )
    made = ActionInputs(
        history=past,
        revenue=read_daily_revenue(past),
        today=today,
        view_past=None if before is None else lambda: before,
        names={int(one): {"en": f"S{one}", "pt_BR": f"G{one}"} for one in np.unique(known)},
        currency="GBP",
        status=np.full(len(known), None, dtype=object),
        enters=nobody,
        stays=nobody,
        loss=nothing,
        margin=nothing,
        families=families,
        pairs=listed,
        buyers=buyers,
    )
    return replace(made, **given)
