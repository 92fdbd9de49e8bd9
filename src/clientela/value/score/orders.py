"""Orders to come by a Buy Till You Die model, and what an order brings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.btyd.frame import Frame, Span
from clientela.btyd.model import PurchaseModel, rank_customers
from clientela.statistics.arrays import Doubles

LEAST_DAYS = 1e-9  # keeps a division by no purchase days defined


@dataclass(frozen=True, eq=False)
class OrderForecast:
    """What a BTYD model forecasts within a horizon, row by row.

    Parameters
    ----------
    alive : array of float
        Probability that the customer may buy again.
    orders : array of float
        Expected purchase days, uncorrected.
    buys : array of float
        Probability of at least one.
    spend : array of float
        Expected net revenue of one.
    rows : Frame
        The distinct frames behind them: customers alike are reckoned once.
    back : array of int
        The row of every customer.
    """

    alive: Doubles
    orders: Doubles
    buys: Doubles
    spend: Doubles
    rows: Frame
    back: npt.NDArray[np.intp]

    @property
    def revenue(self) -> Doubles:
        """Expected revenue: purchase days times what one brings."""
        return self.orders * self.spend


@dataclass(frozen=True, eq=False, kw_only=True)
class OrderModel:
    """A BTYD model of purchase days and the mean revenue of one, drawn towards the firm's.

    Parameters
    ----------
    model : Model
        Of purchase days, in days.
    mean_spend : float
        Mean net revenue of a customer's purchase day.
    weight : float
        Purchase days that the firm's mean counts as, beside the customer's own.
    factor : float
        Orders that come for each purchase day forecast.
    per_day : float
        Orders of a purchase day, a part of ``factor``.
    clock : float
        Days of the model that pass in a day of the horizon: more in the high season.
    several : int
        Purchase days whose chance orders best who buys at all; 0 for the expected ones.
    wholesale_from : float
        Gross revenue above which a customer is a wholesale buyer, whose own spend counts alone.
    """

    model: PurchaseModel
    mean_spend: float
    weight: float
    factor: float = 1.0
    per_day: float = 1.0
    clock: float = 1.0
    several: int = 0
    wholesale_from: float = math.inf

    def is_wholesale(self, columns: Mapping[str, Doubles]) -> npt.NDArray[np.bool_]:
        """Mark the customers too large to be a part of the crowd."""
        return np.asarray(columns["gross_revenue"] > self.wholesale_from)

    def frame(self, columns: Mapping[str, Doubles]) -> Frame:
        """Return the frame of the model from the features of a snapshot."""
        x = np.maximum(columns["purchase_days"] - 1.0, 0.0)
        T = columns["tenure_days"]
        t_x = np.where(x > 0.0, T - columns["days_since_last"], 0.0)
        return Frame(x, t_x, T, np.zeros(len(x)), "days")

    def spend(self, columns: Mapping[str, Doubles]) -> Doubles:
        """Return what a purchase day is expected to bring, not below 0.

        The mean of the customer's own days and, counted as ``weight`` days, of the firm: the form
        of the Gamma-Gamma model's conditional expectation, with net revenue, which may be below 0.

        References
        ----------
        Fader, Hardie (2013), The Gamma-Gamma model of monetary value.
        """
        weight = np.where(self.is_wholesale(columns), 0.0, self.weight)
        total = columns["revenue"] + weight * self.mean_spend
        return np.maximum(total / np.maximum(columns["purchase_days"] + weight, LEAST_DAYS), 0.0)

    def forecast(self, columns: Mapping[str, Doubles], horizon_days: int) -> OrderForecast:
        """Forecast a horizon."""
        rows, _, back = self.frame(columns).distinct()
        span = Span.days(horizon_days)
        return OrderForecast(
            alive=self.model.p_alive(rows)[back],
            orders=self.model.expected_purchases(rows, span)[back],
            buys=1.0 - self.model.p_no_purchase(rows, span)[back],
            spend=self.spend(columns),
            rows=rows,
            back=back,
        )

    def span(self, days: float) -> Span:
        """Return a span on the model's own clock."""
        return Span.days(days * self.clock)

    def within(self, forecast: OrderForecast, days: tuple[int, int]) -> Doubles:
        """Return the expected purchase days within a span, row by row.

        Parameters
        ----------
        forecast : OrderForecast
            What was forecast of the same customers.
        days : (int, int)
            The span it was forecast for, and the one that is wanted.
        """
        forecast_days, wanted = days
        if forecast_days == wanted:
            return forecast.orders
        return self.model.expected_purchases(forecast.rows, Span.days(wanted))[forecast.back]

    def stretch(self, forecast: OrderForecast, days: tuple[int, int]) -> Doubles:
        """Return how much more comes within a longer span, row by row."""
        forecast_days, wanted = days
        plain = np.full(len(forecast.orders), wanted / forecast_days)
        wanted_orders = self.within(forecast, days)
        factor: Doubles = np.divide(
            wanted_orders, forecast.orders, out=plain, where=forecast.orders > 0.0
        )
        return factor

    def ordering(self, columns: Mapping[str, Doubles], horizon_days: int) -> Doubles:
        """Return what orders the customers by who buys within a horizon, the likeliest highest."""
        rows, _, back = self.frame(columns).distinct()
        span = Span.days(horizon_days)
        return rank_customers(self.model, rows, span, self.several)[back]

    def to_json(self) -> dict[str, Any]:
        """Return the model as JSON."""
        return {
            "model": self.model.to_json(),
            "mean_spend": self.mean_spend,
            "weight": self.weight,
            "factor": self.factor,
            "per_day": self.per_day,
            "clock": self.clock,
            "several": self.several,
            "wholesale_from": self.wholesale_from if math.isfinite(self.wholesale_from) else None,
        }


def load_order_model(payload: dict[str, Any]) -> OrderModel:
    """Read what :meth:`OrderModel.to_json` gave."""
    from clientela.btyd.candidates import load_purchase_model

    limit = payload["wholesale_from"]
    return OrderModel(
        model=load_purchase_model(payload["model"]),
        mean_spend=float(payload["mean_spend"]),
        weight=float(payload["weight"]),
        factor=float(payload["factor"]),
        per_day=float(payload["per_day"]),
        clock=float(payload["clock"]),
        several=int(payload.get("several", 0)),
        wholesale_from=math.inf if limit is None else float(limit),
    )
