"""The stored models of a workspace: which there are, which scores, and the way back."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from clientela.config import Settings
from clientela.errors import InputError, StoreError
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.model_registry import EVIDENCE
from clientela.store.read import Reader, open_reader
from clientela.tables.workspace import Workspace

PURPOSES = {"churn": ("churn",), "value": ("value_mean", "value_median")}
TABLES = ("model_candidates", "model_metrics", "model_curves", "model_importance", "model_notes")


def list_models(folder: Path) -> list[dict[str, Any]]:
    """List the stored models: kind, id, role, day, customers and key scores, by kind and day."""
    models = Workspace(folder).models_folder
    return [
        _describe_model(models, kind, model_id)
        for kind in registry.kinds(models)
        for model_id in registry.list_model_ids(models, kind)
    ]


def show_model(settings: Settings, folder: Path, store: str | None, name: str) -> dict[str, Any]:
    """Return a model's card, and the tables about it: stored with it, or of the run that used it.

    Parameters
    ----------
    settings : Settings
        The configuration.
    folder : Path
        The workspace.
    store : str, optional
        URL of the results database; the configured one, or the workspace's own, if absent.
    name : str
        Id of a model, or a kind, which means its champion.

    Raises
    ------
    ArtifactError
        There is no such model, or it is damaged.
    """
    workspace = Workspace(folder)
    models = workspace.models_folder
    kind, model_id = _find_model(models, name)
    stored = artifacts.load(models, kind, model_id)
    facts = {
        "model_id": model_id,
        "kind": kind,
        "role": registry.role(models, kind, model_id),
        "card": msgspec.to_builtins(stored.card),
    }
    evidence: dict[str, Any] = stored.payload.get(EVIDENCE, {}).get("tables", {})
    return facts | (
        evidence or _read_tables(store or settings.store.url, workspace, kind, model_id)
    )


def promote_model(folder: Path, model_id: str) -> dict[str, Any]:
    """Let a stored model score from now on, after checking that it is sound.

    Raises
    ------
    ArtifactError
        There is no such model, or it is damaged.
    Locked
        A run holds the workspace.
    """
    workspace = Workspace(folder)
    models = workspace.models_folder
    kind = registry.kind_of(models, model_id)
    artifacts.load(models, kind, model_id)
    with workspace.lock():
        before = _last_champion(models, kind)
        registry.promote(models, kind, model_id)
        registry.choose(models, kind)
    return {"kind": kind, "champion": model_id, "before": before}


def rollback_model(folder: Path, kind: str) -> dict[str, Any]:
    """Let the champion before the current one score again.

    Raises
    ------
    InputError
        There is no model of the kind.
    ArtifactError
        No earlier champion is stored, or it is damaged.
    Locked
        A run holds the workspace.
    """
    workspace = Workspace(folder)
    models = workspace.models_folder
    _check_kind(models, kind)
    with workspace.lock():
        before = _last_champion(models, kind)
        champion = registry.rollback(models, kind)
        registry.choose(models, kind)
    return {"kind": kind, "champion": champion, "before": before}


def hold_model(folder: Path, kind: str, *, hold: bool) -> dict[str, Any]:
    """Let the champion of a kind stay whatever the policy finds, or let the policy decide again.

    Raises
    ------
    InputError
        There is no model of the kind.
    Locked
        A run holds the workspace.
    """
    workspace = Workspace(folder)
    models = workspace.models_folder
    _check_kind(models, kind)
    with workspace.lock():
        champion = _find_model(models, kind)[1]
        registry.choose(models, kind) if hold else registry.release(models, kind)
    return {"kind": kind, "champion": champion, "held": hold}


def _last_champion(models: Path, kind: str) -> str | None:
    past = registry.history(models, kind)
    return past[-1] if past else None


def _describe_model(models: Path, kind: str, model_id: str) -> dict[str, Any]:
    card = artifacts.load(models, kind, model_id).card
    return {
        "kind": kind,
        "model_id": model_id,
        "role": registry.role(models, kind, model_id),
        "as_of": card.as_of.isoformat(),
        "customers": card.customers,
        "scores": _key_scores(card.scores),
    }


def _key_scores(scores: Mapping[str, Any]) -> dict[str, float]:
    """Keep the single figures of a card's scores; lists and tables are for ``show``."""
    return {
        name: value
        for name, value in scores.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _find_model(models: Path, name: str) -> tuple[str, str]:
    """Find a model by its id, or the champion of a kind."""
    if name in registry.kinds(models):
        champion = registry.current(models, name)
        if champion is None:
            raise InputError(
                f"no model of the kind {name!r} scores yet",
                do="choose one with 'clientela models promote ID'",
            )
        return name, champion
    return registry.kind_of(models, name), name


def _check_kind(models: Path, kind: str) -> None:
    kinds = registry.kinds(models)
    if kind not in kinds:
        raise InputError(
            f"there is no model of the kind {kind!r}",
            where=str(models),
            do=f"choose one of {', '.join(kinds)}"
            if kinds
            else "publish a run with 'clientela run FILE'",
        )


def _read_tables(
    store: str | None, workspace: Workspace, kind: str, model_id: str
) -> dict[str, list[dict[str, Any]]]:
    """Read the tables about a model; nothing where the published run scored with another."""
    purposes = PURPOSES.get(kind)
    if purposes is None or (store is None and not workspace.default_store_path.exists()):
        return {}
    with closing(open_reader(store or workspace.default_store_url)) as reader:
        if not _in_force(reader, model_id):
            return {}
        return {
            name: [row for row in reader.table(name).content if row["purpose"] in purposes]
            for name in TABLES
        }


def _in_force(reader: Reader, model_id: str) -> bool:
    try:
        return any(row["model_id"] == model_id for row in reader.table("models").content)
    except StoreError:  # nothing is published yet
        return False
