"""Who is about to leave, in a run: learnt where there is a reason, scored for everyone."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from clientela.churn.fit import contractual
from clientela.churn.fit.contractual import ContractualChurn
from clientela.churn.fit.learning import ChurnTraining
from clientela.churn.fit.noncontractual import learn_noncontractual
from clientela.churn.score import model as churn_scores
from clientela.churn.score.model import SCORES
from clientela.config import Churn
from clientela.errors import InputError
from clientela.features.snapshot import KEY
from clientela.pipeline.kept_models import Kept, keep, standing
from clientela.pipeline.run_context import Ground
from clientela.registry import stored_models as registry
from clientela.registry.card import Card

GONE = "gone"
A_MONTH = 30


@dataclass(frozen=True)
class Churned:
    """Every customer's risk, where it can be told, and the evidence for it.

    Parameters
    ----------
    scores : pa.Table
        Of :data:`clientela.churn.score.model.SCORES`; customers who cannot be scored are not in it.
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
    unfit = partial(_unfit, (snapshot if asked is None else asked.today).column_names, asked)
    made = churn_scores.from_artifact
    kept = standing(ground, churn_scores.KIND, settings, made, A_MONTH, unfit)
    if isinstance(kept, str):
        kept = _stored(ground, _learnt(ground, settings, asked), settings, kept)
    if kept.model is None:
        return Churned(SCORES.empty_table(), kept)
    if asked is None:
        return Churned(kept.model.score(snapshot), kept)
    return Churned(pa.concat_tables([kept.model.score(asked.today), _gone(asked)]), kept)


def _unfit(columns: Collection[str], asked: ContractualChurn | None, card: Card) -> str:
    """Say why a stored model answers another question than this run's, if it does."""
    kind = "non_contractual" if asked is None else "contractual"
    if card.parameters.get("kind") != kind:
        return f"the stored model is not {kind}"
    lacking = sorted({feature.name for feature in card.features} - set(columns))
    return f"the customers have no {', '.join(lacking)} any more" if lacking else ""


def _under_contract(ground: Ground, settings: Churn) -> ContractualChurn | None:
    """Read who left, where the customers carry a flag that tells; else purchases tell."""
    forced = settings.kind == "contractual"
    if not forced and (settings.kind != "auto" or not contractual.has_churn_column(ground.history)):
        return None
    try:
        return contractual.prepare_contractual(ground.history, settings)
    except InputError as error:
        if forced:
            raise
        ground.progress.fact("the churn column is not used", reason=str(error))
        return None


def _learnt(ground: Ground, settings: Churn, asked: ContractualChurn | None) -> ChurnTraining:
    data_hash = ground.state.data_hash
    if asked is None:
        return learn_noncontractual(ground.history, settings, data_hash=data_hash)
    framing = contractual.build_task(asked, ground.state.as_of, data_hash)
    return contractual.learn_from_contracts(asked, settings, framing)


def _stored(ground: Ground, learnt: ChurnTraining, settings: Churn, reason: str) -> Kept:
    if learnt.model is None:
        _retire(ground)
        return Kept(None, "", learnt.tables, learnt.facts, reason)
    model_id = keep(ground, learnt.model, settings, learnt.tables, learnt.facts)
    return Kept(learnt.model, model_id, learnt.tables, learnt.facts, reason)


def _retire(ground: Ground) -> None:
    """Let the server predict nothing where the run can tell nothing, unless it is of a past day."""
    if ground.latest(churn_scores.KIND):
        registry.retire(ground.workspace.models_folder, churn_scores.KIND)


def _gone(asked: ContractualChurn) -> pa.Table:
    """Give those who cancelled already: certainly gone, without reasons."""
    ids = asked.gone[KEY]
    given = {
        KEY: ids,
        "churn_probability": pa.array([1.0] * len(ids)),
        "churn_band": pa.array([GONE] * len(ids)),
        "churn_reasons": pa.nulls(len(ids), SCORES.field("churn_reasons").type),
    }
    return pa.table(given, schema=SCORES)
