"""Every model learnt again as of past days, beside what came after them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from clientela.statistics.arrays import Doubles
from clientela.value.fit.boosting import DEFAULT, Pairs, Parameters
from clientela.value.fit.candidates import (
    FAMILIES,
    ForecastDay,
    blend_medians,
    build_naive,
    fit_boosting,
    fit_median,
    scale_to_level,
)
from clientela.value.fit.training_data import TrainingData
from clientela.value.score.forecasts import (
    BtydForecast,
    MedianForecast,
    RevenueForecast,
    ScaledForecast,
)


@dataclass(frozen=True, eq=False)
class DayForecasts:
    """The forecasts that a day had, learnt on outcomes known by then.

    Parameters
    ----------
    day : ForecastDay
        The day.
    pairs : sequence of (ValueInputs, RevenueOutcome)
        What they were learnt from.
    mean : dict of str to ScaledForecast
        Mean forecasts.
    median : dict of str to MedianForecast
        Median forecasts.
    """

    day: ForecastDay
    pairs: Pairs
    mean: Mapping[str, ScaledForecast]
    median: Mapping[str, MedianForecast]


@dataclass(frozen=True, eq=False)
class BacktestDay:
    """Forecasts of a past day beside what came.

    Parameters
    ----------
    day : datetime.date
        The day.
    day_forecasts : DayForecasts
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
    day_forecasts: DayForecasts
    ids: pa.ChunkedArray
    revenue: Doubles
    past_revenue: Doubles
    mean: Mapping[str, Doubles]
    median: Mapping[str, Doubles]

    def forecasts(self, purpose: str) -> Mapping[str, Doubles]:
        """Return the forecasts of a purpose, ``value_mean`` or ``value_median``."""
        return self.mean if purpose == "value_mean" else self.median


def fit_day(ground: TrainingData, day: dt.date, parameters: Parameters = DEFAULT) -> DayForecasts:
    """Learn all models as of a day, on outcomes known by then."""
    today = ground.on(day)
    pairs = ground.pairs(ground.dates.learnt_by(day), today.inputs.orders)
    forecasts: dict[str, RevenueForecast] = dict(build_naive(today))
    if "btyd" in ground.settings.models:
        forecasts["btyd"] = BtydForecast()
    forecasts |= fit_boosting(ground.settings.models, pairs, parameters, ground.settings.seed)
    scaled = {name: scale_to_level(forecast, today) for name, forecast in forecasts.items()}
    medians = {name: fit_median(entry, pairs) for name, entry in scaled.items()}
    return DayForecasts(
        day=today,
        pairs=pairs,
        mean={name: entry for name, entry in scaled.items() if name != "nothing"},
        median=medians | blend_medians(medians),
    )


def backtest_day(
    ground: TrainingData, day: dt.date, parameters: Parameters = DEFAULT
) -> BacktestDay:
    """Forecast a past day and put what came beside it."""
    forecasts, outcome = fit_day(ground, day, parameters), ground.outcomes.on(day)
    return pair_outcome(forecasts, outcome.table, outcome.revenue)


def pair_outcome(forecasts: DayForecasts, table: pa.Table, revenue: Doubles) -> BacktestDay:
    """Put what came beside the forecasts of a day."""
    inputs, unit = forecasts.day.inputs, forecasts.day.unit
    mean = {name: entry.revenue(inputs) for name, entry in forecasts.mean.items()}
    median = {name: entry.revenue(inputs, unit) for name, entry in forecasts.median.items()}
    return BacktestDay(
        day=forecasts.day.day,
        day_forecasts=forecasts,
        ids=table["customer_id"],
        revenue=revenue,
        past_revenue=inputs.columns["revenue"],
        mean=mean,
        median=median,
    )


def backtest_days(
    ground: TrainingData, days: Sequence[dt.date], tuned: Parameters, tuned_by: dt.date | None
) -> list[BacktestDay]:
    """Forecast past days; those before the tuning was over use settings that nobody tuned."""
    backtests = []
    for day in days:
        ready = tuned_by is not None and day >= tuned_by
        backtests.append(backtest_day(ground, day, tuned if ready else DEFAULT))
    return backtests


def family(name: str) -> str:
    """Return a model's family.

    Examples
    --------
    >>> family("tweedie")
    'learned'
    """
    return FAMILIES[name]
