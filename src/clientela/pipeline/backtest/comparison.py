"""What the models said on the day, beside the truth of a simulation."""

from typing import Any

from clientela.pipeline.backtest.churn import Churned
from clientela.pipeline.backtest.context import Scene
from clientela.pipeline.backtest.truth import alive, is_subscription, leaving
from clientela.value.score.model import ValueModel


def compared(scene: Scene, value: ValueModel, churn: Churned | None) -> dict[str, Any] | None:
    """Hold P(alive), or the churn model, against what the simulator knows."""
    if scene.truth is None:
        return None
    day = scene.period.as_of
    if not is_subscription(scene.truth):
        return {"alive": alive(scene.truth, value.score(scene.past.snapshot(day), day), day)}
    model = churn.learnt.model if churn else None
    if churn is None or model is None or churn.today is None:
        return None
    horizon = churn.test.horizon_days
    found = leaving(scene.truth, model.score(churn.today), day, horizon)
    return {"leaving": found | {"flattering_auc": churn.learnt.facts.get("flattering_auc")}}
