"""Who was about to leave, learnt on the past and judged on who then left."""

from dataclasses import dataclass

import pyarrow as pa

from clientela.churn.fit import contractual, noncontractual
from clientela.churn.fit.learning import ChurnTraining, judge
from clientela.churn.fit.training_data import LabelledSnapshot
from clientela.errors import InputError
from clientela.pipeline.backtest.context import Scene
from clientela.pipeline.backtest.parts import Part, part

_Found = tuple[ChurnTraining, LabelledSnapshot, pa.Table | None, dict[str, object]]


@dataclass(frozen=True)
class Churned:
    """What was learnt, of whom it was judged, and whom it would have scored on the day.

    ``today`` is None where the snapshot's customers are scored.
    """

    learnt: ChurnTraining
    test: LabelledSnapshot
    today: pa.Table | None
    part: Part


def churned(scene: Scene) -> Churned | None:
    """Learn who leaves, and judge it once; None where the settings turn it off."""
    kind = scene.settings.churn.kind
    if kind == "off":
        return None
    flagged = kind == "contractual" or (kind == "auto" and contractual.has_churn_column(scene.past))
    learnt, test, today, facts = _flagged(scene, forced=kind == "contractual", flagged=flagged)
    judged = {} if learnt.model is None else judge(learnt, test, scene.settings.churn)
    facts |= {"customers": test.customers}
    return Churned(learnt, test, today, part(learnt.tables, judged, churn=facts))


def _flagged(scene: Scene, *, forced: bool, flagged: bool) -> _Found:
    """Take the flag where there is one that tells enough; else purchases tell."""
    if not flagged:
        return _silent(scene)
    try:
        return _contractual(scene)
    except InputError as error:
        if forced:
            raise
        learnt, test, today, facts = _silent(scene)
        return learnt, test, today, facts | {"flag_not_used": str(error)}


def _contractual(scene: Scene) -> _Found:
    settings, day = scene.settings.churn, scene.period.as_of
    learnt, asked = contractual.learn_contractual(scene.past, settings, data_hash=scene.data_hash)
    test = contractual.label_contract_holders(
        scene.future, day, asked.horizon_days, seed=settings.seed
    )
    facts = {"kind": "contractual", "horizon_days": asked.horizon_days}
    return learnt, test, asked.today, learnt.facts | facts


def _silent(scene: Scene) -> _Found:
    settings, day = scene.settings.churn, scene.period.as_of
    learnt = noncontractual.learn_noncontractual(scene.past, settings, data_hash=scene.data_hash)
    horizon, active = learnt.facts["horizon_days"], learnt.facts["active_days"]
    test = noncontractual.label_active(scene.future, day, horizon, active)
    return learnt, test, None, learnt.facts | {"kind": "non_contractual"}
