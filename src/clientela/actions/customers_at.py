"""The customers of a day as actions see them: orders cancelled on their own day do not count."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.features.history import History
from clientela.features.same_day import read_same_day
from clientela.features.snapshot import KEY
from clientela.statistics.arrays import Doubles, Mask, doubles

COLUMNS = (
    "days_since_last",
    "gap_days_mean",
    "orders_365d",
    "revenue",
    "revenue_365d",
    "gross_revenue",
    "average_order_value",
    "products",
    "returned_share",
    "returned_amount",
)


@dataclass(frozen=True)
class CustomersAt:
    """The customers of a day, orders cancelled on their own day left out.

    Parameters
    ----------
    ids : pa.ChunkedArray
        Sorted.
    columns : mapping of str to array of float
        Features by name.
    segment : array of int
        Segment of each, by today's model.
    member : array of bool
        Whether each belonged to the programme.
    """

    ids: pa.ChunkedArray
    columns: Mapping[str, Doubles]
    segment: npt.NDArray[np.int64]
    member: Mask


def view_customers(
    history: History, day: dt.date, segment: npt.NDArray[np.int64], member: Mask
) -> CustomersAt:
    """Return the customers of a day, orders cancelled on their own day left out."""
    snapshot = history.snapshot(day)
    columns = {name: doubles(snapshot, name) for name in COLUMNS}
    same_day = read_same_day(history, day, snapshot[KEY])
    orders = doubles(snapshot, "orders") - same_day["same_day_orders"]
    gross = columns["gross_revenue"] - same_day["same_day_amount"]
    columns["returned_amount"] = columns["returned_amount"] - same_day["same_day_amount"]
    columns["orders_365d"] = columns["orders_365d"] - same_day["same_day_orders_365d"]
    columns["gross_revenue"] = gross
    columns["average_order_value"] = _divide(gross, orders)
    columns["returned_share"] = _divide(columns["returned_amount"], gross)
    return CustomersAt(snapshot[KEY], columns, segment, member)


def _divide(numerator: Doubles, denominator: Doubles) -> Doubles:
    nothing = np.zeros(len(numerator))
    return np.divide(numerator, denominator, out=nothing, where=denominator > 0.0)
