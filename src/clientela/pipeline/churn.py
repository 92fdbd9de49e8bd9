"""The churn stage: who is about to leave, learnt where there is a reason, scored for everyone."""

from collections.abc import Collection
from functools import partial

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.fit import contractual
from clientela.churn.fit.contractual import ContractualChurn
from clientela.churn.fit.learners.candidates import leave_out_unstorable
from clientela.churn.fit.noncontractual import learn_noncontractual
from clientela.churn.fit.training_data import ExpectRevenue
from clientela.churn.score import model as churn_scores
from clientela.churn.score import reasons
from clientela.churn.score.model import SCORES
from clientela.config import Churn
from clientela.config.value import Season
from clientela.errors import InputError
from clientela.features.charges import CHARGES, find_next_charges
from clientela.features.history import History
from clientela.features.snapshot import KEY
from clientela.i18n import LANGS
from clientela.pipeline.result import Result, add_columns
from clientela.pipeline.value import headline, model_rows
from clientela.progress import Progress
from clientela.registry.card import Card
from clientela.registry.model_registry import ModelRegistry, StoredModel

LEFT = "gone"
LASTS_DAYS = 30
"""A churn model is learnt again after a month: by then a month of new outcomes is known."""
REASONS = "churn_reasons"
BATCH_ROWS = 10_000
"""Reasons turned into JSON together: as Python objects they take ten times the memory of Arrow."""


def score_churn(
    snapshot: pa.Table,
    history: History,
    settings: Churn,
    registry: ModelRegistry,
    *,
    expect: ExpectRevenue,
    currency: str | None,
    season: Season = "usual",
    lasts_days: int | None = LASTS_DAYS,
) -> Result:
    """Score how likely every customer is to leave.

    Parameters
    ----------
    expect : callable
        The forecast of revenue that a past day could have made.
    season : {"none", "usual", "strong"}
        What the owner says of the firm's year.
    lasts_days : int, optional
        Days after which a model is learnt again; None leaves that to ``clientela retrain``, unless
        customers say when they leave.

    Returns
    -------
    Result
        ``customers`` holds the probability, its band and the reasons; customers who cannot be
        scored are not in it. Under contract it has the day of the next charge, where one can be
        told. ``model`` is the :class:`StoredModel`.
    """
    charges = CHARGES.empty_table()
    judged: dict[str, dict[str, int]] = {}
    if settings.kind == "off":
        stored, scores = StoredModel(), SCORES.empty_table()
    else:
        contract = _read_contracts(history, settings, registry.progress)
        population = snapshot if contract is None else contract.today
        misfit = partial(_find_misfit, population.column_names, contract, season)
        stored = registry.load_or_explain(
            churn_scores.KIND,
            churn_scores.from_artifact,
            settings=settings,
            lasts_days=lasts_days if contract is None else LASTS_DAYS,
            find_misfit=misfit,
        )
        if not stored.goes_on:
            stored = _learn(history, settings, registry, contract, stored.reason, expect, season)
        scores = _score(stored, population, contract)
        if contract is not None:
            charges, judged = _expect_charges(history, contract)
    return Result(
        tables={
            "customers": add_columns(describe_reasons(scores, currency), charges),
            "models": model_rows(registry, stored),
            **stored.tables,
        },
        facts=headline(stored, "churn")
        | {"kind": stored.facts.get("framing", {}).get("kind")}
        | judged,
        model=stored,
    )


def describe_reasons(scores: pa.Table, currency: str | None) -> pa.Table:
    """Turn the reasons of each customer into JSON and into sentences of both languages."""
    table = scores.remove_column(scores.column_names.index(REASONS))
    table = table.append_column(REASONS, _encode_lists(scores.select([REASONS])))
    for lang in LANGS:
        sentences = reasons.write_reasons(scores[REASONS], lang, currency)
        table = table.append_column(f"{REASONS}_{lang.lower()}", sentences)
    return table


def _encode_lists(lists: pa.Table) -> pa.ChunkedArray:
    chunks = [
        pa.array(
            (
                None if reasons is None else msgspec.json.encode(reasons).decode()
                for reasons in batch.column(0).to_pylist()
            ),
            pa.string(),
        )
        for batch in lists.to_batches(max_chunksize=BATCH_ROWS)
    ]
    return pa.chunked_array(chunks, pa.string())


def _score(
    stored: StoredModel, population: pa.Table, contract: ContractualChurn | None
) -> pa.Table:
    if stored.model is None:
        return SCORES.empty_table()
    scores = stored.model.score(population)
    return scores if contract is None else pa.concat_tables([scores, _list_leavers(contract)])


def _find_misfit(
    columns: Collection[str], contract: ContractualChurn | None, season: Season, card: Card
) -> str:
    """Say why a stored model answers another question than this run's, if it does."""
    kind = "non_contractual" if contract is None else "contractual"
    if card.parameters.get("kind") != kind:
        return f"the stored model is not {kind}"
    if contract is None and card.parameters.get("season") != season:
        return f"value.season is now {season}"
    lacking = sorted({feature.name for feature in card.features} - set(columns))
    return f"the customers have no {', '.join(lacking)} any more" if lacking else ""


def _read_contracts(
    history: History, settings: Churn, progress: Progress | None
) -> ContractualChurn | None:
    """Read who left, where the customers carry a flag that tells; else purchases tell."""
    required = settings.kind == "contractual"
    if not required and (settings.kind != "auto" or not contractual.has_churn_column(history)):
        return None
    try:
        return contractual.prepare_contractual(history, settings)
    except InputError as error:
        if required:
            raise
        if progress is not None:
            progress.fact("the churn column is not used", reason=str(error))
        return None


def _learn(
    history: History,
    settings: Churn,
    registry: ModelRegistry,
    contract: ContractualChurn | None,
    reason: str,
    expect: ExpectRevenue,
    season: Season,
) -> StoredModel:
    compared = leave_out_unstorable(settings)
    if contract is None:
        learnt = learn_noncontractual(
            history, compared, data_hash=registry.data_hash, expect=expect, season=season
        )
    else:
        task = contractual.build_task(contract, registry.as_of, registry.data_hash)
        learnt = contractual.learn_from_contracts(contract, compared, task, expect=expect)
    if learnt.model is None:
        registry.retire(churn_scores.KIND)
        return StoredModel(reason=reason, tables=learnt.tables, facts=learnt.facts)
    return registry.keep(
        learnt.model, reason, settings=settings, tables=learnt.tables, facts=learnt.facts
    )


def _expect_charges(
    history: History, contract: ContractualChurn
) -> tuple[pa.Table, dict[str, dict[str, int]]]:
    """Expect the next charge of who has not left; with it how such days held a month ago."""
    charges, expected, held = find_next_charges(history)
    has_left = pc.is_in(charges[KEY], value_set=contract.gone[KEY].combine_chunks())
    remaining = charges.filter(pc.invert(has_left))
    judged = {"charges": {"expected": expected, "held": held}}
    return remaining, judged if remaining.num_rows else {}


def _list_leavers(contract: ContractualChurn) -> pa.Table:
    """Return those who cancelled already: certain, without reasons."""
    ids = contract.gone[KEY]
    columns = {
        KEY: ids,
        "churn_probability": pa.array([1.0] * len(ids)),
        "churn_band": pa.array([LEFT] * len(ids)),
        REASONS: pa.nulls(len(ids), SCORES.field(REASONS).type),
    }
    return pa.table(columns, schema=SCORES)
