"""Who was asked about on a day, with what happened to them."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.statistics.arrays import Doubles

KEY = "customer_id"
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Labelled:
    """One snapshot of customers beside what they did.

    Parameters
    ----------
    as_of : datetime.date or None
        The day on which the features were known; None where the data has no time.
    table : pa.Table
        ``customer_id`` and feature columns, numbers and texts; dates are not read.
    left : array of bool, shape (customers,)
        Whether the customer left within ``horizon_days`` of ``as_of``.
    worth : array of double, shape (customers,)
        Money at stake over the horizon, in the currency of the amounts.
    horizon_days : int
        Days after ``as_of`` in which leaving was looked for: the outcome is known after them. 0
        where there is no time.
    """

    as_of: dt.date | None
    table: pa.Table
    left: Flags
    worth: Doubles
    horizon_days: int = 0

    @property
    def customers(self) -> int:
        """Count the customers asked about."""
        return int(self.table.num_rows)

    @property
    def known_on(self) -> dt.date | None:
        """The day by which everybody's outcome is known."""
        return None if self.as_of is None else self.as_of + dt.timedelta(days=self.horizon_days)

    def in_order(self) -> "Labelled":
        """Order by ``customer_id``, so that the order rows came in changes nothing."""
        order = pc.sort_indices(self.table, sort_keys=[(KEY, "ascending")])
        where = order.to_numpy()
        return Labelled(
            self.as_of,
            self.table.take(order),
            self.left[where],
            self.worth[where],
            self.horizon_days,
        )
