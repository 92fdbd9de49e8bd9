"""Who is about to leave, in a run: learnt where there is a reason, scored for everyone."""

from dataclasses import dataclass

import pyarrow as pa

from clientela.config import Churn
from clientela.errors import InputError
from clientela.features.snapshot import KEY
from clientela.models import results
from clientela.models.churn import contractual
from clientela.models.churn.contractual import Contractual
from clientela.models.churn.framing import Framing
from clientela.models.churn.learning import LearntChurn, learn
from clientela.models.churn.noncontractual import learn_history
from clientela.pipeline.choosing import Ground
from clientela.pipeline.learnt import Kept, keep, standing
from clientela.scoring import churn as churn_scores
from clientela.scoring.churn import SCORES

GONE = "gone"


@dataclass(frozen=True)
class Churned:
    """Every customer's risk, where it can be told, and the evidence for it.

    Parameters
    ----------
    scores : pa.Table
        Of :data:`clientela.scoring.churn.SCORES`; customers who cannot be scored are not in it.
    kept : Kept
        The model that serves; its ``model`` is None where nothing could be learnt.
    """

    scores: pa.Table
    kept: Kept


def churned(snapshot: pa.Table, ground: Ground, settings: Churn) -> Churned:
    """Say how likely every customer is to leave."""
    if settings.kind == "off":
        return Churned(SCORES.empty_table(), Kept(None, "", {}, {}))
    asked = _under_contract(ground, settings)
    kept = standing(ground, churn_scores.KIND, settings, churn_scores.from_artifact, None)
    if isinstance(kept, str):
        kept = _stored(ground, _learnt(ground, settings, asked), settings, kept)
    if kept.model is None:
        return Churned(SCORES.empty_table(), kept)
    if asked is None:
        return Churned(kept.model.score(snapshot), kept)
    return Churned(pa.concat_tables([kept.model.score(asked.today), _gone(asked)]), kept)


def _under_contract(ground: Ground, settings: Churn) -> Contractual | None:
    """Read who left, where the customers carry a flag that tells; else purchases tell."""
    forced = settings.kind == "contractual"
    if not forced and (settings.kind != "auto" or not contractual.wanted(ground.history)):
        return None
    try:
        return contractual.prepared(ground.history, settings)
    except InputError as error:
        if forced:
            raise
        ground.progress.fact("the churn column is not used", reason=str(error))
        return None


def _learnt(ground: Ground, settings: Churn, asked: Contractual | None) -> LearntChurn:
    if asked is None:
        return learn_history(ground.history, settings, data_hash=ground.state.data_hash)
    framing = Framing(
        "contractual",
        ground.state.as_of,
        horizon_days=asked.horizon_days,
        data_hash=ground.state.data_hash,
    )
    learnt = learn(asked.past, settings, framing)
    notes = [asked.notes, learnt.tables.get("model_notes", results.table("model_notes", []))]
    return LearntChurn(
        learnt.model,
        learnt.tables | {"model_notes": _numbered(pa.concat_tables(notes))},
        learnt.facts | {"derived": asked.derived, "flattering_auc": asked.flattering_auc},
    )


def _numbered(notes: pa.Table) -> pa.Table:
    return notes.set_column(
        notes.column_names.index("position"), "position", pa.array(range(len(notes)), pa.int64())
    )


def _stored(ground: Ground, learnt: LearntChurn, settings: Churn, reason: str) -> Kept:
    if learnt.model is None:
        return Kept(None, "", learnt.tables, learnt.facts, reason)
    model_id = keep(ground, learnt.model, settings, learnt.tables, learnt.facts)
    return Kept(learnt.model, model_id, learnt.tables, learnt.facts, reason)


def _gone(asked: Contractual) -> pa.Table:
    """Give those who cancelled already: certainly gone, without reasons."""
    ids = asked.gone[KEY]
    given = {
        KEY: ids,
        "churn_probability": pa.array([1.0] * len(ids)),
        "churn_band": pa.array([GONE] * len(ids)),
        "churn_reasons": pa.nulls(len(ids), SCORES.field("churn_reasons").type),
    }
    return pa.table(given, schema=SCORES)
