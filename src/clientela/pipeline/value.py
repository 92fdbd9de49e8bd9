"""What customers will bring, in a run: learnt where there is a reason, scored for everyone."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import pyarrow as pa

from clientela.config import Value
from clientela.features.history import History
from clientela.insiders.fit.proof_material import ViewForecast, estimate_value
from clientela.insiders.score.months import DayView
from clientela.pipeline.kept_models import Kept, keep, standing
from clientela.pipeline.run_context import Ground
from clientela.statistics.arrays import Doubles
from clientela.value.fit.learning import SnapshotForecast, ValueFit, learn_value
from clientela.value.group_tables import build_value_forecast
from clientela.value.groups import GroupForecaster
from clientela.value.score import model as value_scores
from clientela.value.score.model import ValueModel

A_DAY = 1


@dataclass(frozen=True)
class Valued:
    """Every customer's forecasts, the evidence for them, and a way to sort past customers.

    Parameters
    ----------
    scores : pa.Table
        Of :data:`clientela.value.score.model.VALUE`, in the order of the snapshot.
    kept : Kept
        The model that serves.
    expected : Expected
        What customers of a day of the past could be expected to bring, as known then.
    groups : GroupForecaster
        Forecasts of groups, all parts of the sum of these scores.
    """

    scores: pa.Table
    kept: Kept
    expected: ViewForecast
    groups: GroupForecaster


def valued(snapshot: pa.Table, ground: Ground, settings: Value) -> Valued:
    """Forecast what every customer will bring.

    The level of a forecast is that of its day, so that each new day learns again; what forecasts
    of the past would have said is never stored and learnt when it is asked for.
    """
    learnt = cache(lambda: _learnt(ground, settings))
    kept = standing(ground, value_scores.KIND, settings, value_scores.load_value_model, A_DAY)
    if isinstance(kept, str):
        kept = _stored(ground, learnt(), settings, kept)

    def expected_at(day: dt.date) -> SnapshotForecast | None:
        return learnt().expected_at(day)

    scores = kept.model.score(snapshot, ground.state.as_of)
    sorting = _sorting(ground.history, kept.model, expected_at)
    groups = GroupForecaster.of(learnt(), scores)
    forecasts = build_value_forecast(groups, ground.state.manifest.currency)
    kept = replace(kept, tables={**kept.tables, "value_forecast": forecasts})
    return Valued(scores, kept, sorting, groups)


def _learnt(ground: Ground, settings: Value) -> ValueFit:
    return learn_value(
        ground.history,
        settings,
        currency=ground.state.manifest.currency,
        data_hash=ground.state.data_hash,
        progress=ground.progress,
    )


def _stored(ground: Ground, learnt: ValueFit, settings: Value, reason: str) -> Kept:
    model_id = keep(ground, learnt.model, settings, learnt.tables, learnt.facts)
    return Kept(learnt.model, model_id, learnt.tables, learnt.facts, reason)


def _sorting(
    history: History, model: ValueModel, past: Callable[[dt.date], SnapshotForecast | None]
) -> ViewForecast:
    def expected(view: DayView) -> Doubles:
        """Sort by what was learnt by the day; by the naive rule where nothing was."""
        if view.day >= model.card.as_of:
            scores = model.score(history.snapshot(view.day), view.day)
            found: Doubles = scores["expected_revenue"].to_numpy()
            return found
        sort = past(view.day)
        return estimate_value(view) if sort is None else sort(history.snapshot(view.day))

    return expected
