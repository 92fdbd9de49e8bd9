"""Models learnt again by policy: a challenger beside the champion, and what becomes of both.

The churn model of customers who leave without a word stays as long as nothing better is proved.
What forecasts value is learnt again by age, its level measured on every day; so is who cancels a
contract. Segments and rules are proposed, and people decide.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from clientela.churn.fit.noncontractual import learn_noncontractual
from clientela.churn.fit.succession import LaterComparison, compare_later, pin_question
from clientela.churn.score import model as churn_scores
from clientela.config import Settings
from clientela.engine import connect
from clientela.errors import InputError
from clientela.features.history import History
from clientela.features.reading import make_reader
from clientela.i18n import LANGS, Lang, format_number, t, translate_facts
from clientela.monitoring.past import PastRuns
from clientela.pipeline.programme_launch import propose_rules
from clientela.pipeline.segments import fit_successor
from clientela.progress import Progress
from clientela.registry import stored_models as pointers
from clientela.registry.model_registry import ModelRegistry, StoredModel
from clientela.segments.score import model as segment_scores
from clientela.statistics.agreement import adjusted_rand_index, contingency
from clientela.store.decisions import (
    ModelDecision,
    add_decision,
    describe_decision,
    list_decisions,
)
from clientela.store.read import Reader, open_reader
from clientela.store.record import RunRecord
from clientela.tables import summary
from clientela.tables.manifest import write_whole
from clientela.tables.workspace import Workspace
from clientela.value.fit.learning import learn_value

POLICY = "policy"
RULES = "programme_rules"
NOTE = "decision.json"  # beside the models of a kind, until the decision is recorded
LIMITS = ("churn_auc", "churn_level")
"""The checks of realised outcomes whose alarm means that the churn model broke its limits."""


def retrain(
    settings: Settings,
    folder: Path,
    store: str | None,
    now: dt.datetime,
    *,
    lang: Lang,
    force: bool = False,
) -> dict[str, Any]:
    """Decide about every model as of the published run, and record what was decided.

    Parameters
    ----------
    force : bool
        Learn challengers though nothing calls for them.

    Returns
    -------
    dict
        ``as_of`` and ``decisions``, as they were recorded; without a cause nothing is.

    Raises
    ------
    InputError
        ``retrain.by`` leaves models to their age.
    StoreError
        Nothing is published.
    Locked
        A run holds the workspace.
    """
    if settings.retrain.by != "evidence":
        raise InputError(
            "models are learnt again by their age, with the runs",
            where="retrain.by",
            do='set retrain.by = "evidence" to have a challenger prove itself first',
        )
    workspace = Workspace(folder)
    url = settings.store.choose_url(store, workspace.default_store_url)
    progress = Progress("retrain", localize=partial(translate_facts, lang=lang))
    with workspace.lock(), closing(open_reader(url)) as reader:
        unrecorded = finish_decision(url, workspace.models_folder, churn_scores.KIND)
        run = reader.table("checks").run
        with _open_past(settings, workspace, run) as history:
            registry = ModelRegistry(
                workspace.models_folder,
                as_of=run.as_of,
                data_hash=workspace.manifest().data_hash,
                progress=progress,
            )
            review = _Review(settings, url, reader, run, history, registry, now)
            steps: tuple[Callable[[], ModelDecision | None], ...] = (
                partial(review.decide_churn, force=force),
                partial(review.propose_segments, force=force),
                review.propose_rules,
            )
            decisions = [
                describe_decision(decision)
                for step in steps
                if (decision := step()) is not None
                and _record_decision(url, workspace.models_folder, decision)
            ]
    finished = [] if unrecorded is None else [describe_decision(unrecorded)]
    return {"as_of": run.as_of.isoformat(), "decisions": [*finished, *decisions]}


def _note_decision(models: Path, decision: ModelDecision) -> None:
    """Write a decision down before it takes effect, so that a kill leaves none unrecorded."""
    write_whole(models / decision.kind / NOTE, msgspec.json.encode(decision))


def _record_decision(url: str, models: Path, decision: ModelDecision) -> bool:
    add_decision(url, decision)
    (models / decision.kind / NOTE).unlink(missing_ok=True)
    return True


def finish_decision(url: str, models: Path, kind: str) -> ModelDecision | None:
    """Record a decision that took effect before it was recorded; the caller holds the lock.

    One that was killed before it took effect is forgotten: it is made again.
    """
    path = models / kind / NOTE
    if not path.exists():
        return None
    decision = msgspec.json.decode(path.read_bytes(), type=ModelDecision)
    pointers.settle(models, kind)
    here, past = pointers.current(models, kind), pointers.history(models, kind)
    is_promotion = decision.decision == "promoted"
    if is_promotion and here == decision.champion_id and decision.challenger_id:
        pointers.challenge(models, kind, decision.challenger_id)
    # Somebody may have chosen a third model since
    was_there = decision.champion_id in past if is_promotion else decision.challenger_id not in past
    took_effect = here == decision.champion_id or (here != decision.challenger_id and was_there)
    if not took_effect or decision in list_decisions(url, kind):
        path.unlink()
        return None
    _record_decision(url, models, decision)
    return decision


@contextmanager
def _open_past(settings: Settings, workspace: Workspace, run: RunRecord) -> Iterator[History]:
    """Open the tables as the published run looked at them."""
    with workspace.scratch() as scratch:
        engine = connect(
            msgspec.structs.replace(settings.engine, name="duckdb"), temp_folder=scratch
        )
        try:
            first_day = summary.totals(engine, workspace.tables(engine), run.as_of).first_day
            yield History(
                engine=engine,
                read=make_reader(engine, workspace),
                groups=workspace.groups(engine.rows_at_once),
                first_day=first_day or run.as_of,
                as_of=run.as_of,
            )
        finally:
            engine.close()


class _Review:
    """What decisions are made from: the published run, its past and the stored models."""

    def __init__(
        self,
        settings: Settings,
        url: str,
        reader: Reader,
        run: RunRecord,
        history: History,
        registry: ModelRegistry,
        now: dt.datetime,
    ) -> None:
        self.settings, self.url, self.reader, self.run = settings, url, reader, run
        self.history, self.registry, self.now = history, registry, now
        self.alarms = {
            str(row["name"]): row
            for row in reader.table("checks", run.run_id).content
            if row["state"] == "alarm"
        }

    def decide_churn(self, *, force: bool) -> ModelDecision | None:
        """Roll back, promote or keep; None where nothing calls for a decision."""
        kind, models = churn_scores.KIND, self.registry.folder
        stored = self.registry.load_or_explain(
            kind, churn_scores.from_artifact, settings=self.settings.churn
        )
        is_contract = stored.model and stored.model.card.parameters["kind"] != "non_contractual"
        if not stored.goes_on or is_contract:
            return None  # the next run learns it
        broken = self._find_broken(stored.model_id)
        causes = ["broken"] if broken else []
        causes += self._list_causes(stored) + (["asked"] if force else [])
        if not causes:
            return None
        if pointers.is_personal_choice(models, kind):
            return self._decide(kind, "held", causes, stored.model_id, None, broken)
        if broken and self._was_promoted(stored.model_id):
            back = pointers.list_earlier(models, kind)[-1]
            decision = self._decide(kind, "rolled_back", causes, back, stored.model_id, broken)
            _note_decision(models, decision)
            pointers.rollback(models, kind)
            return decision
        return self._challenge(stored, causes, broken)

    def _challenge(
        self, stored: StoredModel, causes: list[str], broken: dict[str, Any]
    ) -> ModelDecision | None:
        """Learn a challenger as of the run, and let it take over where it should."""
        kind, models, champion = churn_scores.KIND, self.registry.folder, stored.model
        question = pin_question(champion, self.settings.churn)
        season = self.settings.value.season
        compared = compare_later(champion, self.history, question, season)
        challenger = self._learn(question)
        if challenger is None or challenger.model_id == stored.model_id:
            return None
        wins = compared is not None and compared.wins
        evidence = _encode_comparison(compared) | broken
        before, after = stored.model_id, challenger.model_id
        if wins or broken:
            decision = self._decide(kind, "promoted", causes, after, before, evidence)
            _note_decision(models, decision)
            pointers.promote(models, kind, after)
            pointers.challenge(models, kind, before)
            return decision
        pointers.challenge(models, kind, after)
        return self._decide(kind, "kept", causes, before, after, evidence)

    def _learn(self, question: Any) -> StoredModel | None:
        currency = self.run.currency
        value = learn_value(
            self.history,
            self.settings.value,
            currency=currency,
            data_hash=self.registry.data_hash,
            progress=self.registry.progress or Progress("retrain"),
        )
        learnt = learn_noncontractual(
            self.history,
            question,
            data_hash=self.registry.data_hash,
            expect=value.model.past.expected_at,
            season=self.settings.value.season,
        )
        if learnt.model is None:
            return None
        return self.registry.store(
            learnt.model,
            "a challenger",
            settings=self.settings.churn,
            tables=learnt.tables,
            facts=learnt.facts,
        )

    def _find_broken(self, champion_id: str) -> dict[str, Any]:
        """Return the realised limits that the champion itself broke; another's are not its own."""
        ripe = PastRuns(self.reader, self.run.as_of).find_ripe("churn")
        facts: Any = ripe[0].summary.get("churn") if ripe else None
        scored_by = (facts or {}).get("model", {}).get("id")
        if scored_by != champion_id:
            return {}
        rows = [self.alarms[name] for name in LIMITS if name in self.alarms]
        names = ("name", "value", "expected", "low", "high")
        return {"broken": [{name: row[name] for name in names} for row in rows]} if rows else {}

    def _was_promoted(self, model_id: str) -> bool:
        """Check whether the policy promoted a model, and there is one to go back to."""
        changes = ("promoted", "rolled_back")
        past = list_decisions(self.url, churn_scores.KIND)
        last = next((decision for decision in past if decision.decision in changes), None)
        return last is not None and (last.decision, last.champion_id) == ("promoted", model_id)

    def _list_causes(self, stored: StoredModel) -> list[str]:
        """Name what calls for a challenger, of what the policy heeds."""
        policy, card = self.settings.retrain, stored.model.card
        kind = card.kind
        past = [decision.as_of for decision in list_decisions(self.url, kind)]
        since = max([card.as_of, *past])
        is_due = {
            "schedule": (self.run.as_of - since).days >= policy.every_days,
            "drift": "drift" in self.alarms and self.run.as_of > since,
            "decay": bool({*LIMITS, "churn_auc_estimated"} & set(self.alarms))
            and self.run.as_of > since,
            "data": self.run.customers > card.customers * (1.0 + policy.growth)
            and self.run.as_of > since,
        }
        return [name for name in policy.causes if is_due[name]]

    def propose_segments(self, *, force: bool) -> ModelDecision | None:
        """Fit segments anew beside those in force, to be promoted by a person."""
        kind = segment_scores.KIND
        stored = self.registry.load_or_explain(kind, segment_scores.from_artifact)
        if not stored.goes_on:
            return None
        causes = [cause for cause in self._list_causes(stored) if cause in ("drift", "schedule")]
        causes += ["asked"] if force else []
        if not causes:
            return None
        snapshot = self.history.snapshot(self.run.as_of)
        model = fit_successor(
            snapshot, self.history, self.settings.segments, self.registry, stored.model
        )
        proposal = self.registry.store(model, "a challenger")
        if proposal.model_id == stored.model_id:
            return None
        pointers.challenge(self.registry.folder, kind, proposal.model_id)
        before, after = (segments.assign(snapshot)[0] for segments in (stored.model, model))
        evidence = {
            "customers": len(snapshot),
            "moved_share": float((before != after).mean()),
            "agreement": adjusted_rand_index(contingency(before, after)),
        }
        ids = (stored.model_id, proposal.model_id)
        return self._decide(kind, "proposed", causes, *ids, evidence)

    def propose_rules(self) -> ModelDecision | None:
        """Store the rules that the published run offers as a version, unless one says the same."""
        try:
            version = propose_rules(self.url, self.settings.programme, self.now)
        except InputError:
            return None
        evidence = {
            name: version[name]
            for name in ("members", "entering", "leaving", "expected_revenue_change")
        }
        number = str(version["version"])
        return self._decide(RULES, "proposed", ["offer"], None, number, evidence)

    def _decide(
        self,
        kind: str,
        decision: str,
        causes: list[str],
        champion_id: str | None,
        challenger_id: str | None,
        evidence: Mapping[str, Any],
    ) -> ModelDecision:
        names = {"champion": champion_id or "", "challenger": challenger_id or ""}
        texts = {
            f"sentence_{lang.lower()}": write_sentence(
                kind, decision, causes, names, evidence, lang
            )
            for lang in LANGS
        }
        return ModelDecision(
            decided_at=self.now,
            as_of=self.run.as_of,
            kind=kind,
            decision=decision,
            causes=", ".join(causes),
            champion_id=champion_id,
            challenger_id=challenger_id,
            decided_by=POLICY,
            evidence=msgspec.json.encode(evidence).decode(),
            **texts,
        )


