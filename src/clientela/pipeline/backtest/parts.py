"""What a part of a backtest gives back, and how parts are put together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.churn.fit import contractual, noncontractual
from clientela.churn.fit.learning import ChurnTraining, judge
from clientela.churn.fit.training_data import LabelledSnapshot
from clientela.errors import InputError
from clientela.pipeline.backtest.context import BacktestContext
from clientela.pipeline.backtest.truth import is_subscription, score_churn_model, score_p_alive
from clientela.pipeline.result import Result
from clientela.value.fit import holdout as judging
from clientela.value.fit import learning
from clientela.value.group_tables import build_value_forecast
from clientela.value.groups import GroupForecaster
from clientela.value.score.model import ValueModel

CONCATENATED = ("model_metrics",)
"""Tables of which both the rows of learning and those of judging are kept."""
JUDGED = "judged"


_Found = tuple[ChurnTraining, LabelledSnapshot, pa.Table | None, dict[str, object]]


def combine_tables(
    fit: Mapping[str, pa.Table], outcome_tables: Mapping[str, pa.Table], **facts: object
) -> Result:
    """Put what was learnt and what was judged together; the judged goes before.

    The rows of ``model_metrics`` of the judged days alone stand as :data:`JUDGED` beside.
    """
    tables = dict(fit) | dict(outcome_tables)
    for name in CONCATENATED:
        both_parts = [part[name] for part in (fit, outcome_tables) if name in part]
        if both_parts:
            tables[name] = pa.concat_tables(both_parts)
    if "model_metrics" in outcome_tables:
        tables[JUDGED] = outcome_tables["model_metrics"]
    return Result(tables, facts)


def list_rows(parts: Iterable[Result]) -> tuple[dict[str, list[Any]], list[Any]]:
    """Return every table's rows, and those of the judged days, of all parts."""
    tables: dict[str, list[Any]] = {}
    for part in parts:
        for name, table in part.tables.items():
            tables.setdefault(name, []).extend(table.to_pylist())
    metrics = tables.pop(JUDGED, [])
    return tables, metrics


def backtest_value(context: BacktestContext) -> tuple[learning.ValueFit, Result]:
    """Learn what customers will bring, and judge it once."""
    fit = learning.learn_value(
        context.past,
        context.settings.value,
        currency=context.currency,
        data_hash=context.data_hash,
    )
    period = context.period
    outcome_tables = judging.judge_value(fit, context.future, period.as_of, period.horizon_days)
    scores = fit.model.score(context.past.snapshot(period.as_of), period.as_of)
    groups = GroupForecaster.of(fit.ground, fit.model, scores)
    forecasts = {"value_forecast": build_value_forecast(groups, context.currency)}
    return fit, combine_tables(fit.tables | forecasts, outcome_tables, value=fit.facts)


@dataclass(frozen=True)
class ChurnBacktest:
    """What was learnt, of whom it was judged, and whom it would have scored on the day.

    ``today`` is None where the snapshot's customers are scored.
    """

    fit: ChurnTraining
    outcomes: LabelledSnapshot
    today: pa.Table | None
    part: Result


def backtest_churn(context: BacktestContext) -> ChurnBacktest | None:
    """Learn who leaves, and judge it once; None where the settings turn it off.

    Nothing is judged where silence does not mean leaving.
    """
    kind = context.settings.churn.kind
    if kind == "off":
        return None
    flagged = kind == "contractual" or (
        kind == "auto" and contractual.has_churn_column(context.past)
    )
    fit, outcomes, today, facts = _learn_churn(
        context, forced=kind == "contractual", flagged=flagged
    )
    outcome_tables = {} if fit.model is None else judge(fit, outcomes, context.settings.churn)
    facts |= {"customers": outcomes.customers}
    return ChurnBacktest(
        fit, outcomes, today, combine_tables(fit.tables, outcome_tables, churn=facts)
    )


def _learn_churn(context: BacktestContext, *, forced: bool, flagged: bool) -> _Found:
    """Take the flag where there is one that tells enough; else purchases tell."""
    if not flagged:
        return _learn_noncontractual(context)
    try:
        return _learn_contractual(context)
    except InputError as error:
        if forced:
            raise
        fit, outcomes, today, facts = _learn_noncontractual(context)
        return fit, outcomes, today, facts | {"flag_not_used": str(error)}


def _learn_contractual(context: BacktestContext) -> _Found:
    settings, day = context.settings.churn, context.period.as_of
    fit, contract = contractual.learn_contractual(
        context.past, settings, data_hash=context.data_hash
    )
    outcomes = contractual.label_contract_holders(context.future, day, contract.horizon_days)
    facts = {"kind": "contractual", "horizon_days": contract.horizon_days}
    return fit, outcomes, contract.today, fit.facts | facts


def _learn_noncontractual(context: BacktestContext) -> _Found:
    settings, day = context.settings.churn, context.period.as_of
    fit = noncontractual.learn_noncontractual(
        context.past,
        settings,
        data_hash=context.data_hash,
        season=context.settings.value.season,
    )
    horizon, active = fit.facts.get("horizon_days"), fit.facts.get("active_days")
    if horizon is None or active is None:
        today = noncontractual.select_active(context.past, day, 0)
        nobody = LabelledSnapshot(day, today.slice(0, 0), np.zeros(0, np.bool_), np.zeros(0))
        return fit, nobody, None, fit.facts | {"kind": "non_contractual"}
    outcomes = noncontractual.label_active(context.future, day, horizon, active)
    return fit, outcomes, None, fit.facts | {"kind": "non_contractual"}


def compare_with_truth(
    context: BacktestContext, value: ValueModel, churn: ChurnBacktest | None
) -> dict[str, Any] | None:
    """Hold P(alive), or the churn model, against what the simulator knows."""
    if context.truth is None:
        return None
    day = context.period.as_of
    if not is_subscription(context.truth):
        return {
            "alive": score_p_alive(context.truth, value.score(context.past.snapshot(day), day), day)
        }
    model = churn.fit.model if churn else None
    if churn is None or model is None or churn.today is None:
        return None
    horizon = churn.outcomes.horizon_days
    days = score_churn_model(context.truth, model.score(churn.today), day, horizon)
    return {"leaving": days | {"flattering_auc": churn.fit.facts.get("flattering_auc")}}
