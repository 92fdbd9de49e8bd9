"""A model's order of customers at the total of a naive forecast that was nearer."""

from dataclasses import replace

from clientela.value.fit.backtest import BacktestDay, DayForecasts
from clientela.value.fit.choice import ModelVerdict
from clientela.value.score.forecasts import ScaledForecast


def made_at(made: DayForecasts, verdict: ModelVerdict) -> DayForecasts:
    """Bring the mean forecast of a day to the total that the verdict took; else as it is."""
    name, lender = verdict.model, verdict.total_of
    if lender is None or name not in made.mean or lender not in made.mean:
        return made
    scaled, inputs = made.mean[name], made.day.inputs
    own, wanted = (float(one.revenue(inputs).sum()) for one in (scaled, made.mean[lender]))
    if own <= 0 or wanted <= 0:
        return made
    lent = ScaledForecast(scaled.forecast, scaled.scale * wanted / own)
    return replace(made, mean={**made.mean, name: lent})


def attempt_at(one: BacktestDay, verdict: ModelVerdict) -> BacktestDay:
    """Bring the mean forecast of a past day likewise."""
    made = made_at(one.made, verdict)
    if made is one.made:
        return one
    told = made.mean[verdict.model].revenue(made.day.inputs)
    return replace(one, made=made, mean={**one.mean, verdict.model: told})
