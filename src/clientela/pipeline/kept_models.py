"""Models of value and churn between runs: kept with their evidence, learnt again with a reason."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import pyarrow as pa

from clientela.errors import ArtifactError
from clientela.pipeline.run_context import Ground
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card
from clientela.store import arrow_schemas as results

EVIDENCE, SETTINGS = "evidence", "settings"
OF_OTHERS = ("resamples",)
"""Settings that change nothing in a model."""

Tables = Mapping[str, pa.Table]


class Model(Protocol):
    """What serves: it knows where it comes from and can be stored."""

    @property
    def card(self) -> Card:
        """Where it comes from."""

    def artifact(self) -> Artifact:
        """Give it as JSON and arrays."""


@dataclass(frozen=True)
class Kept:
    """A model that scores, with the evidence for it.

    Parameters
    ----------
    model : Model
        The champion.
    model_id : str
        Its id in the registry.
    tables : mapping of str to pa.Table
        The evidence of the day it was learnt.
    facts : mapping
        Headline figures of that day.
    fitted : str
        Why it was learnt in this run; empty if it was stored.
    """

    model: Any
    model_id: str
    tables: Tables
    facts: Mapping[str, Any]
    fitted: str = ""


def standing(
    ground: Ground,
    kind: str,
    settings: msgspec.Struct,
    made: Callable[[Artifact], Model],
    lasts_days: int,
    unfit: Callable[[Card], str] = lambda _: "",
) -> Kept | str:
    """Load the model that scores, or say why another must be learnt.

    A model of behaviour ages: after ``lasts_days`` another level is due, and outcomes are known
    that it never saw; one that a person chose stays all the same. ``unfit`` says why a card's model
    cannot answer what is asked now, if so.

    Raises
    ------
    ArtifactError
        What is stored is damaged, and no refit was asked for.
    """
    folder = ground.workspace.models_folder
    try:
        model_id = registry.current(folder, kind)
        if model_id is None:
            return "there was no model yet"
        if ground.refit:
            return "a refit was asked for"
        stored = artifacts.load(folder, kind, model_id)
        reason = _outdated(stored, ground, settings) or unfit(stored.card)
        reason = reason or _due(stored.card, ground, lasts_days)
        return reason or _kept(stored, model_id, made)
    except ArtifactError:
        if ground.refit:
            return "a refit was asked for"
        raise


def keep(
    ground: Ground, model: Model, settings: msgspec.Struct, tables: Tables, facts: Mapping[str, Any]
) -> str:
    """Store a model with its evidence and let it score; the one before becomes its challenger."""
    folder, stored = ground.workspace.models_folder, model.artifact()
    payload = stored.payload | {
        SETTINGS: _plain(settings),
        EVIDENCE: {"tables": _rows(tables), "facts": dict(facts)},
    }
    model_id = artifacts.save(folder, stored._replace(payload=payload))
    if ground.latest(stored.kind):
        before = registry.history(folder, stored.kind)[-1:]
        registry.promote(folder, stored.kind, model_id)
        for former in set(before) & set(registry.stored(folder, stored.kind)) - {model_id}:
            if card_of(ground, stored.kind, former) is not None:
                registry.challenge(folder, stored.kind, former)
    return model_id


def card_of(ground: Ground, kind: str, model_id: str) -> Card | None:
    """Give the card of a stored model; None where it is damaged and can be compared with none."""
    try:
        return artifacts.load(ground.workspace.models_folder, kind, model_id).card
    except ArtifactError:
        return None


def _outdated(stored: Artifact, ground: Ground, settings: msgspec.Struct) -> str:
    if stored.card.as_of > ground.state.as_of:
        return f"the stored model was learnt later, on {stored.card.as_of}"
    return "" if stored.payload.get(SETTINGS) == _plain(settings) else "the settings changed"


def _due(card: Card, ground: Ground, lasts_days: int) -> str:
    """Say why learning is due, unless a person chose the model: then tell that it stays."""
    reason = _aged(card, ground, lasts_days)
    if reason and registry.is_chosen(ground.workspace.models_folder, card.kind):
        told = {"reason": reason, "do": "clientela run --refit"}
        ground.progress.fact(f"the {card.kind} model promoted by hand stays", **told)
        return ""
    return reason


def _aged(card: Card, ground: Ground, lasts_days: int) -> str:
    days = (ground.state.as_of - card.as_of).days
    if not days and card.data_hash != ground.state.data_hash:
        return "the data of its day changed"
    return f"the stored model was learnt {days} days before" if days >= lasts_days else ""


def _kept(stored: Artifact, model_id: str, made: Callable[[Artifact], Model]) -> Kept:
    evidence = stored.payload.get(EVIDENCE, {})
    tables = {name: _table(name, rows) for name, rows in evidence.get("tables", {}).items()}
    return Kept(made(stored), model_id, tables, evidence.get("facts", {}))


def _plain(settings: msgspec.Struct) -> dict[str, Any]:
    kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    return {key: value for key, value in kept.items() if key not in OF_OTHERS}


def _rows(tables: Tables) -> dict[str, Any]:
    return {name: table.to_pylist() for name, table in tables.items()}


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = results.TABLES[name]
    days = [field.name for field in schema if pa.types.is_date(field.type)]
    read = [row | {day: _day(row[day]) for day in days} for row in rows]
    return results.arrow_table(name, read)


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
