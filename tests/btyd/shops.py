"""Simulated shops as frames, with who had really left, without files in between."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clientela.btyd.frame import Frame
from clientela.simulate.customers import draw_customers
from clientela.simulate.orders import draw_orders
from clientela.simulate.settings import RetailSettings


class Shop(NamedTuple):
    """Customers as known on a day, in days, and which of them had not left by then."""

    frame: Frame
    lives: npt.NDArray[np.bool_]


def shop(seed: int, day: int, customers: int = 2_000) -> Shop:
    """Draw what ``clientela simulate retail`` writes, without its dirt, up to a day."""
    settings, rng = RetailSettings(customers=customers), np.random.default_rng([seed, 99])
    drawn = draw_customers(settings, 10, rng)
    orders, dropout = draw_orders(drawn, settings, 10, rng)
    bought = orders.time // 86_400
    seen = (orders.customer >= 0) & (bought <= day)
    days = np.unique(np.stack([orders.customer[seen], bought[seen]], axis=1), axis=0)
    ids, starts, counts = np.unique(days[:, 0], return_index=True, return_counts=True)
    first, last = (days[at, 1].astype(np.float64) for at in (starts, starts + counts - 1))
    money = np.zeros(len(ids))
    again = (counts - 1).astype(np.float64)
    frame = Frame(again, last - first, day - first, money, "days")
    return Shop(frame, dropout[ids] > day)
