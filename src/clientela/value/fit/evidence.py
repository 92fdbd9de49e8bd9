"""The tables of results from what the past dates showed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from clientela.store.arrow_schemas import arrow_table
from clientela.value.fit import tables
from clientela.value.fit.backtest import BacktestDay, DayForecasts
from clientela.value.fit.candidates import NAIVE
from clientela.value.fit.choice import ModelVerdict
from clientela.value.fit.intervals import ConformalBounds
from clientela.value.fit.metrics import ModelSums
from clientela.value.fit.notes import Told, write_notes
from clientela.value.fit.training_data import TrainingData
from clientela.value.fit.tuning import Tuned
from clientela.value.fit.whole_base import GROUPS, GroupForecast, group_forecasts, of_pairs

REPEATED = ("", "last_period", "seasonal")
"""Naive totals that a firm's takings tell; none is the first."""


@dataclass(frozen=True)
class Evidence:
    """What the past dates showed.

    Parameters
    ----------
    attempts, judged : sequence of Attempt
        Forecasts of all cut-offs, and of those by which models were compared.
    measured : tuple of dict of str to Measured
        Of the mean and of the median forecasts.
    verdicts : tuple of Verdict
        Likewise.
    bounds : Bounds or None
        The customers' interval.
    """

    attempts: Sequence[BacktestDay]
    judged: Sequence[BacktestDay]
    measured: tuple[dict[str, ModelSums], dict[str, ModelSums]]
    verdicts: tuple[ModelVerdict, ModelVerdict]
    bounds: ConformalBounds | None


def _groups(ground: TrainingData, today: DayForecasts, evidence: Evidence) -> list[GroupForecast]:
    """Forecast the groups at the total that serves, the foretold one or a naive one's.

    A naive forecast that is no firm's total, such as each customer's own pace, lends the groups
    none: theirs is foretold, by season where there is one. Where history is short: known customers
    alone, by their own forecasts.
    """
    day, verdict = ground.history.as_of, evidence.verdicts[0]
    naive = verdict.total_of or (verdict.model if verdict.model in NAIVE else "")
    if ground.by_rhythm:
        return _own(ground, today, evidence, naive or "btyd")
    if naive not in REPEATED:
        return group_forecasts(ground.levels, day, ground.settings.level)
    levels = replace(ground.levels, repeated=naive)
    found = group_forecasts(levels, day, ground.settings.level)
    if not naive or not found[0].expected:
        return found
    told = today.mean[verdict.model].revenue(today.day.inputs)
    factor = float(told.mean()) * ground.firm.known(day) / found[0].expected
    return [_times(one, factor) for one in found]


def _times(one: GroupForecast, factor: float) -> GroupForecast:
    def times(value: float | None) -> float | None:
        return None if value is None else value * factor

    return replace(one, expected=times(one.expected), low=times(one.low), high=times(one.high))


def _own(
    ground: TrainingData, today: DayForecasts, evidence: Evidence, method: str
) -> list[GroupForecast]:
    horizon, model = ground.settings.horizon_days, evidence.verdicts[0].model
    inputs = today.day.inputs
    mean = today.mean[model].revenue(inputs)
    mean = mean * inputs.orders.stretch(inputs.foretold, (ground.days, horizon))
    expected = float(mean.mean()) * ground.firm.known(ground.history.as_of) if len(mean) else None
    past = [] if ground.stretched else evidence.judged
    pairs = [(float(one.mean[model].sum()), float(one.revenue.sum())) for one in past]
    others = [GroupForecast(group=one, days=horizon, expected=None) for one in GROUPS[1:]]
    return [of_pairs(expected, horizon, method, pairs), *others]


def build_tables(
    ground: TrainingData,
    today: DayForecasts,
    evidence: Evidence,
    tuned: Tuned,
    currency: str | None,
) -> dict[str, pa.Table]:
    """Give the tables of results of what was learnt."""
    found: dict[str, list[dict[str, object]]] = {
        name: []
        for name in (
            "model_candidates",
            "model_metrics",
            "model_curves",
            "model_importance",
            "model_notes",
        )
    }
    conformal = ground.dates.conformal
    apart = [one for one in evidence.attempts if one.day not in conformal]
    told = Told(ground, tuned, evidence.measured[0], "tweedie" in today.mean, currency)
    for verdict, measured in zip(evidence.verdicts, evidence.measured, strict=True):
        customers = sum(len(one.revenue) for one in evidence.judged)
        found["model_candidates"] += tables.list_candidates(verdict, today, tuned)
        found["model_metrics"] += tables.list_metrics(verdict.purpose, measured, None, customers)
        found["model_metrics"] += tables.list_metrics_by_date(verdict.purpose, evidence.judged)
        if evidence.judged and verdict.model in evidence.judged[0].forecasts(verdict.purpose):
            found["model_curves"] += tables.list_gains(verdict, evidence.judged)
            found["model_curves"] += tables.list_calibration(verdict, evidence.judged)
        found["model_importance"] += tables.list_importance(verdict, today)
        found["model_notes"] += write_notes(verdict, told)
    model = evidence.verdicts[0].model
    found["model_metrics"] += tables.list_coverage(apart, model, evidence.bounds, None)
    made = {name: arrow_table(name, rows) for name, rows in found.items()}
    made["value_forecast"] = tables.groups(_groups(ground, today, evidence), currency)
    made["btyd_fits"] = tables.fits(ground.today[1])
    return made
