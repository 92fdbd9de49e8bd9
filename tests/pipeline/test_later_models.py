"""Which stored model of value or churn answers a later run, and which one may not."""

import datetime as dt
import io
from pathlib import Path

import msgspec
import numpy as np
import pytest

from clientela.config import Churn
from clientela.engine import Engine
from clientela.errors import ArtifactError
from clientela.features.history import History
from clientela.pipeline.churn import _find_misfit, score_churn
from clientela.progress import Progress
from clientela.registry import artifacts
from clientela.registry import stored_models as pointers
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card, FeatureType
from clientela.registry.model_registry import REFIT, ModelRegistry, StoredModel
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, customers, sale, transactions
from tests.pipeline.test_run import ran
from tests.shop import FirstRun, clientela

KIND, DAY = "churn", dt.date(2025, 6, 1)
START = dt.date(2023, 1, 1)
QUICK = Churn(models=("logistic",), trials=0, resamples=100, max_dates=4, horizon_days=60)


class Stub:
    """A model that knows no more than its card."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact

    @property
    def card(self) -> Card:
        return self._artifact.card

    def artifact(self) -> Artifact:
        return self._artifact


def model(day: dt.date = DAY, data_hash: str = "one") -> Stub:
    card = Card(
        kind=KIND, data_hash=data_hash, as_of=day, customers=9, features=(), parameters={}, seed=1
    )
    return Stub(Artifact(KIND, {}, {}, card))


def open_registry(
    folder: Path, days: int = 0, data_hash: str = "one", refit: bool = False
) -> ModelRegistry:
    day = DAY + dt.timedelta(days=days)
    return ModelRegistry(folder, as_of=day, data_hash=data_hash, refit=refit)


def keep(registry: ModelRegistry, stub: Stub) -> str:
    return registry.keep(stub, "learnt", settings=Churn()).model_id


def load(registry: ModelRegistry, misfit: str = "", settings: Churn | None = None) -> StoredModel:
    return registry.load_or_explain(
        KIND,
        Stub,
        settings=settings or Churn(),
        lasts_days=30,
        find_misfit=lambda _: misfit,
    )


def test_a_model_lasts_as_long_as_its_day_and_its_question(tmp_path: Path) -> None:
    keep(open_registry(tmp_path), model())
    assert load(open_registry(tmp_path)).goes_on
    assert load(open_registry(tmp_path, 29, "one and more")).goes_on
    reasons = {
        "the data of its day changed": open_registry(tmp_path, 0, "other"),
        "the stored model was learnt 30 days before": open_registry(tmp_path, 30),
        f"the stored model was learnt later, on {DAY}": open_registry(tmp_path, -1),
        REFIT: open_registry(tmp_path, refit=True),
    }
    for reason, registry in reasons.items():
        stored = load(registry)
        assert (stored.reason, stored.goes_on) == (reason, False)
        assert stored.model is not None
    assert load(open_registry(tmp_path, 1), "another question").reason == "another question"


def test_a_model_promoted_by_hand_stays_when_learning_is_due(tmp_path: Path) -> None:
    mine = keep(open_registry(tmp_path), model())
    pointers.choose(tmp_path, KIND)
    output = io.StringIO()
    later = open_registry(tmp_path, 40, "more")
    later.progress = Progress("test", output)
    stored = load(later)
    assert stored.goes_on
    assert stored.model_id == mine
    assert "the churn model promoted by hand stays" in output.getvalue()
    assert "learnt 40 days before" in output.getvalue()
    assert load(later, settings=Churn(trials=1)).reason == "the settings changed"
    assert load(later, "unfit").reason == "unfit"
    assert load(open_registry(tmp_path, 40, "more", refit=True)).reason == REFIT
    keep(later, model(later.as_of))
    assert not pointers.is_personal_choice(tmp_path, KIND)


@pytest.mark.slow
def test_what_can_be_learnt_no_more_predicts_no_more(
    duckdb: Engine,
    tmp_path: Path,
) -> None:
    lines, _ = subscribers()
    held = Tables(duckdb.from_arrow(transactions(lines)))
    day = START + dt.timedelta(days=420)
    learnt = answered(duckdb, held, tmp_path, day).model_id
    few = Tables(duckdb.from_arrow(transactions(lines[:40])))
    past = answered(duckdb, few, tmp_path, day - dt.timedelta(days=1))
    assert past.model is None
    assert pointers.current(tmp_path, KIND) == learnt
    later = answered(duckdb, few, tmp_path, day + dt.timedelta(days=30))
    assert later.model is None
    assert pointers.current(tmp_path, KIND) is None
    assert pointers.rollback(tmp_path, KIND) == learnt


def test_a_damaged_champion_becomes_no_challenger(tmp_path: Path) -> None:
    before = keep(open_registry(tmp_path), model())
    (tmp_path / KIND / before / "model.json").write_text("{}")
    assert open_registry(tmp_path).read_card(KIND, before) is None
    with pytest.raises(ArtifactError):
        load(open_registry(tmp_path))
    assert load(open_registry(tmp_path, refit=True)).model is None
    keep(open_registry(tmp_path, refit=True), model(DAY + dt.timedelta(days=1)))
    assert pointers.challenger(tmp_path, KIND) is None


def test_a_damaged_challenger_stops_no_run(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = first_run.copy(tmp_path) / "models"
    latest = artifacts.load(folder, "value", first_run.facts["value"]["model"]["id"])
    earlier = latest.card.as_of - dt.timedelta(days=1)
    card = msgspec.structs.replace(latest.card, as_of=earlier)
    model_id = artifacts.save(folder, latest._replace(card=card))
    pointers.challenge(folder, "value", model_id)
    stored = folder / "value" / model_id
    (stored / "model.json").write_text("{}")
    assert not ran(clientela(capsys, "run", "--workspace", tmp_path))["value"]["model"]["fitted"]


@pytest.mark.slow
def test_another_question_asks_for_another_model(duckdb: Engine, tmp_path: Path) -> None:
    lines, people = subscribers()
    held = transactions(lines)
    silent = Tables(duckdb.from_arrow(held))
    flagged = Tables(duckdb.from_arrow(held), duckdb.from_arrow(customers(people)))
    tables = (silent, flagged, flagged, silent)
    reasons = [
        answered(duckdb, each, tmp_path, START + dt.timedelta(days=420 + later)).reason
        for later, each in enumerate(tables)
    ]
    assert reasons == [
        "there was no model yet",
        "the stored model is not contractual",
        "",
        "the stored model is not non_contractual",
    ]


@pytest.mark.slow
def test_a_feature_that_is_gone_asks_for_another_model(duckdb: Engine, tmp_path: Path) -> None:
    lines, _ = subscribers()
    held, day = Tables(duckdb.from_arrow(transactions(lines))), START + dt.timedelta(days=420)
    kept = answered(duckdb, held, tmp_path, day)
    stored = artifacts.load(tmp_path, KIND, kept.model_id)
    features = (*stored.card.features, FeatureType("plan", "string"))
    card = msgspec.structs.replace(stored.card, features=features)
    pointers.promote(tmp_path, KIND, artifacts.save(tmp_path, stored._replace(card=card)))
    again = answered(duckdb, held, tmp_path, day)
    assert again.reason == "the customers have no plan any more"
    names = [feature.name for feature in stored.card.features]
    assert _find_misfit(names, None, "usual", stored.card) == ""
    assert _find_misfit(names, None, "strong", stored.card) == "value.season is now strong"


def answered(engine: Engine, tables: Tables, folder: Path, day: dt.date) -> StoredModel:
    past = History(engine, lambda group: tables, [("0",)], START, day)
    registry = ModelRegistry(folder, as_of=day, data_hash="one")
    result = score_churn(
        past.snapshot(day),
        past,
        QUICK,
        registry,
        expect=lambda day, days: None,
        currency=None,
    )
    stored: StoredModel = result.model
    return stored


def subscribers() -> tuple[list[Row], list[Row]]:
    """Give 90 customers who buy every month or so, every third of whom leaves some day."""
    rng, lines, people = np.random.default_rng(8), list[Row](), list[Row]()
    for place in range(90):
        name, left = f"c{place:02d}", int(rng.integers(60, 400)) if place % 3 == 0 else 440
        days = range(int(rng.integers(0, 40)), left, int(rng.integers(15, 45)))
        moments = [at(str(START + dt.timedelta(days=day))) for day in days]
        lines += [sale("10", moment, customer_id=name) for moment in moments]
        exit_day = START + dt.timedelta(days=left) if left < 440 else None
        told = {"churned": exit_day is not None, "churned_at": exit_day}
        people.append({"line_key": "k", "customer_id": name, **told})
    return lines, people
