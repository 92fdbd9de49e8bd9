"""Learning a propensity: churn's candidates, past dates, metrics and curves, of another event."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from clientela.churn.fit.learning import ChurnTraining, learn_from_dates
from clientela.churn.fit.training_data import MOST_CUSTOMERS, ChurnTask, sample_customers
from clientela.config.churn import Churn
from clientela.config.propensity import Propensity
from clientela.features.history import History
from clientela.i18n import LANGS, t
from clientela.propensity.fit.targets import PropensityTarget, label_customers
from clientela.store.arrow_schemas import arrow_table

STEP_DAYS, LEAST_DAYS = 30, 60  # by convention, as for churn: a month, and two of history behind
OF_PURPOSE = ("model_candidates", "model_metrics", "model_curves", "model_importance")
SHARED = ("trials", "max_dates", "resamples", "seed")

Row = dict[str, Any]


def learn_propensity(
    name: str,
    target: PropensityTarget,
    history: History,
    settings: Propensity,
    *,
    data_hash: str,
    margin: float | None,
) -> ChurnTraining:
    """Learn who will do something, as of the history's end.

    Parameters
    ----------
    name : str
        What the target is called in the results: ``insider`` or ``category:NAME``.
    target : PropensityTarget
        Who could do it, and who did.
    margin : float, optional
        Gross margin over revenue of those who do it.

    Returns
    -------
    ChurnTraining
        The model says "leaves" for "does it"; tables and facts are those of the propensity.
    """
    days = history.dates(settings.horizon_days, STEP_DAYS, LEAST_DAYS)[: settings.max_dates]
    labels = [label_customers(target, history.sample, day, settings.horizon_days) for day in days]
    past = [sample_customers(snapshot, MOST_CUSTOMERS, settings.seed) for snapshot, _ in labels]
    task = ChurnTask("non_contractual", history.as_of, data_hash=data_hash)
    today = target.list_customers(history, history.as_of)
    training = learn_from_dates(past, _make_settings(settings), task, today)
    amounts = [amounts[snapshot.left] for snapshot, amounts in labels]
    spent = np.concatenate(amounts or [np.zeros(0)])
    value = float(spent.mean()) if len(spent) else None
    summary = _summarise(name, training, settings, len(today), value)
    tables = {
        **{key: _set_purpose(training.tables[key], name) for key in _list_kept(training)},
        "model_notes": _write_notes(name, training),
        "propensity_targets": arrow_table("propensity_targets", [summary]),
        "propensity_contacts": _price_contacts(summary, training, margin),
    }
    return replace(training, tables=tables, facts={"target": name})


def purpose_of(name: str) -> str:
    """Return the purpose by which the tables of models name a target."""
    return f"propensity:{name}"


def _make_settings(settings: Propensity) -> Churn:
    shared = {name: getattr(settings, name) for name in SHARED}
    return msgspec.structs.replace(Churn(), models=settings.models, **shared)


def _list_kept(training: ChurnTraining) -> list[str]:
    return [name for name in OF_PURPOSE if name in training.tables]


def _set_purpose(table: pa.Table, name: str) -> pa.Table:
    column = pa.array([purpose_of(name)] * len(table), pa.string())
    return table.set_column(table.column_names.index("purpose"), "purpose", column)


def _write_notes(name: str, training: ChurnTraining) -> pa.Table:
    """Keep the sentence on the champion, which names no event; else say why there is no order."""
    flat = training.facts.get("champion") == "base_rate"
    if training.model is None or flat:
        code = "no_order" if flat else str(training.facts["reason"])
        texts = {f"text_{lang.lower()}": t(f"propensity.note.{code}", lang) for lang in LANGS}
        note = {"purpose": purpose_of(name), "position": 1, "code": code, **texts}
        return arrow_table("model_notes", [note])
    rows = [row for row in training.tables["model_notes"].to_pylist() if row["code"] == "opening"]
    return arrow_table("model_notes", [row | {"purpose": purpose_of(name)} for row in rows])


def _summarise(
    name: str, training: ChurnTraining, settings: Propensity, asked: int, value: float | None
) -> Row:
    metrics = training.tables.get("model_metrics")
    rows = [] if metrics is None else metrics.to_pylist()
    champion = training.facts.get("champion")
    values = {row["metric"]: row["value"] for row in rows if row["model"] == champion}
    return {
        "target": name,
        "horizon_days": settings.horizon_days,
        "customers": asked,
        "base_rate": values.get("base_rate"),
        "model": champion,
        "baseline": training.facts.get("baseline"),
        "roc_auc": values.get("roc_auc"),
        "lift": values.get("lift_top_decile"),
        "value_per_hit": value,
        "dates": len(training.facts.get("choosing", ())),
    }


def _price_contacts(summary: Row, training: ChurnTraining, margin: float | None) -> pa.Table:
    """Return how many of those first in the order did it, on an average past date."""
    value, share = summary["value_per_hit"], summary["base_rate"]
    curve: Sequence[Mapping[str, Any]] = (
        training.tables["churn_contacts"].to_pylist() if training.model is not None else []
    )
    rows: list[Row] = [
        {
            "target": summary["target"],
            "position": row["position"],
            "contacts": row["contacts"],
            "contacts_share": row["contacts_share"],
            "hits": row["at_stake"],
            "hits_low": row["at_stake_low"],
            "hits_high": row["at_stake_high"],
            "hits_random": None if share is None else row["contacts"] * share,
            "revenue": None if value is None else row["at_stake"] * value,
            "margin": None if value is None or margin is None else row["at_stake"] * value * margin,
        }
        for row in curve
    ]
    return arrow_table("propensity_contacts", rows)
