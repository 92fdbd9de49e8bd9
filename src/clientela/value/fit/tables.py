"""The tables of results: candidates, metrics, curves, importance, BTYD fits and the groups."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from clientela.btyd.fit_table import build_fit_table
from clientela.statistics.bootstrap import interval
from clientela.store.arrow_schemas import arrow_table
from clientela.value.fit.backtest import BacktestDay, DayForecasts
from clientela.value.fit.candidates import FAMILIES, NAIVE
from clientela.value.fit.choice import ModelVerdict
from clientela.value.fit.intervals import ConformalBounds, stack_over_unit
from clientela.value.fit.metrics import METRICS, RANKING, ModelSums, compare_metric, pick_best
from clientela.value.fit.notes import write_notes, write_verdict
from clientela.value.fit.training_data import TrainingData
from clientela.value.fit.tuning import Tuning
from clientela.value.score.forecasts import TweedieForecast, TwoStageForecast
from clientela.value.score.inputs import LEARNT_FROM

POINTS = 20  # of a curve: enough to draw it, by convention
MOST_FEATURES = 15  # rows people read, by convention
Row = dict[str, object]
TABLES = (
    "model_candidates",
    "model_metrics",
    "model_curves",
    "model_importance",
    "model_notes",
)


def build_tables(
    ground: TrainingData,
    today: DayForecasts,
    backtests: Sequence[BacktestDay],
    *,
    verdicts: Sequence[tuple[ModelVerdict, Mapping[str, ModelSums]]],
    bounds: ConformalBounds | None,
    tuning: Tuning,
) -> dict[str, pa.Table]:
    """Build the tables of results of what was learnt.

    Parameters
    ----------
    ground : TrainingData
        The past.
    today : DayForecasts
        All models as of today.
    backtests : sequence of BacktestDay
        Forecasts of all cut-offs.
    verdicts : sequence of (ModelVerdict, dict of str to ModelSums)
        Of the mean and of the median forecasts, with all models' metrics.
    bounds : ConformalBounds or None
        The customers' interval.
    tuning : (dict, int)
        Settings of the boosted models, and how many were tried.
    """
    judged = [backtest for backtest in backtests if backtest.day in ground.dates.judged]
    apart = [backtest for backtest in backtests if backtest.day not in ground.dates.conformal]
    customers = sum(len(backtest.revenue) for backtest in judged)
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    for verdict, sums in verdicts:
        purpose = verdict.purpose
        rows["model_candidates"] += list_candidates(verdict, today, tuning)
        rows["model_metrics"] += list_metrics(purpose, sums, None, customers)
        rows["model_metrics"] += list_metrics_by_date(purpose, judged)
        if judged and verdict.model in judged[0].forecasts(purpose):
            rows["model_curves"] += list_gains(verdict, judged)
            rows["model_curves"] += list_calibration(verdict, judged)
        rows["model_importance"] += list_importance(verdict, today)
        rows["model_notes"] += write_notes(
            verdict,
            ground,
            tuning=tuning,
            measured=verdicts[0][1],
            is_boosted="tweedie" in today.mean,
        )
    rows["model_metrics"] += list_coverage(apart, verdicts[0][0].model, bounds, None)
    tables = {name: arrow_table(name, results) for name, results in rows.items()}
    return tables | {"btyd_fits": build_fit_table(ground.today[1])}


def list_candidates(verdict: ModelVerdict, forecasts: DayForecasts, tuning: Tuning) -> list[Row]:
    """List the models of a purpose, the champion first."""
    models = forecasts.mean if verdict.purpose == "value_mean" else forecasts.median
    names = sorted(models, key=lambda name: (name != verdict.model, list(FAMILIES).index(name)))
    return [
        {
            "purpose": verdict.purpose,
            "position": at,
            "model": name,
            "family": FAMILIES[name],
            "parameters": _parameters(name, tuning),
            "trials": tuning[1] if FAMILIES[name] == "learned" else 0,
            "exportable": True,
            "role": _role(name, verdict),
            "verdict": _verdict_code(name, verdict),
            "verdict_en": write_verdict(name, verdict, "en"),
            "verdict_pt_br": write_verdict(name, verdict, "pt_BR"),
        }
        for at, name in enumerate(names, start=1)
    ]


def list_metrics(
    purpose: str, measured: Mapping[str, ModelSums], as_of: dt.date | None, customers: int
) -> list[Row]:
    """List every model's metrics with intervals and the paired difference from the best naive."""
    return [
        _metric(purpose, metric, name, measured) | {"as_of": as_of, "customers": customers}
        for name in measured
        for metric in METRICS
        if metric in RANKING or name != "past_revenue"
    ]


def _metric(purpose: str, metric: str, name: str, measured: Mapping[str, ModelSums]) -> Row:
    sums = measured[name]
    low, high = interval(sums.resample(metric))
    baseline = pick_best(metric, measured, NAIVE)
    row: Row = {
        "purpose": purpose,
        "model": name,
        "metric": metric,
        "value": _drop_nan(sums.value(metric)),
        "low": _drop_nan(low),
        "high": _drop_nan(high),
        "baseline": baseline if baseline != name else None,
    }
    if baseline is not None and baseline != name:
        apart = compare_metric(metric, sums, measured[baseline])
        names = ("difference", "difference_low", "difference_high")
        row |= dict(zip(names, map(_drop_nan, apart), strict=True))
    return row


