"""A challenger takes over where it wins or the champion broke its limits, and is taken back."""

import datetime as dt
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from clientela.churn.fit import succession
from clientela.churn.fit.noncontractual import learn_noncontractual
from clientela.churn.fit.succession import LaterComparison, compare_later
from clientela.churn.fit.training_data import LabelledSnapshot
from clientela.churn.score.model import from_artifact
from clientela.config import Settings, read_settings
from clientela.engine import Engine
from clientela.errors import InputError
from clientela.features.history import History
from clientela.features.reading import make_reader
from clientela.pipeline import models, retraining
from clientela.registry import artifacts, stored_models
from clientela.registry.card import Card
from clientela.registry.model_registry import EVIDENCE, SETTINGS, ModelRegistry, StoredModel
from clientela.statistics.dates import Difference
from clientela.store.decisions import list_decisions
from clientela.store.read import open_reader
from clientela.tables.workspace import Workspace
from tests.shop import QUICK, FirstRun

NOW = dt.datetime(2030, 1, 1, 3, tzinfo=dt.UTC)
BY_EVIDENCE = msgspec.structs.replace(
    read_settings(QUICK), retrain=msgspec.convert({"by": "evidence"}, type(Settings().retrain))
)
DAYS = tuple(dt.date(2011, month, 1) for month in (9, 6, 3, 1))
LIMIT = {"name": "churn_auc", "value": 0.5, "expected": 0.8, "low": 0.6, "high": None}


def compared(high: float) -> LaterComparison:
    """A comparison that wins where the high end is below zero."""
    return LaterComparison(DAYS, 60, 400, Difference(-0.1, -0.2, high), -0.2, high)


