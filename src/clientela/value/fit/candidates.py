"""The forecasts compared, as they would have been learnt by a day."""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from clientela.statistics.arrays import Doubles
from clientela.statistics.curve import Curve
from clientela.value.fit.boosting import Pairs, Parameters, fit_tweedie, fit_two_stage, stack_rows
from clientela.value.score.forecasts import (
    LastPeriodForecast,
    LifetimeRateForecast,
    MedianForecast,
    RevenueForecast,
    ScaledForecast,
    TwoStageForecast,
    ZeroForecast,
)
from clientela.value.score.inputs import ValueInputs, pick_window
from clientela.value.score.model import BuyersLine

FAMILIES = {
    "last_period": "naive",
    "seasonal": "naive",
    "lifetime_rate": "naive",
    "past_revenue": "naive",
    "nothing": "naive",
    "btyd": "btyd",
    "two_stage": "learned",
    "tweedie": "learned",
    "blend": "learned",
}
NAIVE = tuple(name for name, family in FAMILIES.items() if family == "naive")
LEAST_BUYERS = 100  # on the dates learnt from; by convention: fewer teach trees nothing
BINS = 20  # by convention: twentieths, of 25 customers at least


@dataclass(frozen=True, eq=False)
class ForecastDay:
    """A day on which forecasts are made.

    Parameters
    ----------
    day : datetime.date
        The day.
    inputs : ValueInputs
        Customers as known then.
    behind_days : int
        Days of data up to it, itself included.
    unit : float
        What a customer is expected to bring on the mean, above 0.
    buyers : float
        Share of the customers expected to bring anything.
    buyers_line : BuyersLine or None
        How that share goes with the level; None where no past date shows it.
    season : float or None
        The firm's same days last year over the period before them.
    asked_days : int
        The horizon asked for, longer than the one learnt on where the history is short.
    """

    day: dt.date
    inputs: ValueInputs
    behind_days: int
    unit: float
    buyers: float
    buyers_line: BuyersLine | None
    season: float | None
    asked_days: int


def build_naive(day: ForecastDay) -> dict[str, RevenueForecast]:
    """Return the naive forecasts of a day, from a last period as long as the horizon asked for."""
    named = pick_window(day.asked_days)
    days_observed = min(named, day.behind_days)
    forecasts: dict[str, RevenueForecast] = {
        "last_period": LastPeriodForecast("last_period", days_observed, window=named),
        "lifetime_rate": LifetimeRateForecast(),
        "nothing": ZeroForecast(),
    }
    if day.season is not None:
        forecasts["seasonal"] = LastPeriodForecast("seasonal", days_observed, day.season, named)
    return forecasts


def fit_boosting(
    names: tuple[str, ...], pairs: Pairs, parameters: Parameters, seed: int
) -> dict[str, RevenueForecast]:
    """Fit the boosted models on past dates; none where too few bought to learn from."""
    matrix, revenue, log_odds = stack_rows(pairs, seed)
    if int((revenue > 0).sum()) < LEAST_BUYERS:
        return {}
    forecasts: dict[str, RevenueForecast] = {}
    if "two_stage" in names:
        forecasts["two_stage"] = fit_two_stage(matrix, revenue, log_odds, parameters, seed)
    if "tweedie" in names:
        forecasts["tweedie"] = fit_tweedie(matrix, revenue, parameters, seed)
    return forecasts


def scale_to_level(forecast: RevenueForecast, day: ForecastDay) -> ScaledForecast:
    """Scale a forecast to the level of a day; a naive one stays as it is."""
    if FAMILIES[forecast.name] == "naive":
        return ScaledForecast(forecast, 1.0)
    if isinstance(forecast, TwoStageForecast):
        forecast = match_buyers(forecast, day)
    shape = np.where(day.inputs.keeps_nothing, 0.0, forecast.shape(day.inputs))
    mean = float(shape.mean()) if len(day.inputs) else 0.0
    return ScaledForecast(forecast, day.unit / mean if mean > 0 else 1.0)


def match_buyers(forecast: TwoStageForecast, day: ForecastDay) -> TwoStageForecast:
    """Move the odds of buying until the customers of a day buy as often as expected."""
    raw = day.inputs.raw(forecast.buys)
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2.0
        share = float(np.mean(1.0 / (1.0 + np.exp(-(raw + middle))))) if len(raw) else 0.5
        low, high = (middle, high) if share < day.buyers else (low, middle)
    return TwoStageForecast(forecast.buys, forecast.amount, forecast.residuals, (low + high) / 2.0)


def fit_median(scaled: ScaledForecast, pairs: Pairs) -> MedianForecast:
    """Return the median forecast that goes with a mean forecast.

    A naive forecast is taken as it is, and the two-stage model has a median of its own. Of others,
    the customers of past dates are put into 20 groups of like forecasts; the median of what each
    group brought is its median forecast.
    """
    name = scaled.forecast.name
    if FAMILIES[name] == "naive" or name == "two_stage":
        return MedianForecast(scaled)
    forecasts, revenues = stack_relative(scaled.forecast, pairs)
    curve = fit_quantile_curve(forecasts, revenues, 0.5) if len(forecasts) else None
    return MedianForecast(scaled, curve)


BLENDED = ("two_stage", "btyd", "last_period")
"""Three that err differently: on five short histories their mean missed by 431, 329, 458, 231 and
455 a customer, the two-stage model alone by 436, 320, 469, 237 and 525."""


def blend_medians(medians: dict[str, MedianForecast]) -> dict[str, MedianForecast]:
    """Return the mean of three kinds of median forecast; nothing where one lacks."""
    parts = tuple(medians[name] for name in BLENDED if name in medians)
    if len(parts) < len(BLENDED):
        return {}
    return {"blend": MedianForecast(parts[0].scaled, parts=parts)}


def stack_relative(forecast: RevenueForecast, pairs: Pairs) -> tuple[Doubles, Doubles]:
    """Return forecasts over their mean of the date and outcomes over theirs, dates in a row."""
    forecasts, revenues = [np.zeros(0)], [np.zeros(0)]
    for inputs, outcome in pairs:
        shape = forecast.shape(inputs)
        if shape.sum() > 0 and outcome.revenue.sum() > 0:
            forecasts.append(shape / shape.mean())
            revenues.append(outcome.revenue / outcome.revenue.mean())
    return np.concatenate(forecasts), np.concatenate(revenues)


def fit_quantile_curve(forecasts: Doubles, outcomes: Doubles, level: float) -> Curve:
    """Return a quantile of the outcome over the forecast, by groups of equal size."""
    order = np.argsort(forecasts, kind="stable")
    groups = np.array_split(order, max(min(BINS, len(order) // 25), 1))
    knots = np.asarray([forecasts[rows].mean() for rows in groups])
    heights = np.asarray([max(np.quantile(outcomes[rows], level), 0.0) for rows in groups])
    keep = np.append(np.diff(knots) > 0, True)
    return Curve(knots[keep], heights[keep])
