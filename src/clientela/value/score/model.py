"""The value model as it is applied: what each customer will bring, row by row."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from clientela.btyd.model import YEAR_DAYS
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card
from clientela.statistics.arrays import Doubles, doubles
from clientela.value.score.forecasts import MedianForecast, RevenueInterval, ScaledForecast
from clientela.value.score.inputs import READ, ValueInputs
from clientela.value.score.orders import OrderModel
from clientela.value.score.past_forecasts import PastForecasts
from clientela.value.score.stored import dump_fields, load_fields

KIND = "value"
BuyersLine = tuple[float, float, float]
"""A logarithm of the mean revenue, the log-odds of buying there, and how steeply they rise."""
_DOUBLES = (
    "p_alive",
    "expected_orders",
    "expected_orders_low",
    "expected_orders_high",
    "expected_revenue",
    "expected_revenue_low",
    "expected_revenue_high",
    "likely_revenue",
    "expected_revenue_long",
)
_DAYS = ("next_order", "next_order_low", "next_order_high")
VALUE = pa.schema(
    [
        ("customer_id", pa.string()),
        *((name, pa.float64()) for name in _DOUBLES),
        *((name, pa.date32()) for name in _DAYS),
    ]
)
"""Columns of a score: money is net revenue within the horizon, ``expected_revenue_long``
within the ``clv_days``.

