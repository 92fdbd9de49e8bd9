"""Learn what customers will bring from past snapshots beside what came after them."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from clientela.config import Value
from clientela.features.build import schema_of
from clientela.features.daily_revenue import read_daily_revenue
from clientela.features.history import History
from clientela.progress import Progress
from clientela.registry.card import Card, FeatureType, versions
from clientela.statistics.arrays import Doubles
from clientela.statistics.dates import pick_apart
from clientela.value.fit.backtest import DayForecasts, backtest_days, fit_day
from clientela.value.fit.candidates import stack_relative
from clientela.value.fit.choice import ModelVerdict, choose_mean, choose_median
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
from clientela.value.score.forecasts import BtydForecast, ScaledForecast
from clientela.value.score.inputs import READ, ValueInputs
from clientela.value.score.model import KIND, ValueModel

SnapshotForecast = Callable[[pa.Table], Doubles]
"""Returns what each row of a snapshot can be expected to bring."""

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

    def expected_at(self, day: dt.date) -> SnapshotForecast | None:
        """Return the forecast that could have been made on a past day; None where there is none.

        It is learnt on outcomes that were over by that day; only which kind of model it is was
        chosen on all past dates. It takes the whole snapshot of the day
        (``history.snapshot(day)``) and serves for sorting: it has the level of the day on which it
        was learnt, which may lie some months earlier.
        """
        model = self._model_at(day)
        if model is None:
            return None
        return lambda snapshot: self._expect(snapshot, model, self.ground.days)

    def forecast_customers(self, day: dt.date, days: int) -> tuple[pa.Array, Doubles] | None:
        """Return ids and expected revenue of a past day's customers, as :meth:`expected_at`.

        Of a large firm they are those of its sample, each with the revenue of all it stands for.
        """
        model = self._model_at(day)
        if model is None:
            return None
        history = self.ground.history
        snapshot = history.snapshot(day)
        revenue = np.maximum(self._expect(snapshot, model, days), 0.0) * history.stands_for
        return snapshot["customer_id"].combine_chunks(), revenue

    def _model_at(self, day: dt.date) -> tuple[DayForecasts, ScaledForecast] | None:
        ready = [forecasts for forecasts in self.day_forecasts if forecasts.day.day <= day]
        if not ready:
            return None
        latest = max(ready, key=lambda entry: entry.day.day)
        scaled = latest.mean.get(self.verdicts[0].model) or latest.mean.get("btyd")
        return None if scaled is None else (latest, scaled)

    def _expect(
        self, snapshot: pa.Table, model: tuple[DayForecasts, ScaledForecast], days: int
    ) -> Doubles:
        forecasts, scaled = model
        orders = forecasts.day.inputs.orders
        inputs = ValueInputs.of(snapshot, orders, self.ground.days)
        revenue = scaled.revenue(inputs)
        if days == self.ground.days:
            return revenue
        return revenue * orders.stretch(inputs.purchases, (self.ground.days, days))


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
    facts = _facts(ground, verdicts, today)
    if progress is not None:
        progress.fact("value", **facts)
    return ValueFit(
        model=_model(ground, today, verdicts, bounds, _card(ground, facts, data_hash)),
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
        day_forecasts=(today, *(backtest.day_forecasts for backtest in attempts)),
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
    today: DayForecasts,
    verdicts: tuple[ModelVerdict, ModelVerdict],
    bounds: ConformalBounds | None,
    card: Card,
) -> ValueModel:
    settings, factor = ground.settings, _reach_level(ground, today.mean[verdicts[0].model], today)
    likely = today.median[verdicts[1].model]
    return ValueModel(
        horizon_days=settings.horizon_days,
        learnt_days=ground.days,
        clv_days=settings.clv_days,
        discount_rate=settings.discount_rate,
        level=settings.level,
        orders=set_clock(today.day.inputs.orders, today.day.inputs.columns, ground),
        mean=today.mean[verdicts[0].model].times(factor),
        likely=likely.times(factor),
        interval=None if bounds is None else bounds.interval,
        unit=today.day.unit * factor,
        year_level=_year_level(ground, today, verdicts[0].model),
        card=card,
    )


def _reach_level(ground: TrainingData, mean: ScaledForecast, today: DayForecasts) -> float:
    """Return what brings forecasts learnt on fewer days to the level of the horizon asked for."""
    total = ground.asked_levels.total(ground.history.as_of)
    if not ground.lacks_history or ground.by_rhythm or total is None:
        return 1.0
    inputs = today.day.inputs
    days = (ground.days, ground.settings.horizon_days)
    told = mean.revenue(inputs) * inputs.orders.stretch(inputs.purchases, days)
    customers = ground.firm.count_customers(ground.history.as_of)
    return total.expected / customers / float(told.mean()) if told.sum() > 0 else 1.0


def _year_level(ground: TrainingData, today: DayForecasts, model: str) -> float:
    """Return a mean period of the last year over the one ahead; 1 without a year of history."""
    day = ground.history.as_of
    total, year = ground.levels.total(day), ground.firm.year(day)
    predicted = today.mean[model].revenue(today.day.inputs)
    if total is None or year is None or year <= 0 or predicted.sum() <= 0:
        return 1.0
    ahead = float(predicted.mean()) * ground.firm.count_customers(day) * (1.0 + total.newcomers)
    return min(max(year * ground.days / 365.0 / ahead, 0.4), 2.5)


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