@pytest.fixture
def workspace(first_run: FirstRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A shop's first run, and challengers that are the champion learnt at another seed."""
    place = Workspace(first_run.copy(tmp_path / "workspace"))

    def learn(review: Any, question: Any) -> StoredModel:
        registry: ModelRegistry = review.registry
        stored = registry.load_or_explain("churn", from_artifact)
        card = msgspec.structs.replace(stored.model.card, seed=stored.model.card.seed + 1)
        model = type(stored.model)(**{**vars(stored.model), "card": card})
        return registry.store(model, "", settings=BY_EVIDENCE.churn)

    monkeypatch.setattr(retraining._Review, "_learn", learn)
    monkeypatch.setattr(retraining._Review, "propose_segments", lambda _, force: None)
    monkeypatch.setattr(retraining._Review, "propose_rules", lambda _: None)
    return place


def decide(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    comparison: LaterComparison | None,
    broken: Sequence[dict[str, Any]] = (),
) -> list[tuple[str, str]]:
    monkeypatch.setattr(retraining, "compare_later", lambda *_: comparison)
    found = {"broken": list(broken)} if broken else {}
    monkeypatch.setattr(retraining._Review, "_find_broken", lambda *_: found)
    facts = retraining.retrain(BY_EVIDENCE, workspace.folder, None, NOW, lang="en", force=True)
    return [(made["decision"], made["champion_id"]) for made in facts["decisions"]]


def champion(workspace: Workspace) -> str | None:
    return stored_models.current(workspace.models_folder, "churn")


def test_a_challenger_takes_over_only_where_it_wins(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = champion(workspace)
    for comparison in (None, compared(0.01)):
        assert decide(workspace, monkeypatch, comparison) == [("kept", first)]
    assert champion(workspace) == first
    assert stored_models.challenger(workspace.models_folder, "churn") != first

    (made,) = decide(workspace, monkeypatch, compared(-0.01))
    assert made == ("promoted", champion(workspace))
    assert champion(workspace) != first
    latest = list_decisions(workspace.default_store_url)[0]
    assert (latest.champion_id, latest.challenger_id) == (champion(workspace), first)
    assert "4 later dates" in latest.sentence_en
    assert "4 datas posteriores" in latest.sentence_pt_br


def test_what_broke_its_limits_is_rolled_back_or_replaced(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = champion(workspace)
    assert decide(workspace, monkeypatch, None, [LIMIT])[0][0] == "promoted"
    second = champion(workspace)
    assert decide(workspace, monkeypatch, None, [LIMIT]) == [("rolled_back", first)]
    assert champion(workspace) == first != second
    # It was there before any policy: nothing to go back to, so that another takes over.
    assert decide(workspace, monkeypatch, None, [LIMIT]) == [("promoted", second)]


@pytest.mark.parametrize("step", ["history", "current", "challenger", "record"])
def test_a_killed_promotion_is_recorded_or_made_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """What scores and what is recorded agree, wherever the kill falls."""
    first, write = champion(workspace), stored_models._write
    with monkeypatch.context() as patch:

        def die(file: Path, ids: list[str]) -> None:
            if file.name == step:
                raise KeyboardInterrupt
            write(file, ids)

        def die_at_last(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(stored_models, "_write", die)
        if step == "record":
            patch.setattr(retraining, "add_decision", die_at_last)
        with pytest.raises(KeyboardInterrupt):
            decide(workspace, patch, compared(-0.01))
    took_effect = step in ("challenger", "record")
    assert (champion(workspace) != first) == took_effect
    models_folder = workspace.models_folder
    finished = retraining.finish_decision(workspace.default_store_url, models_folder, "churn")
    recorded = list_decisions(workspace.default_store_url)
    assert [row.champion_id for row in recorded] == [champion(workspace)] * took_effect
    assert recorded == ([finished] if finished else [])
    assert stored_models.history(models_folder, "churn")[-1] == champion(workspace)
    assert (stored_models.challenger(models_folder, "churn") == first) == took_effect
    assert retraining.finish_decision(workspace.default_store_url, models_folder, "churn") is None


def test_a_hold_is_respected(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    first = champion(workspace)
    models.hold_model(workspace.folder, "churn", hold=True)
    assert decide(workspace, monkeypatch, compared(-0.01), [LIMIT]) == [("held", first)]
    models.hold_model(workspace.folder, "churn", hold=False)
    assert decide(workspace, monkeypatch, compared(-0.01)) == [("promoted", champion(workspace))]
    with closing(open_reader(workspace.default_store_url)) as reader:
        rows = reader.decisions()
    assert [row["decision"] for row in rows] == ["promoted", "held"]


def test_models_of_age_are_none_of_its_business(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="by their age"):
        retraining.retrain(read_settings(QUICK), workspace.folder, None, NOW, lang="en")


class Coin:
    """A model that says the same of everybody, and of whom a card tells from when it is."""

    def __init__(self, chance: float) -> None:
        self.chance = chance
        self.card = Card(kind="churn", data_hash="", as_of=DAYS[-1], customers=1, features=())

    def score(self, customers: pa.Table) -> pa.Table:
        return pa.table({"churn_probability": [self.chance] * len(customers)})


@pytest.mark.parametrize(("days", "wins"), [(DAYS, True), (DAYS[1:], None)])
def test_later_dates_tell_the_better_model(
    days: tuple[dt.date, ...], wins: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Past(History):
        sample = property(lambda self: self)

        def dates(self, *_: int) -> list[dt.date]:
            return [*days, dt.date(2010, 1, 1)]  # the last one lies before the champion

    def label(history: History, day: dt.date, *_: int) -> LabelledSnapshot:
        ids = pa.table({"customer_id": [f"{n}" for n in range(50)]})
        left = np.arange(50) % (5 + day.month % 2) == 0
        return LabelledSnapshot(day, ids, left, np.ones(50))

    learnt = type("Learnt", (), {"model": Coin(0.2)})
    monkeypatch.setattr(succession, "label_active", label)
    monkeypatch.setattr(succession, "learn_noncontractual", lambda *_, **__: learnt)
    history = Past(None, lambda _: None, (), days[-1], days[0])  # type: ignore[arg-type,return-value]
    settings = msgspec.structs.replace(BY_EVIDENCE.churn, horizon_days=60, active_days=120)
    found = compare_later(Coin(0.6), history, settings, "usual")  # type: ignore[arg-type]
    assert (found and found.wins) == wins
    if found is not None:
        assert found.dates == days
        assert found.rows == 50 * len(days)
        assert found.low < found.by_date.value < found.high < 0.0


def test_a_model_learnt_again_has_the_same_bytes(first_run: FirstRun, duckdb: Engine) -> None:
    place = Workspace(first_run.workspace)
    stored = artifacts.load(place.models_folder, "churn", champion(place) or "")
    history = History(
        duckdb,
        make_reader(duckdb, place),
        place.groups(duckdb.rows_at_once),
        first_day=dt.date(2010, 12, 1),
        as_of=stored.card.as_of,
    )
    learnt = learn_noncontractual(
        history, read_settings(QUICK).churn, data_hash=place.manifest().data_hash
    )
    assert learnt.model is not None
    again = learnt.model.artifact()
    plain = {
        name: value for name, value in stored.payload.items() if name not in (EVIDENCE, SETTINGS)
    }
    bytes_of = [artifacts._parts(part) for part in (again, stored._replace(payload=plain))]
    bare = [parts | {artifacts.CARD: b""} for parts in bytes_of]
    assert bare[0] == bare[1]
    assert again.card == msgspec.structs.replace(stored.card, parts={})
