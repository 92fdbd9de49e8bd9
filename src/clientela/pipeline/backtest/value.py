"""The forecasts of value, learnt on the past and judged on what followed."""

from clientela.pipeline.backtest.context import Scene
from clientela.pipeline.backtest.parts import Part, part
from clientela.value.fit import holdout as judging
from clientela.value.fit import learning
from clientela.value.group_tables import build_value_forecast
from clientela.value.groups import GroupForecaster


def valued(scene: Scene) -> tuple[learning.ValueFit, Part]:
    """Learn what customers will bring, and judge it once."""
    learnt = learning.learn_value(
        scene.past,
        scene.settings.value,
        currency=scene.currency,
        data_hash=scene.data_hash,
    )
    period = scene.period
    judged = judging.judge_value(learnt, scene.future, period.as_of, period.horizon_days)
    scores = learnt.model.score(scene.past.snapshot(period.as_of), period.as_of)
    groups = GroupForecaster.of(learnt, scores)
    forecasts = {"value_forecast": build_value_forecast(groups, scene.currency)}
    return learnt, part(learnt.tables | forecasts, judged, value=learnt.facts)
