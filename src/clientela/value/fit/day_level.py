"""Bring a stored value model to the level of another day; nothing is learnt again."""

from dataclasses import replace

from clientela.value.fit.candidates import ForecastDay, build_naive, scale_to_level
from clientela.value.fit.order_level import set_clock
from clientela.value.fit.training_data import TrainingData
from clientela.value.score.forecasts import MedianForecast, RevenueForecast, ScaledForecast
from clientela.value.score.inputs import ValueInputs
from clientela.value.score.model import ValueModel


def explain_misfit(model: ValueModel, ground: TrainingData) -> str:
    """Say why a stored model cannot be brought to the history's last day; empty if it can."""
    if not model.past.models:
        return "the stored model lacks what past days could have forecast"
    if model.learnt_days != ground.days:
        return "the history allows another horizon to learn on"
    if model.by_rhythm != ground.by_rhythm:
        return "the level goes by another rule now"
    return ""


def bring_to_day(model: ValueModel, ground: TrainingData, data_hash: str) -> ValueModel:
    """Return the model at the level of the history's last day.

    What was learnt stays: trees, BTYD parameters, intervals, and what past days could have
    forecast. What the firm brings now is measured anew, as it was on the day of learning.

    Parameters
    ----------
    model : ValueModel
        Learnt on that day or on an earlier one.
    ground : TrainingData
        The past up to the day.
    data_hash : str
        Of the canonical tables.
    """
    day = ground.history.as_of
    factor = model.orders.factor / model.orders.per_day if model.orders.per_day else 1.0
    today = ground.place(day, model.orders, factor, model.buyers_line)
    naive = build_naive(today)
    mean = _bring_mean(model.mean, today, naive)
    likely = _bring_median(model.likely, today, naive)
    times = reach_level(ground, mean, today.inputs)
    return replace(
        model,
        orders=set_clock(model.orders, today.inputs.columns, ground),
        mean=mean.times(times),
        likely=likely.times(times),
        unit=today.unit * times,
        year_level=measure_year_level(ground, mean, today.inputs),
        level_of=(day, data_hash),
    )


def reach_level(ground: TrainingData, mean: ScaledForecast, inputs: ValueInputs) -> float:
    """Return what brings forecasts learnt on fewer days to the level of the horizon asked for."""
    total = ground.asked_levels.total(ground.history.as_of)
    if not ground.lacks_history or ground.by_rhythm or total is None:
        return 1.0
    days = (ground.days, ground.settings.horizon_days)
    forecast = mean.revenue(inputs) * inputs.orders.stretch(inputs.purchases, days)
    customers = ground.firm.count_customers(ground.history.as_of)
    return total.expected / customers / float(forecast.mean()) if forecast.sum() > 0 else 1.0


def measure_year_level(ground: TrainingData, mean: ScaledForecast, inputs: ValueInputs) -> float:
    """Return a mean period of the last year over the one ahead; 1 without a year of history."""
    day = ground.history.as_of
    total, year = ground.levels.total(day), ground.firm.year(day)
    predicted = mean.revenue(inputs)
    if total is None or year is None or year <= 0 or predicted.sum() <= 0:
        return 1.0
    ahead = float(predicted.mean()) * ground.firm.count_customers(day) * (1.0 + total.newcomers)
    return min(max(year * ground.days / 365.0 / ahead, 0.4), 2.5)


def _bring_mean(
    scaled: ScaledForecast, today: ForecastDay, naive: dict[str, RevenueForecast]
) -> ScaledForecast:
    forecast = scaled.forecast
    return scale_to_level(naive.get(forecast.name, forecast), today)


def _bring_median(
    likely: MedianForecast, today: ForecastDay, naive: dict[str, RevenueForecast]
) -> MedianForecast:
    parts = tuple(_bring_median(part, today, naive) for part in likely.parts)
    scaled = parts[0].scaled if parts else _bring_mean(likely.scaled, today, naive)
    return MedianForecast(scaled, likely.curve, parts)
