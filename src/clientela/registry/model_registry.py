"""The model registry as a run of one day sees it: which stored model may go on, or why not."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pyarrow as pa

from clientela.errors import ArtifactError
from clientela.progress import Progress
from clientela.registry import artifacts, past_evidence
from clientela.registry import stored_models as pointers
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card, versions
from clientela.registry.past_evidence import PastEvidence
from clientela.store import arrow_schemas as results

EVIDENCE, SETTINGS = "evidence", "settings"
IRRELEVANT = ("resamples",)
"""Settings that change nothing in a model."""
REFIT = "a refit was asked for"

Tables = Mapping[str, pa.Table]


class Storable(Protocol):
    """A model that knows where it comes from and can be taken apart."""

    @property
    def card(self) -> Card:
        """Where it comes from."""

    def artifact(self) -> Artifact:
        """Return the model as JSON and arrays."""


@dataclass(frozen=True)
class StoredModel:
    """A model of the registry with the evidence of the day it was learnt.

    Parameters
    ----------
    model : Storable or None
        The model; None where there is none, or nothing could be learnt.
    model_id : str
        Its id in the registry.
    reason : str
        Why it has to be learnt, or was learnt, in this run; empty where the stored one goes on.
    tables : mapping of str to pa.Table
        Evidence, by the names of the results database.
    facts : mapping
        Headline figures.
    """

    model: Any = None
    model_id: str = ""
    reason: str = ""
    tables: Tables = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def goes_on(self) -> bool:
        """Whether it scores as it stands."""
        return self.model is not None and not self.reason

    def describe(self) -> dict[str, Any]:
        """Return id, whether it was learnt in this run, and why, for JSON."""
        return {
            "id": self.model_id or None,
            "fitted": bool(self.reason),
            "reason": self.reason or None,
        }


class ModelRegistry:
    """Stored models, judged for a run of one day.

    Parameters
    ----------
    folder : Path
        The workspace's folder of models.
    as_of : datetime.date
        The day of the run: what was learnt later knows its future and does not score.
    data_hash : str
        Names the content of the tables.
    refit : bool
        Learn everything again.
    anew : bool
        The tables began anew: what was learnt before is of another past, ids of segments with it.
    progress : Progress, optional
        Where it is said that a model promoted by hand stays.
    scored : mapping, optional
        The models that scored the published run, by kind: one that is gone is no beginning.
    """

    def __init__(
        self,
        folder: Path,
        *,
        as_of: dt.date,
        data_hash: str,
        refit: bool = False,
        anew: bool = False,
        progress: Progress | None = None,
        scored: Mapping[str, str] | None = None,
    ) -> None:
        self.folder, self.as_of, self.data_hash = folder, as_of, data_hash
        self._scored = scored or {}
        self.refit, self.anew, self.progress = refit, anew, progress
        self._lost: dict[str, str] = {}  # kind to what was wrong with the model it replaces

    def load_or_explain(
        self,
        kind: str,
        build: Callable[[Artifact], Any],
        *,
        settings: msgspec.Struct | None = None,
        lasts_days: int | None = None,
        find_misfit: Callable[[Card], str] = lambda _: "",
        replaceable: bool = False,
    ) -> StoredModel:
        """Load the champion of a kind, with the reason for which it may not go on, if any.

        Parameters
        ----------
        build : callable
            Makes the model of its artifact.
        settings : Struct, optional
            What a model was learnt with; other settings ask for another model.
        lasts_days : int, optional
            Days after which behaviour may have changed; a model that a person chose stays.
        find_misfit : callable
            Says why a card's model cannot answer what is asked now; empty if it can.
        replaceable : bool
            Whether what is damaged is made anew unasked, which the next card then records: evidence
            promises nothing to anybody.

        Raises
        ------
        ArtifactError
            What is stored is damaged, it is not replaceable, and no refit was asked for.
        """
        if self.anew:
            return StoredModel(reason="the tables began anew")
        try:
            pointers.check_pointer(self.folder, kind, self._scored.get(kind))
            model_id = pointers.current(self.folder, kind)
            if model_id is None:
                return StoredModel(reason="there was no model yet")
            artifact = artifacts.load(self.folder, kind, model_id)
            reason = self._find_change(artifact, settings) or find_misfit(artifact.card)
            reason = reason or self._due(artifact.card, lasts_days)
            evidence = artifact.payload.get(EVIDENCE, {})
            return StoredModel(
                build(artifact),
                model_id,
                reason,
                {
                    name: _read_table(name, rows)
                    for name, rows in evidence.get("tables", {}).items()
                },
                evidence.get("facts", {}),
            )
        except ArtifactError as error:
            if not (self.refit or replaceable):
                raise
            self._lost[kind] = error.what
            return StoredModel(reason=f"{REFIT}: {error.what}" if self.refit else error.what)

    def keep(
        self,
        model: Storable,
        reason: str,
        *,
        settings: msgspec.Struct | None = None,
        tables: Tables | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> StoredModel:
        """Store a model and let it score, unless a later day's does.

        With ``settings`` the champion before becomes its challenger.
        """
        stored = self.store(model, reason, settings=settings, tables=tables, facts=facts)
        kind = model.card.kind
        if self.is_latest(kind):
            former = pointers.history(self.folder, kind)[-1:]
            pointers.promote(self.folder, kind, stored.model_id)
            if settings is not None:
                self._challenge(kind, set(former) - {stored.model_id})
        return stored

    def carry(
        self, model: Storable, former: StoredModel, *, settings: msgspec.Struct
    ) -> StoredModel:
        """Let a champion that was brought to the run's day take the place of its former self.

        Nothing was learnt: its evidence, its challenger and who chose it stay as they are.
        """
        stored = self.store(model, "", settings=settings, tables=former.tables, facts=former.facts)
        pointers.renew_champion(self.folder, model.card.kind, stored.model_id)
        return stored

    def renew(self, model: Storable) -> None:
        """Store what can be worked out again at any time, in place of what there was."""
        kind, model_id = model.card.kind, self.store(model, "").model_id
        pointers.renew_champion(self.folder, kind, model_id)
        for former in set(pointers.list_model_ids(self.folder, kind)) - {model_id}:
            artifacts.remove(self.folder, kind, former)

    def store(
        self,
        model: Storable,
        reason: str,
        *,
        settings: msgspec.Struct | None = None,
        tables: Tables | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> StoredModel:
        """Store a model, with ``settings`` beside its evidence; which one scores stays."""
        artifact, tables, facts = model.artifact(), tables or {}, facts or {}
        if artifact.kind in self._lost:
            # Recorded in the card, and so a model of its own: the same rows would give the same id
            card = msgspec.structs.replace(artifact.card, replaces=self._lost[artifact.kind])
            artifact = artifact._replace(card=card)
        if settings is not None:
            evidence = {name: table.to_pylist() for name, table in tables.items()}
            payload = artifact.payload | {
                SETTINGS: _relevant(settings),
                EVIDENCE: {"tables": evidence, "facts": dict(facts)},
            }
            artifact = artifact._replace(payload=payload)
        model_id = artifacts.save(self.folder, artifact)
        return StoredModel(model, model_id, reason, tables, facts)

    def recall(self, name: str, of: Mapping[str, Any], measure: Callable[[], Any]) -> Any:
        """Return what was measured of past days under a name, as :meth:`PastEvidence.recall`."""
        return self._evidence.recall(name, of, measure)

    def keep_evidence(self) -> None:
        """Store what was measured of past days beyond what was found, unless a later run did."""
        if self._evidence.grew and self.is_latest(past_evidence.KIND):
            self.renew(self._evidence)

    @cached_property
    def _evidence(self) -> PastEvidence:
        """What was measured of past days; nothing where all is learnt again."""
        card = Card(
            kind=past_evidence.KIND,
            data_hash=self.data_hash,
            as_of=self.as_of,
            customers=0,
            features=(),
            parameters={},
            seed=0,
            versions=versions("clientela", "numpy"),
        )

        def find_misfit(former: Card) -> str:
            return "" if former.versions == card.versions else "another version measured it"

        stored = self.load_or_explain(
            card.kind, PastEvidence.of_artifact, find_misfit=find_misfit, replaceable=True
        )
        return PastEvidence(dict(stored.model.figures) if stored.goes_on else {}, card)

    def retire(self, kind: str) -> None:
        """Let no model of a kind score where nothing can be learnt, unless the day is past."""
        if self.is_latest(kind):
            pointers.retire(self.folder, kind)

    def is_latest(self, kind: str) -> bool:
        """Check whether the champion of a kind was learnt on no later day than the run's."""
        if self.refit or self.anew or kind in self._lost:
            return True
        if (model_id := pointers.current(self.folder, kind)) is None:
            return True
        return artifacts.load(self.folder, kind, model_id).card.as_of <= self.as_of

    def challenger(self, kind: str, champion_id: str) -> tuple[str, Card] | None:
        """Return the challenger's id and card; None without one, or where it is damaged."""
        other = pointers.challenger(self.folder, kind)
        card = None if other in (None, champion_id) else self.read_card(kind, str(other))
        return None if card is None else (str(other), card)

    def read_card(self, kind: str, model_id: str) -> Card | None:
        """Return the card of a stored model; None where it is damaged."""
        try:
            return artifacts.load(self.folder, kind, model_id).card
        except ArtifactError:
            return None

    def _challenge(self, kind: str, former: set[str]) -> None:
        for model_id in former & set(pointers.list_model_ids(self.folder, kind)):
            if self.read_card(kind, model_id) is not None:
                pointers.challenge(self.folder, kind, model_id)

    def _find_change(self, artifact: Artifact, settings: msgspec.Struct | None) -> str:
        if self.refit:
            return REFIT
        if artifact.card.as_of > self.as_of:
            return f"the stored model was learnt later, on {artifact.card.as_of}"
        if settings is None or artifact.payload.get(SETTINGS) == _relevant(settings):
            return ""
        return "the settings changed"

    def _due(self, card: Card, lasts_days: int | None) -> str:
        """Return why learning is due, unless a person chose the model: then say that it stays."""
        if lasts_days is None or not (reason := self._find_age_reason(card, lasts_days)):
            return ""
        if not pointers.is_personal_choice(self.folder, card.kind):
            return reason
        if self.progress is not None:
            note = f"the {card.kind} model promoted by hand stays"
            self.progress.fact(note, reason=reason, do="clientela run --refit")
        return ""

    def _find_age_reason(self, card: Card, lasts_days: int) -> str:
        days = (self.as_of - card.as_of).days
        if not days and card.data_hash != self.data_hash:
            return "the data of its day changed"
        return f"the stored model was learnt {days} days before" if days >= lasts_days else ""


def _relevant(settings: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    return {key: value for key, value in plain.items() if key not in IRRELEVANT}


def _read_table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    days = [column.name for column in results.TABLES[name] if pa.types.is_date(column.type)]
    return results.arrow_table(
        name, [row | {day: _parse_day(row[day]) for day in days} for row in rows]
    )


def _parse_day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
