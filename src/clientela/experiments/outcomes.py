"""What customers did in the days of an experiment, in the outcomes that one can decide on."""

import datetime as dt

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.experiments.design import OutcomeName
from clientela.features.daily_revenue import DailyRevenue
from clientela.statistics.arrays import Doubles


def measure_outcomes(
    daily_revenue: DailyRevenue,
    ids: pa.Array | pa.ChunkedArray,
    upto: dt.date,
    days: int,
    cap: float,
) -> dict[OutcomeName, Doubles]:
    """Return every outcome of customers in the days up to a day; 0 where unknown.

    An order counts if its day brought money: what was cancelled on its own day is none.

    Parameters
    ----------
    ids : pa.Array or pa.ChunkedArray
        Customers, in whose order the values come.
    cap : float
        What winsorised revenue counts up to; below nothing it counts as nothing.
    """
    oldest, youngest = daily_revenue.age(upto) + days, daily_revenue.age(upto)
    ages = daily_revenue.age_days
    rows = (ages < oldest) & (ages >= youngest)
    customer, amount = daily_revenue.customer[rows], daily_revenue.amount[rows]
    revenue, orders = (np.zeros(len(daily_revenue.ids)) for _ in range(2))
    np.add.at(revenue, customer, amount)
    np.add.at(orders, customer[amount > 0], 1.0)
    places = pc.index_in(ids, value_set=daily_revenue.ids)
    known = np.asarray(places.is_valid())
    positions: npt.NDArray[np.int64] = np.asarray(places.fill_null(0))
    revenue, orders = (np.where(known, values[positions], 0.0) for values in (revenue, orders))
    return {
        "revenue": revenue,
        "winsorised": np.clip(revenue, 0.0, cap),
        "orders": orders,
        "repeat": (orders > 0).astype(np.float64),
    }
