"""What the forecasts of value read of a customer: the catalogue's features and what BTYD makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.statistics.arrays import Doubles, doubles
from clientela.value.score.orders import OrderForecast, OrderModel
from clientela.value.score.trees import ValueTrees

READ = (
    "days_since_last",
    "orders",
    "revenue",
    "gross_revenue",
    "tenure_days",
    "purchase_days",
    "gap_days_mean",
    "gap_days_std",
    "last_gap_ratio",
    "average_order_value",
    "largest_order_amount",
    "orders_30d",
    "revenue_30d",
    "orders_90d",
    "revenue_90d",
    "orders_365d",
    "revenue_365d",
    "products",
    "returned_share",
)
"""Features of the catalogue; a null is missing, not 0."""


LEARNT_FROM = (
    *READ,
    "revenue_rate",
    "order_rate",
    "gaps_away",
    "btyd_alive",
    "btyd_orders",
    "btyd_buys",
    "btyd_spend",
    "btyd_revenue",
)
"""Columns of the boosted models, in this order."""


WINDOWS = (30, 90, 365)  # the windows of the feature catalogue


SHORTEST_DAYS = 30  # by convention: a rate of fewer days is noise


@dataclass(frozen=True, eq=False)
class ValueInputs:
    """Customers ready for arithmetic.

    Parameters
    ----------
    columns : mapping of str to array of float
        :data:`READ`, row by row.
    orders : OrderModel
        The BTYD model.
    horizon_days : int
        Days ahead.
    """

    columns: Mapping[str, Doubles]
    orders: OrderModel
    horizon_days: int
    _raw: dict[int, Doubles] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, snapshot: pa.Table, orders: OrderModel, horizon_days: int) -> "ValueInputs":
        """Read a snapshot.

        Raises
        ------
        ArtifactError
            A feature is missing.
        """
        return cls({name: doubles(snapshot, name) for name in READ}, orders, horizon_days)

    def __len__(self) -> int:
        return len(self.columns["orders"])

    @cached_property
    def purchases(self) -> OrderForecast:
        """What the BTYD model forecasts."""
        return self.orders.forecast(self.columns, self.horizon_days)

    @cached_property
    def keeps_nothing(self) -> npt.NDArray[np.bool_]:
        """Who gave back all that was bought, or more: no customer with a future."""
        return np.asarray(self.columns["revenue"] <= 0.0)

    @cached_property
    def is_wholesale(self) -> npt.NDArray[np.bool_]:
        """Who is too large to be a part of the crowd."""
        return self.orders.is_wholesale(self.columns)

    @cached_property
    def matrix(self) -> Doubles:
        """The columns of :data:`LEARNT_FROM`, shape (customers, columns), row by row in memory."""
        derived = self._derive()
        matrix = np.empty((len(self), len(LEARNT_FROM)))
        for position, name in enumerate(LEARNT_FROM):
            matrix[:, position] = derived[name] if name in derived else self.columns[name]
        return matrix

    def raw(self, trees: ValueTrees) -> Doubles:
        """Return what trees say of every row; computed once."""
        if id(trees) not in self._raw:
            self._raw[id(trees)] = trees.raw(self.matrix)
        return self._raw[id(trees)]

    def lifetime_rate(self) -> Doubles:
        """Return the horizon's revenue at the rate since the first order, 30 days ago or more."""
        days = np.maximum(self.columns["tenure_days"], SHORTEST_DAYS)
        return np.maximum(self.columns["revenue"], 0.0) / days * self.horizon_days

    def last_period(self, window_days: float, named: int | None = None) -> Doubles:
        """Return the revenue of a window, brought to the horizon's length.

        Parameters
        ----------
        window_days : float
            Days of data in the window, fewer than its name says in a short history.
        named : int, optional
            The window's name; that nearest to the horizon if absent.
        """
        recent = self.columns[f"revenue_{named or pick_window(self.horizon_days)}d"]
        return np.maximum(recent, 0.0) * (self.horizon_days / window_days)

    def _derive(self) -> dict[str, Doubles]:
        days = np.maximum(self.columns["tenure_days"], SHORTEST_DAYS)
        away = self.columns["days_since_last"] / np.maximum(self.columns["gap_days_mean"], 1.0)
        forecast = self.purchases
        return {
            "revenue_rate": self.lifetime_rate(),
            "order_rate": self.columns["orders"] / days * self.horizon_days,
            "gaps_away": away,
            "btyd_alive": forecast.alive,
            "btyd_orders": forecast.orders,
            "btyd_buys": forecast.buys,
            "btyd_spend": forecast.spend,
            "btyd_revenue": forecast.revenue,
        }


def pick_window(horizon_days: int) -> int:
    """Return the catalogue's window nearest to a horizon, as a ratio.

    Examples
    --------
    >>> [pick_window(days) for days in (14, 60, 91, 180, 273)]
    [30, 90, 90, 90, 365]
    """
    return min(WINDOWS, key=lambda days: abs(np.log(days / horizon_days)))