def _encode_comparison(compared: LaterComparison | None) -> dict[str, Any]:
    if compared is None:
        return {}
    return {
        "dates": [day.isoformat() for day in compared.dates],
        "horizon_days": compared.horizon_days,
        "rows": compared.rows,
        "log_loss_difference": compared.by_date.value,
        "over_dates": [compared.by_date.low, compared.by_date.high],
        "over_customers": [compared.low, compared.high],
    }


def write_sentence(
    kind: str,
    decision: str,
    causes: list[str],
    names: Mapping[str, str],
    evidence: Mapping[str, Any],
    lang: Lang,
) -> str:
    """Say what was decided, why it was looked at, and what was measured."""
    reasons = ", ".join(t(f"retrain.cause.{cause}", lang) for cause in causes)
    what = t(f"retrain.{decision}.{kind}", lang, **names)
    return " ".join([what, t("retrain.because", lang, causes=reasons), _measure(evidence, lang)])


def _measure(evidence: Mapping[str, Any], lang: Lang) -> str:
    """Say what the evidence is, in one sentence."""
    if "over_dates" in evidence:
        low, high = evidence["over_dates"]
        values = {"value": evidence["log_loss_difference"], "low": low, "high": high}
        numbers = {name: format_number(value, lang, 4) for name, value in values.items()}
        return t("retrain.measured", lang, dates=len(evidence["dates"]), **numbers)
    if "moved_share" in evidence:
        share = format_number(100.0 * evidence["moved_share"], lang, 1)
        return t("retrain.moved", lang, share=share)
    if "members" in evidence:
        counts = {name: format_number(evidence[name], lang) for name in ("entering", "leaving")}
        return t("retrain.members", lang, **counts)
    return "" if "broken" in evidence else t("retrain.unmeasured", lang)
