"""Learn what customers will bring from past snapshots beside what came after them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pyarrow as pa

from clientela.config import Value
from clientela.features.build import schema_of
from clientela.features.daily_revenue import read_daily_revenue
from clientela.features.history import History
from clientela.progress import Progress
from clientela.registry.card import Card, FeatureType, versions
from clientela.statistics.dates import pick_apart
from clientela.value.fit.backtest import DayForecasts, backtest_days, fit_day
from clientela.value.fit.candidates import stack_relative
from clientela.value.fit.choice import ModelVerdict, choose_mean, choose_median
from clientela.value.fit.day_level import measure_year_level, reach_level
from clientela.value.fit.intervals import ConformalBounds, fit_bounds, stack_errors
from clientela.value.fit.level import FirmRevenue, RevenueLevels
from clientela.value.fit.metrics import measure_models
from clientela.value.fit.order_level import set_clock
from clientela.value.fit.past_dates import (
    LEAST_DAYS,
    STEP_DAYS,
    CutoffDates,
    OutcomeCache,
    assign_cutoffs,
)
from clientela.value.fit.tables import build_tables
from clientela.value.fit.training_data import TrainingData
from clientela.value.fit.tuning import tune_boosting
from clientela.value.fit.wholesale import find_wholesale
from clientela.value.score.forecasts import BtydForecast
from clientela.value.score.inputs import READ
from clientela.value.score.model import KIND, ValueModel
from clientela.value.score.past_forecasts import PastForecasts

LEAST_CUTOFFS = 2  # one to compare on, one for intervals
LEAST_HORIZON = 14  # by convention: two weeks, below which purchases are too few
MOST_PARTS = 12  # by convention: of a year, a month
PACKAGES = ("clientela", "numpy", "scipy", "lightgbm", "optuna")


@dataclass(frozen=True, kw_only=True)
class ValueFit:
    """What was learnt of the past up to a day, and how well it would have done.

    Parameters
    ----------
    model : ValueModel
        What serves.
    tables : dict of str to pa.Table
        ``model_candidates``, ``model_metrics``, ``model_curves``, ``model_importance``,
        ``model_notes`` and ``btyd_fits`` as of
        :data:`clientela.store.arrow_schemas.TABLES`.
    facts : dict
        For the run's record: the models that serve, dates, customers.
    ground : TrainingData
        The past it was learnt from.
    day_forecasts : sequence of DayForecasts
        All models as learnt by past days and, first, by today.
    verdicts : tuple of ModelVerdict
        Of the mean and of the median forecast.
    bounds : ConformalBounds or None
        The customers' interval.
    currency : str or None
        Of the amounts.
    """

    model: ValueModel
    tables: dict[str, pa.Table]
    facts: dict[str, Any]
    ground: TrainingData
    day_forecasts: Sequence[DayForecasts]
    verdicts: tuple[ModelVerdict, ModelVerdict]
    bounds: ConformalBounds | None
    currency: str | None


def learn_value(
    history: History,
    settings: Value,
    *,
    currency: str | None = None,
    data_hash: str = "",
    progress: Progress | None = None,
) -> ValueFit:
    """Learn the forecasts as of ``history.as_of`` and choose them by backtest.

    Parameters
    ----------
    history : History
        The firm's past; nothing after its ``as_of`` is seen.
    settings : Value
        The horizon, models, trials.
    currency : str, optional
        ISO 4217 code of the amounts, for sentences.
    data_hash : str
        Of the canonical tables, for the card.
    progress : Progress, optional
        Where facts are told.
    """
    ground = lay_out_history(history, settings, currency)
    tuning = tune_boosting(ground)
    attempts = backtest_days(ground, ground.dates.cutoffs, tuning[0], _tuned_by(ground.dates))
    judged = [backtest for backtest in attempts if backtest.day in ground.dates.judged]
    today = fit_day(ground, history.as_of, tuning[0])
    mean = measure_models(judged, "value_mean", settings.resamples, settings.seed)
    median = measure_models(judged, "value_median", settings.resamples, settings.seed)
    apart = pick_apart([entry.day for entry in judged], ground.days)
    verdicts = (choose_mean(mean, apart), choose_median(median, apart))
    verdicts = (_fall_back(verdicts[0], today), _fall_back(verdicts[1], today))
    conformal = [backtest for backtest in attempts if backtest.day in ground.dates.conformal]
    errors = stack_errors(conformal, verdicts[0].model) or stack_relative(
        BtydForecast(), today.pairs
    )
    bounds = fit_bounds(*errors, settings.level, ground.spread)
    earlier = [backtest.day_forecasts for backtest in attempts]
    facts = _facts(ground, verdicts, today)
    if progress is not None:
        progress.fact("value", **facts)
    return ValueFit(
        model=_model(ground, (today, *earlier), verdicts, bounds, _card(ground, facts, data_hash)),
        tables=build_tables(
            ground,
            today,
            attempts,
            verdicts=((verdicts[0], mean), (verdicts[1], median)),
            bounds=bounds,
            tuning=tuning,
        ),
        facts=facts
        | {"claims": [claim for verdict in verdicts for claim in verdict.claims(ground.days)]},
        ground=ground,
        day_forecasts=(today, *earlier),
        verdicts=verdicts,
        bounds=bounds,
        currency=currency,
    )


def lay_out_history(history: History, settings: Value, currency: str | None = None) -> TrainingData:
    """Lay out a history: for its horizon or, where it is too short, for a part of that."""
    dates = _dates(history, settings)
    wholesale, daily_revenue = find_wholesale(history), read_daily_revenue(history)
    firm = FirmRevenue(daily_revenue.without(wholesale[0]), dates.horizon_days)
    outcomes = OutcomeCache(history.sample, dates.horizon_days, settings.seed, wholesale)
    past = history.dates(dates.horizon_days, STEP_DAYS, LEAST_DAYS)
    return TrainingData(
        history.sample,
        settings,
        daily_revenue,
        dates,
        outcomes,
        RevenueLevels(firm, past, usual=settings.season),
        currency,
        wholesale,
    )


def _dates(history: History, settings: Value) -> CutoffDates:
    """Take the whole horizon wherever outcomes are over, or the longest part with two cut-offs."""
    full = assign_cutoffs(history, settings.horizon_days, settings.max_dates)
    if full.labelled:
        return full
    for parts in range(1, MOST_PARTS + 1):
        days = settings.horizon_days // parts
        if days < min(LEAST_HORIZON, settings.horizon_days):
            break
        dates = assign_cutoffs(history, days, settings.max_dates)
        if len(dates.cutoffs) >= LEAST_CUTOFFS:
            return dates
    return full


def _tuned_by(dates: CutoffDates) -> dt.date | None:
    if not dates.tuned:
        return None
    return dates.tuned[0] + dt.timedelta(days=dates.horizon_days)


def _fall_back(verdict: ModelVerdict, today: DayForecasts) -> ModelVerdict:
    """Fall back where the chosen model cannot be made today."""
    available = today.mean if verdict.purpose == "value_mean" else today.median
    if verdict.model in available:
        return verdict
    return replace(
        verdict,
        model=next(name for name in ("blend", "btyd", "lifetime_rate") if name in available),
    )


def _model(
    ground: TrainingData,
    day_forecasts: Sequence[DayForecasts],
    verdicts: tuple[ModelVerdict, ModelVerdict],
    bounds: ConformalBounds | None,
    card: Card,
) -> ValueModel:
    settings, today = ground.settings, day_forecasts[0].day
    mean = day_forecasts[0].mean[verdicts[0].model]
    factor = reach_level(ground, mean, today.inputs)
    return ValueModel(
        horizon_days=settings.horizon_days,
        learnt_days=ground.days,
        clv_days=settings.clv_days,
        discount_rate=settings.discount_rate,
        level=settings.level,
        orders=set_clock(today.inputs.orders, today.inputs.columns, ground),
        mean=mean.times(factor),
        likely=day_forecasts[0].median[verdicts[1].model].times(factor),
        interval=None if bounds is None else bounds.interval,
        unit=today.unit * factor,
        year_level=measure_year_level(ground, mean, today.inputs),
        past=_list_past(ground, day_forecasts, verdicts[0].model),
        buyers_line=today.buyers_line,
        by_rhythm=ground.by_rhythm,
        level_of=(today.day, card.data_hash),
        card=card,
    )


def _list_past(
    ground: TrainingData, day_forecasts: Sequence[DayForecasts], model: str
) -> PastForecasts:
    """Return the served kind of forecast as each day could have learnt it; BTYD in its place."""
    return PastForecasts(
        ground.days,
        [
            (
                forecasts.day.day,
                forecasts.day.inputs.orders,
                forecasts.mean.get(model) or forecasts.mean.get("btyd"),
            )
            for forecasts in day_forecasts
        ],
    )


def _card(ground: TrainingData, facts: dict[str, Any], data_hash: str) -> Card:
    types = {field.name: str(field.type) for field in schema_of(READ)}
    return Card(
        kind=KIND,
        data_hash=data_hash,
        as_of=ground.history.as_of,
        customers=ground.firm.count_customers(ground.history.as_of),
        features=tuple(FeatureType(name, types[name]) for name in READ),
        parameters=msgspec.to_builtins(ground.settings),
        scores=facts,
        seed=ground.settings.seed,
        versions=versions(*PACKAGES),
    )


def _facts(
    ground: TrainingData, verdicts: tuple[ModelVerdict, ModelVerdict], today: DayForecasts
) -> dict[str, Any]:
    return {
        "value_mean": verdicts[0].model,
        "value_median": verdicts[1].model,
        "value_days": ground.settings.horizon_days,
        "value_learnt_days": ground.days,
        "value_dates": len(ground.dates.judged),
        "value_beats": verdicts[1].beats,
        "btyd": today.day.inputs.orders.model.name,
    }
