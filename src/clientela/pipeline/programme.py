"""The programme stage: members, rules, proof, forecasts of groups, hypotheses."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from clientela.config import Programme
from clientela.errors import ArtifactError
from clientela.features.daily_revenue import read_daily_revenue
from clientela.features.history import History
from clientela.features.snapshot import KEY
from clientela.hypotheses import load_hypotheses, test_hypotheses
from clientela.insiders.fit.programme import build_programme
from clientela.insiders.fit.proof_material import RulesByDay
from clientela.insiders.score.result import ProgrammeResult
from clientela.insiders.score.rule import ProgrammeRule
from clientela.insiders.score.tiers import SPENT, is_by_amount, read_tiers, write_tiers
from clientela.pipeline.past_errors import read_errors, write_errors
from clientela.pipeline.result import Result, add_columns
from clientela.pipeline.value import ValueForecasts
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card, FeatureType, versions
from clientela.registry.model_registry import ModelRegistry, StoredModel
from clientela.segments.describe.member_gaps import measure_gaps
from clientela.statistics.arrays import doubles
from clientela.store.programme import ProgrammeLedger, RuleVersion
from clientela.value.group_tables import build_programme_forecast
from clientela.value.groups import PartErrors

KIND, EVIDENCE = "programme", "programme_evidence"
EVIDENCE_LAST_DAYS = 30  # as the value model does whose past forecasts it is of
NO_LEDGER = ProgrammeLedger()
YEAR_DAYS = 365  # a whole season behind the rules for the first time: they are learnt anew
IRRELEVANT = ("name", "hypotheses", "resamples", "review_every", "review_day", "sizes", "tiers")
"""Settings that change nothing in the rules."""


class StoredRules:
    """The rules of entry and exit, stored like a model.

    Parameters
    ----------
    entry, exit : ProgrammeRule
        The pair.
    card : Card
        Where they come from.
    """

    def __init__(self, entry: ProgrammeRule, exit: ProgrammeRule, card: Card) -> None:
        self.entry, self.exit, self.card = entry, exit, card

    def artifact(self) -> Artifact:
        """Return the rules as JSON."""
        payload = {"entry": self.entry.to_json(), "exit": self.exit.to_json()}
        return Artifact(KIND, payload, {}, self.card)

    @classmethod
    def of_artifact(cls, artifact: Artifact) -> "StoredRules":
        """Build the rules of what is stored.

        Raises
        ------
        ArtifactError
            It cannot be read.
        """
        try:
            entry, leave = (
                ProgrammeRule.from_json(artifact.payload[name]) for name in ("entry", "exit")
            )
            int(artifact.card.scores["learnt_days"])
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(
                f"the stored rules of the programme cannot be read: {error}",
                where=f"{KIND} of {artifact.card.as_of}",
                do="run again with --refit",
            ) from None
        return cls(entry, leave, artifact.card)


class ProgrammeEvidence:
    """What was measured of past days once, and nobody's rows: rules of the proof, sums of groups.

    Parameters
    ----------
    rules : RulesByDay
        Learnt on what each past date knew.
    errors : PartErrors
        Past forecasts of members and of the rest, and what came, as of
        :meth:`GroupForecaster.forecast_parts`.
    card : Card
        By which settings; of which rules in force and which value model the errors are.
    """

    def __init__(self, rules: RulesByDay, errors: PartErrors, card: Card) -> None:
        self.rules, self.errors, self.card = rules, errors, card

    def artifact(self) -> Artifact:
        """Return the evidence as JSON."""
        rules = {
            day.isoformat(): [rule.to_json() for rule in pair] for day, pair in self.rules.items()
        }
        payload = {"rules": rules, "errors": write_errors(self.errors)}
        return Artifact(EVIDENCE, payload, {}, self.card)

    @classmethod
    def of_artifact(cls, artifact: Artifact) -> "ProgrammeEvidence":
        """Build it of what is stored.

        Raises
        ------
        ArtifactError
            It cannot be read.
        """
        try:
            rules = {
                dt.date.fromisoformat(day): (
                    ProgrammeRule.from_json(pair[0]),
                    ProgrammeRule.from_json(pair[1]),
                )
                for day, pair in artifact.payload["rules"].items()
            }
            errors = read_errors(artifact.payload["errors"])
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ArtifactError(
                f"the stored evidence of the programme cannot be read: {error}",
                where=f"{EVIDENCE} of {artifact.card.as_of}",
                do="run again with --refit",
            ) from None
        return cls(rules, errors, artifact.card)


def run_programme(
    history: History,
    settings: Programme,
    registry: ModelRegistry,
    *,
    segments: Result,
    value: Result,
    currency: str | None,
    ledger: ProgrammeLedger = NO_LEDGER,
) -> Result:
    """Choose the members and answer what marketing asks about them.

    Parameters
    ----------
    segments, value : Result
        Of the stages before: the segment and the expected revenue of every customer, and the
        forecasts that past days could have made.
    ledger : ProgrammeLedger
        Rules approved and memberships so far; its members are the programme's, once launched.

    Returns
    -------
    Result
        ``customers`` holds the status in the programme; ``model`` is the
        :class:`ProgrammeResult`.
    """
    snapshot = history.snapshot(history.as_of)
    segment = segments.tables["customers"]["segment"].to_numpy()
    forecasts: ValueForecasts = value.model
    approved = ledger.rule_at(history.as_of)
    grace_days = settings.grace_days if approved is None else approved.grace_days
    stored = load_evidence(settings, grace_days, registry)
    evidence: ProgrammeEvidence | None = stored.model if stored.goes_on else None
    rules: RulesByDay = dict(evidence.rules) if evidence else {}
    grounds = {
        "settings": _parameters(settings),
        "grace_days": grace_days,
        "value": _name_value_model(forecasts),
    }

    def recall_of(name: str, of: Mapping[str, Any], measure: Callable[[], Any]) -> Any:
        return registry.recall(name, {**of, **grounds}, measure)

    choose = partial(
        build_programme, history, snapshot, segment, currency=currency, recall=recall_of
    )
    programme, facts = _choose_members(
        choose, history, settings, registry, forecasts, ledger, rules
    )
    daily_revenue = read_daily_revenue(history)
    status = programme.status
    rules.pop(history.as_of, None)  # those in force are no evidence
    card = _build_evidence_card(programme, forecasts, settings, registry)
    is_same = evidence is not None and evidence.card.parameters == card.parameters
    errors: PartErrors = dict(evidence.errors) if evidence and is_same else {}
    members = pa.array([s in ("member", "leaving") for s in status["insider"].to_pylist()])
    stated = load_hypotheses(Path(settings.hypotheses) if settings.hypotheses else None)
    tables = {
        **programme.tables,
        "customers": status.select([KEY, "insider", "insider_since"]),
        "programme_members": _fill_forecast(
            programme.tables["programme_members"], value.tables["customers"]
        ),
        "programme_forecast": build_programme_forecast(
            forecasts.groups,
            programme.members_at,
            settings.name,
            currency,
            learnt_then=programme.chosen_at,
            errors=errors,
            launched=programme.facts["state"] == "launched",
        ),
        "segment_gaps": measure_gaps(snapshot, segment, members.to_numpy(zero_copy_only=False)),
        "hypotheses": test_hypotheses(
            history.sample, programme.proved, settings, stated, daily_revenue, recall_of
        ),
    }
    if evidence is None or (rules, errors) != (evidence.rules, evidence.errors):
        reason = stored.reason or "more of it can be measured"
        registry.keep(ProgrammeEvidence(rules, errors, card), reason)
    return Result(tables, programme.facts | facts, programme)


def load_evidence(settings: Programme, grace_days: int, registry: ModelRegistry) -> StoredModel:
    """Load what was measured of past days by the same settings, less than a month ago."""

    def find_misfit(card: Card) -> str:
        stored = (card.parameters.get("settings"), card.parameters.get("grace_days"))
        return "" if stored == (_parameters(settings), grace_days) else "the settings changed"

    return registry.load_or_explain(
        EVIDENCE,
        ProgrammeEvidence.of_artifact,
        lasts_days=EVIDENCE_LAST_DAYS,
        find_misfit=find_misfit,
        replaceable=True,
    )


def _build_evidence_card(
    programme: ProgrammeResult,
    forecasts: ValueForecasts,
    settings: Programme,
    registry: ModelRegistry,
) -> Card:
    return Card(
        kind=EVIDENCE,
        data_hash=registry.data_hash,
        as_of=registry.as_of,
        customers=programme.status.num_rows,
        features=(),
        parameters={
            "rules": [programme.entry.to_json(), programme.exit.to_json()],
            "value": _name_value_model(forecasts),
            "settings": _parameters(settings),
            "grace_days": programme.facts["grace_days"],
        },
        seed=settings.seed,
        versions=versions("clientela", "numpy"),
    )


def _name_value_model(forecasts: ValueForecasts) -> list[Any]:
    """Name the value model by what it learnt from: its id is another on every day it serves."""
    learnt: Card = forecasts.stored.model.card
    return [learnt.as_of.isoformat(), learnt.data_hash, learnt.parameters]


def _choose_members(
    choose: Any,
    history: History,
    settings: Programme,
    registry: ModelRegistry,
    forecasts: ValueForecasts,
    ledger: ProgrammeLedger,
    known: RulesByDay,
) -> tuple[ProgrammeResult, dict[str, Any]]:
    """Choose by the rules approved; else by those learnt before, unless they burst the budget.

    Rules learnt while others are approved are offered in the facts and change nobody. Rules of past
    days that are not ``known`` are learnt and added.
    """
    rank, day = forecasts.rank_customers, history.as_of
    approved, rules = ledger.rule_at(day), load_rules(history, settings, registry)
    facts: dict[str, Any] = {"learnt": rules is None, "rules_since": day.isoformat(), "offer": None}
    if approved is not None:
        if rules is None:
            learnt = choose(settings=settings, expected=rank)
            _keep_rules(learnt, history, settings, registry)
            facts |= {"offer": learnt.facts["offer"]}
        promised = {"grace_days": approved.grace_days, "tiers": read_tiers(approved.tiers)}
        known[day] = (
            ProgrammeRule.from_json(approved.entry),
            ProgrammeRule.from_json(approved.exit),
        )
        programme = choose(
            settings=msgspec.structs.replace(settings, **promised),
            expected=rank,
            rules=known,
            memberships=ledger.members_at(day) if ledger.is_launched(day) else None,
        )
        offer = facts["offer"] or _offer_tiers(programme, approved, history, settings)
        since = {"rules_since": str(approved.valid_from), "rule_version": approved.version}
        return programme, facts | since | {"offer": offer}
    if rules is not None:
        known[day] = (rules.entry, rules.exit)
        programme = choose(settings=settings, expected=rank, rules=known)
        if programme.facts["members_share"] <= settings.budget_share:
            learnt_days = int(rules.card.scores["learnt_days"])
            card = {"rules_since": str(rules.card.as_of), "learnt_days": learnt_days}
            return programme, {"learnt": False, **card}
    known.pop(day, None)
    programme = choose(settings=settings, expected=rank, rules=known)
    _keep_rules(programme, history, settings, registry)
    return programme, {"learnt": True, "rules_since": registry.as_of.isoformat()}


def _offer_tiers(
    programme: ProgrammeResult, approved: RuleVersion, history: History, settings: Programme
) -> dict[str, Any] | None:
    """Return the rules in force with the settings' tiers where these are others; else None.

    Shares are proposed as amounts once: they would give other amounts on every day.
    """
    tiers = write_tiers(settings.tiers, doubles(history.snapshot(history.as_of), SPENT))
    wanted, promised = read_tiers(tiers), read_tiers(approved.tiers)
    same = wanted == promised or (
        not is_by_amount(settings.tiers) and list(wanted) == list(promised)
    )
    return None if same else programme.facts["offer"] | {"tiers": tiers}


def _keep_rules(
    programme: ProgrammeResult, history: History, settings: Programme, registry: ModelRegistry
) -> None:
    card = _build_card(programme, history, settings, registry)
    registry.keep(StoredRules(programme.entry, programme.exit, card), "learnt in this run")


def load_rules(
    history: History, settings: Programme, registry: ModelRegistry
) -> StoredRules | None:
    """Load the rules in force, unless there is a reason to learn others.

    Reasons are those of the registry; that settings changed; that they were learnt on less than a
    year where there is a year now; that they choose nobody.

    Raises
    ------
    ArtifactError
        What is stored is damaged.
    """

    def find_misfit(card: Card) -> str:
        if card.parameters != _parameters(settings):
            return "the settings changed"
        if card.scores.get("history_days", 0) < YEAR_DAYS <= _history_days(history):
            return "they were learnt on less than a year"
        return ""

    stored = registry.load_or_explain(KIND, StoredRules.of_artifact, find_misfit=find_misfit)
    return stored.model if stored.goes_on and stored.model.entry.conditions else None


def _build_card(
    programme: ProgrammeResult, history: History, settings: Programme, registry: ModelRegistry
) -> Card:
    conditions = (*programme.entry.conditions, *programme.exit.conditions)
    features = sorted({condition.feature for condition in conditions})
    return Card(
        kind=KIND,
        data_hash=registry.data_hash,
        as_of=registry.as_of,
        customers=programme.status.num_rows,
        features=tuple(FeatureType(name, "double") for name in features),
        parameters=_parameters(settings),
        scores={
            "learnt_days": programme.facts["learnt_days"],
            "history_days": _history_days(history),
        },
        seed=settings.seed,
        versions=versions("clientela", "numpy"),
    )


def _history_days(history: History) -> int:
    return (history.as_of - history.first_day).days


def _parameters(settings: Programme) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    return {key: value for key, value in plain.items() if key not in IRRELEVANT}


def _fill_forecast(members: pa.Table, expected_revenue: pa.Table) -> pa.Table:
    """Fill in the revenue expected of each member."""
    position = members.column_names.index("expected_revenue")
    filled = add_columns(members.remove_column(position), expected_revenue, ["expected_revenue"])
    return filled.select(members.column_names)
