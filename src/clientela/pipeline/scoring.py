"""The stages that score one snapshot: segment, forecast, churn, programme, actions, propensity."""

from contextlib import nullcontext
from typing import Any

import pyarrow as pa

from clientela.config import Settings
from clientela.features.history import History
from clientela.pipeline.actions import propose_actions
from clientela.pipeline.attributes import read_attributes
from clientela.pipeline.business_case import add_case
from clientela.pipeline.churn import LASTS_DAYS, score_churn
from clientela.pipeline.contacting import add_contacts
from clientela.pipeline.programme import run_programme
from clientela.pipeline.propensity import check_categories, read_entry_rule, score_propensity
from clientela.pipeline.result import Result, add_columns
from clientela.pipeline.segments import segment_customers
from clientela.pipeline.value import forecast_value
from clientela.progress import Progress
from clientela.registry.model_registry import ModelRegistry
from clientela.store import arrow_schemas as results
from clientela.store.programme import ProgrammeLedger
from clientela.store.segment_labels import SegmentLabels


def score_snapshot(
    snapshot: pa.Table,
    history: History,
    settings: Settings,
    registry: ModelRegistry,
    currency: str | None,
    unreachable: pa.Array,
    ledger: ProgrammeLedger,
    labels: SegmentLabels,
) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Segment, forecast, score and choose the members of one snapshot.

    Returns
    -------
    dict, dict
        Tables of the results database and headline facts, of all stages together.
    """
    progress = registry.progress or Progress("score")
    check_categories(history, settings.propensity)
    with progress.stage("segment"):
        segments = segment_customers(
            snapshot,
            history,
            settings.segments,
            registry,
            currency=currency,
            labels=labels,
        )
    with progress.stage("value"):
        value = forecast_value(
            snapshot,
            history,
            settings.value,
            registry,
            currency=currency,
            progress=progress,
        )
    with progress.stage("churn"):
        churn = score_churn(
            snapshot,
            history,
            settings.churn,
            registry,
            expect=value.model.expected_at,
            currency=currency,
            season=settings.value.season,
            lasts_days=None if settings.retrain.by == "evidence" else LASTS_DAYS,
        )
        churn = add_contacts(churn, value, history, settings.economics, unreachable)
    with progress.stage("programme"):
        programme = run_programme(
            history,
            settings.programme,
            registry,
            segments=segments,
            value=value,
            currency=currency,
            ledger=ledger,
        )
        programme = add_case(programme, snapshot, value, churn, settings.economics)
        actions = propose_actions(
            history,
            settings.economics,
            registry,
            segments=segments,
            churn=churn,
            programme=programme,
            currency=currency,
            unreachable=unreachable,
        )
    value.model.keep_errors(registry)
    registry.keep_evidence()
    with progress.stage("propensity") if settings.propensity.targets else nullcontext():
        propensity = score_propensity(
            history,
            settings.propensity,
            settings.economics,
            registry,
            read_entry_rule(programme.tables["programme_conditions"]),
        )
    tables = merge_tables(segments, programme, value, churn, actions, propensity)
    tables["customers"] = add_columns(tables["customers"], read_attributes(history))
    facts = segments.facts | {
        "programme": programme.facts,
        "value": value.facts,
        "churn": churn.facts,
    }
    return tables, facts


def merge_tables(*stages: Result) -> dict[str, pa.Table]:
    """Put the tables of the stages together.

    Columns of ``customers`` are joined by id to those of the first stage; rows of tables that
    several stages fill follow one another.
    """
    names = {name: None for stage in stages for name in stage.tables} | dict.fromkeys(
        results.TABLES
    )
    parts = {
        name: [stage.tables[name] for stage in stages if name in stage.tables] for name in names
    }
    customers, *scores = parts.pop("customers")
    for table in scores:
        customers = add_columns(customers, table)
    merged = {
        name: pa.concat_tables(
            [*([results.TABLES[name].empty_table()] if name in results.TABLES else []), *tables]
        )
        for name, tables in parts.items()
    }
    return merged | {"customers": customers}
