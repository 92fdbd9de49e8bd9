"""Look once at what came after the forecasts were made."""

import datetime as dt
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.history import History
from clientela.statistics.arrays import Doubles, doubles
from clientela.store.arrow_schemas import arrow_table
from clientela.value.fit import tables
from clientela.value.fit.backtest import BacktestDay, pair_outcome
from clientela.value.fit.learning import ValueFit
from clientela.value.fit.metrics import measure_models
from clientela.value.fit.past_dates import KEY
from clientela.value.fit.training_data import TrainingData

PURPOSES = ("value_mean", "value_median")


def judge_value(
    learnt: ValueFit, later_history: History, as_of: dt.date, horizon_days: int
) -> dict[str, pa.Table]:
    """Measure all candidates on the test date, against the naive ones.

    Parameters
    ----------
    learnt : ValueFit
        What was learnt by ``as_of``.
    later_history : History
        Reaches to ``as_of + horizon_days`` at least.
    as_of : datetime.date
        The test date.
    horizon_days : int
        The horizon learnt for.

    Returns
    -------
    dict of str to pa.Table
        ``model_metrics`` and ``model_curves`` of the test date, ``as_of`` filled.
    """
    forecasts, ground = learnt.day_forecasts[0], learnt.ground
    customers = ground.outcomes.customers(as_of)
    later = later_history.later(as_of, horizon_days)
    later = later.take(pc.index_in(customers[KEY], value_set=later[KEY]))
    item = _stretch_forecasts(
        pair_outcome(forecasts, customers, doubles(later, "later_revenue")), ground, horizon_days
    )
    rows: list[dict[str, object]] = []
    curves: list[dict[str, object]] = []
    for purpose, verdict in zip(PURPOSES, learnt.verdicts, strict=True):
        settings = ground.settings
        measured = measure_models([item], purpose, settings.resamples, settings.seed)
        rows += tables.list_metrics(purpose, measured, as_of, customers.num_rows)
        curves += tables.list_gains(verdict, [item]) + tables.list_calibration(verdict, [item])
    rows += tables.list_coverage([item], learnt.verdicts[0].model, learnt.bounds, as_of)
    rows += _orders(learnt, customers, doubles(later, "later_orders"), as_of)
    return {
        "model_metrics": arrow_table("model_metrics", rows),
        "model_curves": arrow_table("model_curves", curves),
    }


def _stretch_forecasts(
    backtest: BacktestDay, ground: TrainingData, horizon_days: int
) -> BacktestDay:
    """Bring forecasts learnt on fewer days to the horizon, as the expected orders are."""
    if horizon_days == ground.days:
        return backtest
    inputs = backtest.day_forecasts.day.inputs
    days = (ground.days, horizon_days)
    factor = inputs.orders.stretch(inputs.purchases, days)
    return replace(
        backtest,
        mean={name: predicted * factor for name, predicted in backtest.mean.items()},
        median={name: predicted * factor for name, predicted in backtest.median.items()},
    )


def _orders(
    learnt: ValueFit, customers: pa.Table, came: Doubles, as_of: dt.date
) -> list[dict[str, object]]:
    """Measure the orders forecast: their total, the error of their median, who orders at all."""
    inputs, orders = learnt.day_forecasts[0].day.inputs, learnt.model.orders
    days = learnt.model.horizon_days
    frame, span = orders.frame(inputs.columns), orders.span(days)
    predicted = orders.model.expected_purchases(frame, span) * orders.factor
    median = orders.model.purchases_within(frame, span, (0.5,))[:, 0]
    values = {
        "orders_bias": float(predicted.sum() / came.sum() - 1.0) if came.sum() > 0 else None,
        "orders_mae": float(np.abs(predicted - came).mean()),
        "orders_mae_median": float(np.abs(median - came).mean()),
        "orders_auc": _area(orders.ordering(inputs.columns, days), came > 0),
    }
    return [
        {
            "purpose": "value_mean",
            "model": orders.model.name,
            "as_of": as_of,
            "customers": customers.num_rows,
            "metric": metric,
            "value": value,
        }
        for metric, value in values.items()
    ]


def _area(scores: Doubles, ordered: npt.NDArray[np.bool_]) -> float | None:
    """Return the area under the ROC curve by ranks; None with one class."""
    positive = int(ordered.sum())
    negative = len(ordered) - positive
    if not positive or not negative:
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0).take(inverse)
    above = float(ranks[ordered].sum()) - positive * (positive + 1) / 2.0
    return above / (positive * negative)
