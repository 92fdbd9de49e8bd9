"""Raise orders that are smaller than the segment's own usual."""

import numpy as np

from clientela.actions.action import Action
from clientela.actions.base import Base
from clientela.i18n import Lang, format_amount
from clientela.statistics.arrays import doubles, sum_exactly


def basket(base: Base, segment: int) -> Action:
    """Address customers below the segment's median order; at stake is the way up to it.

    The way is the difference of the average order to that median, times the orders of the last
    365 days.
    """
    mine = base.segment == segment
    value, orders = (
        doubles(base.snapshot, name) for name in ("average_order_value", "orders_365d")
    )
    median = float(np.median(value[mine]))
    below = mine & (value < median) & (orders > 0)
    missing = (median - value[below]) * orders[below]

    def words(lang: Lang) -> dict[str, str]:
        return {"median": format_amount(median, lang, base.currency)}

    detail = {"median_order_value": median, "orders_365d": sum_exactly(orders[below])}
    return Action(segment, "basket", int(below.sum()), sum_exactly(missing), words, detail)
