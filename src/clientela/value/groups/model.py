"""A group's revenue by the model of customers' value: its share of what all are foretold to bring.

What all known customers will bring is foretold for each horizon apart, from the firm's season and
what came of such forecasts before. The model, learnt on one horizon, gives the group's share of it;
that shares are alike over horizons of months is an approximation.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.daily_revenue import Members, Takings
from clientela.statistics.arrays import Doubles
from clientela.value.fit.cutoffs import LEAST_DAYS, STEP_DAYS
from clientela.value.fit.learning import SnapshotForecast
from clientela.value.fit.level import FirmRevenue, RevenueLevels

KEY = "customer_id"


@dataclass(frozen=True, eq=False)
class ValueForecast:
    """The forecaster of groups that goes by the model of customers' value.

    Parameters
    ----------
    snapshot : callable
        Gives the customers as known on a day, with all features.
    expected_at : callable
        Gives the model that could have been learnt by a day, None where there was none
        (:meth:`clientela.value.fit.learning.ValueFit.expected_at`).
    """

    snapshot: Callable[[dt.date], pa.Table]
    expected_at: Callable[[dt.date], SnapshotForecast | None]
    name: str = "value_model"
    _held: dict[dt.date, tuple[pa.Array, Doubles] | None] = field(default_factory=dict, repr=False)
    _levels: dict[tuple[int, int], RevenueLevels] = field(default_factory=dict, repr=False)

    def expected(self, takings: Takings, members: Members, day: dt.date, days: int) -> float | None:
        """Forecast the net revenue in (day, day + days]; None where the history is too short."""
        if not takings.reaches(day - dt.timedelta(days=days)):
            return None
        made = self._on(day)
        total = self._level(takings, days).total(day)
        if made is None or total is None:
            return None
        ids, revenue = made
        inside = pc.is_in(ids, value_set=takings.ids.filter(pa.array(members)))
        everyone = float(revenue.sum())
        if everyone <= 0:
            return None
        return (
            total.expected * float(revenue[inside.to_numpy(zero_copy_only=False)].sum()) / everyone
        )

    def _on(self, day: dt.date) -> tuple[pa.Array, Doubles] | None:
        if day not in self._held:
            sort = self.expected_at(day)
            found = None
            if sort is not None:
                table = self.snapshot(day)
                found = table[KEY].combine_chunks(), np.maximum(sort(table), 0.0)
            self._held[day] = found
        return self._held[day]

    def _level(self, takings: Takings, days: int) -> RevenueLevels:
        key = (id(takings), days)
        if key not in self._levels:
            span = (takings.as_of - takings.first_day).days
            ages = range(days, span - LEAST_DAYS + 1, STEP_DAYS)
            dates = [takings.as_of - dt.timedelta(days=age) for age in ages]
            self._levels[key] = RevenueLevels(FirmRevenue(takings, days), dates)
        return self._levels[key]
