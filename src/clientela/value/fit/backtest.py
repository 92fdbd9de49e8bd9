"""Every model learnt again as of past days, beside what came after them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.statistics.arrays import Doubles
from clientela.value.fit.boosting import DEFAULT, Pairs, Parameters
from clientela.value.fit.candidates import FAMILIES, Day, brought, learned, likely, naive
from clientela.value.fit.training_data import Ground
from clientela.value.score.forecasts import Btyd, Forecast
from clientela.value.score.parts import Likely, Scaled


@dataclass(frozen=True, eq=False)
class Made:
    """The forecasts that a day had, learnt on outcomes known by then.

    Parameters
    ----------
    day : Day
        The day.
    pairs : sequence of (Inputs, Outcome)
        What they were learnt from.
    mean : dict of str to Scaled
        Mean forecasts.
    median : dict of str to Likely
        Median forecasts.
    """

    day: Day
    pairs: Pairs
    mean: Mapping[str, Scaled]
    median: Mapping[str, Likely]


@dataclass(frozen=True, eq=False)
class Attempt:
    """Forecasts of a past day beside what came.

    Parameters
    ----------
    day : datetime.date
        The day.
    made : Made
        The forecasts.
    ids : pa.ChunkedArray
        Customers.
    revenue : array of float
        What they brought.
    past_revenue : array of float
        What they had brought before, for sorting.
    mean, median : dict of str to array of float
        Forecasts by model.
    """

    day: dt.date
    made: Made
    ids: pa.ChunkedArray
    revenue: Doubles
    past_revenue: Doubles
    mean: Mapping[str, Doubles]
    median: Mapping[str, Doubles]

    def forecasts(self, purpose: str) -> Mapping[str, Doubles]:
        """Give the forecasts of a purpose, ``value_mean`` or ``value_median``."""
        return self.mean if purpose == "value_mean" else self.median

    @property
    def sorting(self) -> npt.NDArray[np.intp]:
        """Customers by past revenue, the largest first."""
        return np.argsort(-self.past_revenue, kind="stable")


def make(ground: Ground, day: dt.date, parameters: Parameters = DEFAULT) -> Made:
    """Learn all models as of a day, on outcomes known by then."""
    today = ground.on(day)
    pairs = ground.pairs(ground.dates.learnt_by(day), today.inputs.orders)
    forecasts: dict[str, Forecast] = dict(naive(today))
    if "btyd" in ground.settings.models:
        forecasts["btyd"] = Btyd()
    forecasts |= learned(ground.settings.models, pairs, parameters, ground.settings.seed)
    scaled = {name: brought(forecast, today) for name, forecast in forecasts.items()}
    return Made(
        day=today,
        pairs=pairs,
        mean={name: one for name, one in scaled.items() if name != "nothing"},
        median={name: likely(one, pairs) for name, one in scaled.items()},
    )


def attempt(ground: Ground, day: dt.date, parameters: Parameters = DEFAULT) -> Attempt:
    """Forecast a past day and put what came beside it."""
    made, outcome = make(ground, day, parameters), ground.outcomes.on(day)
    return tried(made, outcome.table, outcome.revenue)


def tried(made: Made, table: pa.Table, revenue: Doubles) -> Attempt:
    """Put what came beside the forecasts of a day."""
    inputs, unit = made.day.inputs, made.day.unit
    mean = {name: one.revenue(inputs) for name, one in made.mean.items()}
    median = {name: one.revenue(inputs, unit) for name, one in made.median.items()}
    return Attempt(
        day=made.day.day,
        made=made,
        ids=table["customer_id"],
        revenue=revenue,
        past_revenue=inputs.columns["revenue"],
        mean=mean,
        median=median,
    )


def backtest(
    ground: Ground, days: Sequence[dt.date], tuned: Parameters, tuned_by: dt.date | None
) -> list[Attempt]:
    """Forecast past days; those before the tuning was over use settings that nobody tuned."""
    found = []
    for day in days:
        ready = tuned_by is not None and day >= tuned_by
        found.append(attempt(ground, day, tuned if ready else DEFAULT))
    return found


def family(name: str) -> str:
    """Give a model's family.

    Examples
    --------
    >>> family("tweedie")
    'learned'
    """
    return FAMILIES[name]
