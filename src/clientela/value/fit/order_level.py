"""The level of orders: a clock for the purchase model that goes with the season."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from clientela.btyd.frame import Span
from clientela.statistics.arrays import Doubles
from clientela.value.fit.training_data import TrainingData
from clientela.value.score.orders import OrderModel

FASTEST = 4.0  # by convention: a season that makes of a day more than four is a mistake
STEPS = 24  # halvings: the clock to a ten-millionth


def set_clock(
    orders: OrderModel, columns: Mapping[str, Doubles], ground: TrainingData
) -> OrderModel:
    """Set the clock such that customers are expected to buy as often as all do together.

    The purchase days of all are forecast as their revenue is; a closed group keeps its own pace.

    Parameters
    ----------
    orders : OrderModel
        As fitted.
    columns : mapping of str to array of float
        Features of today's customers, or a sample of them.
    ground : TrainingData
        The firm's past.
    """
    daily, day = ground.firm.daily_revenue, ground.history.as_of
    bought = replace(daily, amount=(daily.amount > 0.0).astype(np.float64))
    total = ground.measure_levels(bought).total(day)
    if ground.by_rhythm or total is None:
        return orders
    wanted = total.expected / max(ground.firm.count_customers(day), 1)
    days, low, high = ground.settings.horizon_days, 1.0 / FASTEST, FASTEST
    rows, counts, _ = orders.frame(columns).distinct()
    for _ in range(STEPS):
        clock = float(np.sqrt(low * high))
        expected = orders.model.expected_purchases(rows, Span.days(days * clock))
        reached = float(np.average(expected, weights=counts)) >= wanted
        low, high = (low, clock) if reached else (clock, high)
    return replace(orders, factor=orders.per_day, clock=clock)