Orders and the next order's date go by the customer's own rhythm on a clock that goes with the level
of all orders ahead, its season among it. Days with several orders count as one for the bounds and
the next order's date.
"""


@dataclass(frozen=True, eq=False, kw_only=True)
class ValueModel:
    """Two forecasts, their interval, orders, lifetime value and the next order's window.

    Parameters
    ----------
    horizon_days : int
        Days after the snapshot that the forecasts cover.
    learnt_days : int
        Days that the forecasts were learnt on: fewer where the history is too short, and then each
        customer's forecast is stretched as the expected orders are.
    clv_days : int
        Days of the lifetime value.
    discount_rate : float
        A year, of the lifetime value.
    level : float
        Of the intervals of orders, revenue and the next order's date.
    orders : OrderModel
        The BTYD model.
    mean, likely : ScaledForecast, MedianForecast
        The mean forecast and the median forecast.
    interval : RevenueInterval or None
        Of the revenue; None where the history was too short to make one.
    unit : float
        Mean forecast of a customer on the day of the model, above 0.
    year_level : float
        Revenue of the clv's days over what the horizon's rate would give: below 1 where the
        horizon is the firm's high season.
    past : PastForecasts
        What past days could have forecast.
    buyers_line : BuyersLine or None
        How the share of buyers goes with the level; None where no past date shows it.
    by_rhythm : bool
        Whether the level goes by the customers' own rhythm, not by the firm's periods.
    level_of : (datetime.date, str)
        The day whose level it has, and the hash of that day's tables.
    card : Card
        Where the model comes from and how well it does.
    """

    horizon_days: int
    learnt_days: int
    clv_days: int
    discount_rate: float
    level: float
    orders: OrderModel
    mean: ScaledForecast
    likely: MedianForecast
    interval: RevenueInterval | None
    unit: float
    year_level: float
    past: PastForecasts
    buyers_line: BuyersLine | None
    by_rhythm: bool
    level_of: tuple[dt.date, str]
    card: Card

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features the model reads, all of the catalogue."""
        return READ

    def score(self, snapshot: pa.Table, as_of: dt.date) -> pa.Table:
        """Return every customer's forecasts; each depends on nothing but the customer's own row.

        Parameters
        ----------
        snapshot : pa.Table
            Customers as known on ``as_of``, with :attr:`features`.
        as_of : datetime.date
            The day from which the horizon and the next order are counted.

        Returns
        -------
        pa.Table
            Of :data:`VALUE`, in the order of the snapshot's rows. Bounds are null where no interval
            could be made; dates where an order may never come.

        Raises
        ------
        ArtifactError
            The customers lack a feature that the model reads.
        """
        inputs = ValueInputs.of(snapshot, self.orders, self.learnt_days)
        stretch = self.orders.stretch(inputs.purchases, (self.learnt_days, self.horizon_days))
        columns = {**self._orders(inputs), **self._revenue(inputs, stretch)}
        dates = self._next_order(inputs, as_of)
        arrays = [pa.array(columns[name], from_pandas=True) for name in _DOUBLES]
        return pa.Table.from_arrays(
            [snapshot["customer_id"], *arrays, *(dates[name] for name in _DAYS)], schema=VALUE
        )

    def expected_within(self, snapshot: pa.Table, days: int) -> Doubles:
        """Return the mean revenue forecast of other days ahead, at the pace of the horizon's."""
        inputs = ValueInputs.of(snapshot, self.orders, self.learnt_days)
        stretch = self.orders.stretch(inputs.purchases, (self.learnt_days, days))
        return self.mean.revenue(inputs) * stretch

    def ordering(self, snapshot: pa.Table) -> Doubles:
        """Return what orders the customers by who buys within the horizon, the likeliest highest.

        By as many purchase days as ordered best on earlier dates; the expected orders add up, and
        may order a little worse.
        """
        columns = {name: doubles(snapshot, name) for name in READ}
        return self.orders.ordering(columns, self.horizon_days)

    def _orders(self, inputs: ValueInputs) -> dict[str, Doubles]:
        rows, back = inputs.purchases.rows, inputs.purchases.back
        span = self.orders.span(self.horizon_days)
        bounds = self.orders.model.purchases_within(rows, span, self._bounds())[back]
        days = self.orders.model.expected_purchases(rows, span)[back]
        expected = days * self.orders.factor
        return {
            "p_alive": inputs.purchases.alive,
            "expected_orders": expected,
            "expected_orders_low": np.minimum(bounds[:, 0], expected),
            "expected_orders_high": np.maximum(bounds[:, 1], expected),
        }

    def _revenue(self, inputs: ValueInputs, stretch: Doubles) -> dict[str, Doubles]:
        mean = self.mean.revenue(inputs)
        low = high = np.full(len(mean), np.nan)
        if self.interval is not None:
            relative = mean / self.unit
            low = np.minimum(self.interval[0].at(relative) * self.unit, mean)
            high = np.maximum(self.interval[1].at(relative) * self.unit, mean)
            high = np.where(inputs.keeps_nothing, 0.0, high)
        return {
            "expected_revenue": mean * stretch,
            "expected_revenue_low": low * stretch,
            "expected_revenue_high": high * stretch,
            "likely_revenue": self.likely.revenue(inputs, self.unit) * stretch,
            "expected_revenue_long": mean * self._lifetimes(inputs),
        }

    def _lifetimes(self, inputs: ValueInputs) -> Doubles:
        """Return the discounted purchases of the clv's days over those of the days learnt on.

        What comes within the days learnt on counts as earned in their middle, what comes later in
        the middle of the rest.
        """
        expected, first, clv_days = inputs.purchases, self.learnt_days, self.clv_days
        until = self.orders.within(expected, (first, clv_days))
        early = np.minimum(expected.orders, until)
        money = early * self._discount(min(first, clv_days) / 2.0)
        money += (until - early) * self._discount((first + clv_days) / 2.0)
        plain = np.full(len(inputs), clv_days / first)
        ratio: Doubles = np.divide(money, expected.orders, out=plain, where=expected.orders > 0.0)
        return ratio * self.year_level

    def _discount(self, days: float) -> float:
        return float((1.0 + self.discount_rate) ** (-days / YEAR_DAYS))

    def _next_order(self, inputs: ValueInputs, as_of: dt.date) -> dict[str, pa.Array]:
        low, high = self._bounds()
        rows, back = inputs.purchases.rows, inputs.purchases.back
        waits = self.orders.model.next_order(rows, (0.5, low, high))[back]
        waits = waits / self.orders.clock
        return {name: _dates(waits[:, at], as_of) for at, name in enumerate(_DAYS)}

    def _bounds(self) -> tuple[float, float]:
        return (1.0 - self.level) / 2.0, (1.0 + self.level) / 2.0

    def artifact(self) -> Artifact:
        """Return the model as JSON and arrays, ready to be stored."""
        payload, arrays = dump_fields(vars(self))
        return Artifact(KIND, payload, arrays, self.card)


def load_value_model(artifact: Artifact) -> ValueModel:
    """Make the model of a stored one.

    Raises
    ------
    ArtifactError
        Its parts do not hold together.
    """
    return ValueModel(**load_fields(artifact.payload, artifact.arrays), card=artifact.card)


def _dates(waits: Doubles, as_of: dt.date) -> pa.Date32Array:
    """Count days from a day; null where there is no end of waiting."""
    never = ~np.isfinite(waits)
    days = np.ceil(np.where(never, 0.0, waits)).astype(np.int32)
    day = (as_of - dt.date(1970, 1, 1)).days
    counted = np.maximum(days, 1) + np.int32(day)
    return pa.array(counted, mask=never, type=pa.int32()).view(pa.date32())
