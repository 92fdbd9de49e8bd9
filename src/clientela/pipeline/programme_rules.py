"""The programme's rules in force: stored like a model, and learnt anew only for a reason."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import msgspec

from clientela.config import Programme
from clientela.errors import ArtifactError
from clientela.insiders.score.result import ProgrammeResult
from clientela.insiders.score.rule import ProgrammeRule
from clientela.pipeline.run_context import Ground
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card, FeatureType, versions

KIND = "programme"
YEAR_DAYS = 365
OF_OTHERS = ("name", "hypotheses", "resamples")
"""Settings that change nothing in the rules."""


@dataclass(frozen=True)
class InForce:
    """The rules that hold, and what they were learnt from; without any, they are to be learnt.

    Parameters
    ----------
    entry, exit : Rule, optional
        The pair.
    since : datetime.date, optional
        The day they were learnt.
    learnt_days : int
        Past days with known outcome that they were learnt on.
    """

    entry: ProgrammeRule | None = None
    exit: ProgrammeRule | None = None
    since: dt.date | None = None
    learnt_days: int = 0


def in_force(ground: Ground, settings: Programme) -> InForce:
    """Load the stored rules, unless there is a reason to learn others.

    Reasons are: a refit was asked for; settings changed; they were learnt on a later day than the
    run's, or on less than a year where there is a year now; they choose nobody.

    Raises
    ------
    ArtifactError
        What is stored is damaged.
    """
    folder = ground.workspace.models_folder
    if ground.refit or (model_id := registry.current(folder, KIND)) is None:
        return InForce()
    stored = artifacts.load(folder, KIND, model_id)
    if stored.card.parameters != _parameters(settings) or _outgrown(stored.card, ground):
        return InForce()
    try:
        entry, leave = (ProgrammeRule.from_json(stored.payload[name]) for name in ("entry", "exit"))
        learnt_days = int(stored.card.scores["learnt_days"])
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"the stored rules of the programme cannot be read: {error}",
            where=model_id,
            do="run again with --refit",
        ) from None
    return InForce(entry, leave, stored.card.as_of, learnt_days) if entry.conditions else InForce()


def _outgrown(card: Card, ground: Ground) -> bool:
    """Say whether rules know the future of the run's day, or were learnt on too little past."""
    then, now = card.scores.get("history_days", 0), _history_days(ground)
    return card.as_of > ground.state.as_of or then < YEAR_DAYS <= now


def _history_days(ground: Ground) -> int:
    return (ground.history.as_of - ground.history.first_day).days


def keep(ground: Ground, settings: Programme, made: ProgrammeResult) -> str:
    """Store the rules that were learnt, let them be in force, and give their id."""
    folder, rules = ground.workspace.models_folder, (made.entry, made.exit)
    features = sorted({one.feature for rule in rules for one in rule.conditions})
    card = Card(
        kind=KIND,
        data_hash=ground.state.data_hash,
        as_of=ground.state.as_of,
        customers=made.status.num_rows,
        features=tuple(FeatureType(name, "double") for name in features),
        parameters=_parameters(settings),
        scores={
            "learnt_days": made.facts["learnt_days"],
            "history_days": _history_days(ground),
        },
        seed=settings.seed,
        versions=versions("clientela", "numpy"),
    )
    payload = {"entry": made.entry.to_json(), "exit": made.exit.to_json()}
    model_id = artifacts.save(folder, Artifact(KIND, payload, {}, card))
    if ground.latest(KIND):
        registry.promote(folder, KIND, model_id)
    return model_id


def _parameters(settings: Programme) -> dict[str, Any]:
    kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    return {key: value for key, value in kept.items() if key not in OF_OTHERS}
