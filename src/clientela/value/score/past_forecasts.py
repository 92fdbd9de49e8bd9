"""The forecasts that past days could have made, stored with the model that was chosen on them."""

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from clientela.features.history import History
from clientela.statistics.arrays import Doubles
from clientela.value.score.forecasts import ScaledForecast
from clientela.value.score.inputs import ValueInputs
from clientela.value.score.orders import OrderModel

SnapshotForecast = Callable[[pa.Table], Doubles]
"""Returns what each row of a snapshot can be expected to bring."""

PastModel = tuple[dt.date, OrderModel, ScaledForecast | None]
"""A day, its BTYD model and its mean forecast; None where that day could have learnt none."""


class PastForecasts:
    """What past days could have forecast, by models that knew nothing later.

    Only which kind of model it is was chosen on all past dates. They hold parameters alone and no
    customer's rows, so that a later run scores with them and learns none of them again.

    Parameters
    ----------
    learnt_days : int
        Days that the forecasts were learnt on.
    models : sequence of (datetime.date, OrderModel, ScaledForecast or None)
        The models, in any order of their days.
    """

    def __init__(self, learnt_days: int, models: Sequence[PastModel]) -> None:
        self.learnt_days, self.models = learnt_days, tuple(models)

    def expected_at(self, day: dt.date, days: int | None = None) -> SnapshotForecast | None:
        """Return the forecast that could have been made on a day; None where there is none.

        It takes the whole snapshot of the day (``history.snapshot(day)``) and serves for sorting:
        it has the level of the day on which it was learnt, which may lie some months earlier.

        Parameters
        ----------
        day : datetime.date
            The past day.
        days : int, optional
            Days ahead; those that were learnt on if absent.
        """
        model = self._model_at(day)
        if model is None:
            return None
        return lambda snapshot: self._expect(snapshot, model, days or self.learnt_days)

    def forecast_customers(
        self, history: History, day: dt.date, days: int
    ) -> tuple[pa.Array, Doubles] | None:
        """Return ids and expected revenue of a past day's customers, as :meth:`expected_at`.

        Of a large firm they are those of its sample, each with the revenue of all it stands for.
        """
        model = self._model_at(day)
        if model is None:
            return None
        snapshot = history.snapshot(day)
        revenue = np.maximum(self._expect(snapshot, model, days), 0.0) * history.stands_for
        return snapshot["customer_id"].combine_chunks(), revenue

    def _model_at(self, day: dt.date) -> tuple[OrderModel, ScaledForecast] | None:
        ready = [entry for entry in self.models if entry[0] <= day]
        if not ready:
            return None
        _, orders, scaled = max(ready, key=lambda entry: entry[0])
        return None if scaled is None else (orders, scaled)

    def _expect(
        self, snapshot: pa.Table, model: tuple[OrderModel, ScaledForecast], days: int
    ) -> Doubles:
        orders, scaled = model
        inputs = ValueInputs.of(snapshot, orders, self.learnt_days)
        revenue = scaled.revenue(inputs)
        if days == self.learnt_days:
            return revenue
        return revenue * orders.stretch(inputs.purchases, (self.learnt_days, days))