def list_metrics_by_date(purpose: str, attempts: Sequence[BacktestDay]) -> list[Row]:
    """List bias, mean error and revenue captured of every model on every past date."""
    rows: list[Row] = []
    for backtest in attempts:
        came, top = float(backtest.revenue.sum()), max(round(len(backtest.revenue) * 0.1), 1)
        for name, predicted in backtest.forecasts(purpose).items():
            first = np.argsort(-predicted, kind="stable")[:top]
            values = {
                "bias": _over(float(predicted.sum()), came, -1.0),
                "mae": float(np.abs(backtest.revenue - predicted).mean()),
                "revenue_captured": _over(float(backtest.revenue[first].sum()), came, 0.0),
            }
            rows += [
                {
                    "purpose": purpose,
                    "model": name,
                    "as_of": backtest.day,
                    "customers": len(predicted),
                    "metric": metric,
                    "value": _drop_nan(value),
                }
                for metric, value in values.items()
            ]
    return rows


def list_coverage(
    attempts: Sequence[BacktestDay],
    model: str,
    bounds: ConformalBounds | None,
    as_of: dt.date | None,
) -> list[Row]:
    """Return how often the interval of the mean forecast held."""
    predicted, came = stack_over_unit(attempts, model)
    if bounds is None or not len(predicted):
        return []
    return [
        {
            "purpose": "value_mean",
            "model": model,
            "as_of": as_of,
            "customers": len(predicted),
            "metric": "coverage",
            "value": float(bounds.inside(predicted, came).mean()),
        }
    ]


def list_gains(verdict: ModelVerdict, attempts: Sequence[BacktestDay]) -> list[Row]:
    """List the revenue share of the first customers, by forecast and by past revenue."""
    rows: list[Row] = []
    for name in (verdict.model, "past_revenue"):
        shares = np.linspace(0.0, 1.0, POINTS + 1)
        share = np.mean(
            [_gain(backtest, verdict.purpose, name, shares) for backtest in attempts], axis=0
        )
        rows += [
            {
                "purpose": verdict.purpose,
                "model": name,
                "curve": "gain",
                "position": at,
                "x": float(x),
                "y": _drop_nan(float(y)),
            }
            for at, (x, y) in enumerate(zip(shares, np.atleast_1d(share), strict=False))
        ]
    return rows if attempts else []


def list_calibration(verdict: ModelVerdict, attempts: Sequence[BacktestDay]) -> list[Row]:
    """Return mean outcome over mean forecast in groups of a tenth of the customers."""
    predicted = np.concatenate(
        [backtest.forecasts(verdict.purpose)[verdict.model] for backtest in attempts]
    )
    came = np.concatenate([backtest.revenue for backtest in attempts])
    groups = np.array_split(np.argsort(predicted, kind="stable"), min(10, len(predicted)))
    return [
        {
            "purpose": verdict.purpose,
            "model": verdict.model,
            "curve": "calibration",
            "position": at,
            "x": float(predicted[rows].mean()),
            "y": float(came[rows].mean()),
        }
        for at, rows in enumerate(groups)
    ]


def list_importance(verdict: ModelVerdict, forecasts: DayForecasts) -> list[Row]:
    """Return the features of the boosted model that serves, by the gain of their splits."""
    model = forecasts.mean.get(verdict.model)
    if model is None:
        return []
    forecast = model.forecast
    if isinstance(forecast, TweedieForecast):
        trees = [forecast.trees]
    elif isinstance(forecast, TwoStageForecast):
        trees = [forecast.buys, forecast.amount]
    else:
        return []
    gain = sum(_shares(booster.booster.feature_importance("gain")) for booster in trees) / len(
        trees
    )
    matrix, forecast_values = forecasts.day.inputs.matrix, model.revenue(forecasts.day.inputs)
    order = [at for at in np.argsort(-np.asarray(gain), kind="stable") if gain[at] > 0]
    return [
        {
            "purpose": verdict.purpose,
            "model": verdict.model,
            "position": position,
            "feature": LEARNT_FROM[at],
            "importance": float(gain[at]),
            "direction": _direction(matrix[:, at], forecast_values),
        }
        for position, at in enumerate(order[:MOST_FEATURES], start=1)
    ]


def _parameters(name: str, tuning: Tuning) -> str:
    parameters: dict[str, Any] = tuning[0] if FAMILIES[name] == "learned" else {}
    return msgspec.json.encode(parameters, order="sorted").decode()


def _role(name: str, verdict: ModelVerdict) -> str:
    if name == verdict.model:
        return "champion"
    return "challenger" if name == verdict.challenger else "compared"


def _verdict_code(name: str, verdict: ModelVerdict) -> str:
    if not verdict.has_past_dates:
        return "unmeasured"
    return "serves" if name == verdict.model else "not_better"


def _gain(backtest: BacktestDay, purpose: str, name: str, shares: Any) -> Any:
    predicted = (
        backtest.past_revenue if name == "past_revenue" else backtest.forecasts(purpose)[name]
    )
    came = np.append(0.0, np.cumsum(backtest.revenue[np.argsort(-predicted, kind="stable")]))
    return came[np.round(shares * (len(came) - 1)).astype(int)] / (came[-1] or math.nan)


def _shares(gain: Any) -> Any:
    total = float(np.sum(gain))
    return np.asarray(gain) / total if total > 0 else np.zeros(len(gain))


def _direction(values: Any, forecast: Any) -> int:
    present = np.isfinite(values)
    if present.sum() < 3 or np.ptp(values[present]) == 0 or np.ptp(forecast[present]) == 0:
        return 0
    first, second = (
        np.argsort(np.argsort(value[present], kind="stable")) for value in (values, forecast)
    )
    along = float(np.corrcoef(first, second)[0, 1])
    return 0 if abs(along) < 0.1 else int(np.sign(along))


def _over(part: float, total: float, plus: float) -> float:
    return part / total + plus if total > 0 else math.nan


def _drop_nan(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
