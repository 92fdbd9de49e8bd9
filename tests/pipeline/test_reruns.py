"""What a run that finds little or nothing new does not do again, and publishes all the same."""

import datetime as dt
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clientela.insiders.fit import programme as insiders
from clientela.insiders.fit import proof_material
from clientela.pipeline import churn, segment_description, segments, value
from clientela.pipeline.programme import EVIDENCE
from clientela.registry import artifacts
from clientela.registry import stored_models as pointers
from clientela.tables import reading
from clientela.tables.workspace import Workspace
from clientela.value.groups import GroupForecaster
from clientela.value.score.model import KIND, load_value_model
from tests.shop import QUICK, FirstRun, Ran, clientela

LEARNERS = (
    (value, "learn_value"),
    (churn, "_learn"),
    (segments, "fit_successor"),
    (segment_description, "grow_readable_leaves"),
    (GroupForecaster, "_check_past"),
    (insiders, "learn_rules_by"),
    (proof_material, "learn_rules_by"),
)
DESCRIBERS = (
    (segment_description, "write_segment_rules"),
    (segment_description, "measure_outlier_effect"),
)
"""What says who the customers of today are: anew where one of them is another."""
OF_THE_RUN = {"run_id", "previous_run_id", "started_at", "finished_at", "card"}
LATER = {"runs", "run_files", "quality", "current_run", "segment_migrations", "checks", "answers"}
"""Tables that tell of the run itself, or of what became of the run before."""


def rows(workspace: Path, run_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a run by table, in one order; doubles to 12 digits, for sums have no order."""
    tables = {}
    with sqlite3.connect(workspace / "results.db") as db:
        names = [
            name for (name,) in db.execute("select name from sqlite_master where type='table'")
        ]
        for name in names:
            columns = [column for (_, column, *_) in db.execute(f"pragma table_info({name})")]
            if "run_id" not in columns or name in LATER:
                continue
            wanted = ", ".join(f'"{column}"' for column in columns if column not in OF_THE_RUN)
            query = f'select {wanted} from "{name}" where run_id = ?'  # noqa: S608 - our own names
            found = [tuple(map(_plain, row)) for row in db.execute(query, [run_id])]
            tables[name] = sorted(found, key=repr)
    return tables


def _plain(cell: Any) -> Any:
    return float(f"{cell:.12g}") if isinstance(cell, float) else cell


@pytest.fixture
def workspace(first_run: FirstRun, tmp_path: Path) -> Path:
    return first_run.copy(tmp_path / "workspace")


@pytest.fixture
def learns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def learn(*_: object, **__: object) -> None:
        raise AssertionError("learnt again")

    for module, name in LEARNERS:
        monkeypatch.setattr(module, name, learn)


@pytest.fixture
def describes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def describe(*_: object, **__: object) -> None:
        raise AssertionError("described again")

    for module, name in DESCRIBERS:
        monkeypatch.setattr(module, name, describe)


def rerun(
    workspace: Path, source: Path, capsys: pytest.CaptureFixture[str], *more: str | Path
) -> Ran:
    ran = clientela(capsys, "run", str(source), "--workspace", workspace, *more)
    assert ran.code == 0, ran.err
    return ran


@pytest.mark.usefixtures("learns_nothing", "describes_nothing")
def test_an_unchanged_rerun_learns_nothing_and_publishes_equal_figures(
    first_run: FirstRun, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {kind: pointers.current(workspace / "models", kind) for kind in (KIND, "churn")}
    again = rerun(workspace, first_run.source, capsys)
    first, second = (rows(workspace, facts["run_id"]) for facts in (first_run.facts, again.facts))
    moved = [row for row in second["figures"] if "moved_share" in row]
    second["figures"] = [row for row in second["figures"] if row not in moved]
    assert len(first["customers"]) > 100
    assert len(first["value_forecast"]) == 3
    assert [name for name in first if first[name] != second[name]] == []
    assert {kind: pointers.current(workspace / "models", kind) for kind in before} == before
    assert again.facts["rows_already_held"] == again.facts["rows_in"]
    assert again.facts["segmentation"] == first_run.facts["segmentation"]


def test_an_unchanged_rerun_loads_nothing_that_learns(first_run: FirstRun, workspace: Path) -> None:
    command = ["run", str(first_run.source), "--workspace", str(workspace), "--config", str(QUICK)]
    code = (
        "import json, sys\nfrom clientela.cli import main\nmain(sys.argv[1:])\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, check=True
    ).stdout
    loaded = set(json.loads(printed.splitlines()[-1]))
    assert "clientela.pipeline.scoring" in loaded
    learning = {"sklearn", "lightgbm", "optuna", "scipy.stats", "scipy.optimize", "scipy.sparse"}
    assert loaded.isdisjoint(learning), sorted(loaded & learning)


def test_segments_are_described_again_where_something_of_them_changed(
    first_run: FirstRun, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = workspace / "models" / segment_description.KIND
    described = {path.name: path.read_bytes() for path in folder.glob("*/model.json")}
    [former] = pointers.list_model_ids(workspace / "models", segment_description.KIND)
    config = workspace.parent / "other.toml"
    text = QUICK.read_text("utf-8")
    assert 'picture = "pca"' in text
    config.write_text(text.replace('picture = "pca"', 'picture = "tsne"'), "utf-8")
    rerun(workspace, first_run.source, capsys, "--config", str(config))
    [other] = pointers.list_model_ids(workspace / "models", segment_description.KIND)
    assert other != former
    (folder / other / "model.json").write_text("{}", "utf-8")
    rerun(workspace, first_run.source, capsys)
    measured = str(pointers.current(workspace / "models", segment_description.KIND))
    assert (
        "damaged part model.json"
        in artifacts.load(workspace / "models", segment_description.KIND, measured).card.replaces
    )
    assert (folder / measured / "model.json").read_bytes() in described.values()


def test_the_same_file_is_recognised_before_it_is_opened(
    first_run: FirstRun,
    workspace: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = first_run.copy(workspace.with_name("slow"))
    tables = Workspace(slow)
    manifest = tables.manifest()
    plain = tuple(msgspec.structs.replace(batch, file_sha256="") for batch in manifest.batches)
    tables.commit(msgspec.structs.replace(manifest, batches=plain))
    read_again = rerun(slow, first_run.source, capsys)
    opened: list[str] = []
    original = reading._read

    def spy(job: Any, location: str, *rest: Any, **more: Any) -> Any:
        opened.append(location)
        return original(job, location, *rest, **more)

    monkeypatch.setattr(reading, "_read", spy)
    recognised = rerun(workspace, first_run.source, capsys)
    assert not opened
    assert "already held: the same file was read before" in recognised.err
    for name in ("reconciliation", "rows_in", "rows_already_held", "rows_quarantined"):
        assert recognised.facts[name] == read_again.facts[name], name
    accounts = [
        _account(folder, ran.facts["run_id"])
        for folder, ran in ((workspace, recognised), (slow, read_again))
    ]
    assert accounts[0] == accounts[1]
    config = workspace.with_name("other.toml")
    config.write_text(QUICK.read_text("utf-8") + "\n[cleaning]\nmax_refused_rows_share = 0.9\n")
    rerun(workspace, first_run.source, capsys, "--config", config)
    assert opened == [str(first_run.source)]


def _account(workspace: Path, run_id: str) -> list[Any]:
    with sqlite3.connect(workspace / "results.db") as db:
        query = "select rule, rows, customers, amount from quality where run_id = ?"
        return sorted(db.execute(query, [run_id]).fetchall(), key=repr)


@pytest.mark.usefixtures("learns_nothing")
def test_the_next_days_rows_bring_the_model_to_the_level_of_their_day(
    first_run: FirstRun, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = workspace / "models"
    learnt = load_value_model(artifacts.load(models, KIND, str(pointers.current(models, KIND))))
    export = first_run.write_next_day(workspace.parent)
    nightly = rerun(workspace, export, capsys)
    assert nightly.facts["value"]["model"]["fitted"] is False
    champion = str(pointers.current(models, KIND))
    carried = load_value_model(artifacts.load(models, KIND, champion))
    assert carried.level_of[0] == learnt.level_of[0] + dt.timedelta(days=1)
    assert carried.card.as_of == learnt.card.as_of
    assert carried.unit != learnt.unit
    assert pointers.history(models, KIND) == [champion]
    assert nightly.facts["value"]["model"]["id"] == champion
    again = rerun(workspace, export, capsys)
    assert again.facts["value"]["model"]["id"] == champion
    first, second = (rows(workspace, ran.facts["run_id"]) for ran in (nightly, again))
    for name in ("customers", "value_forecast", "programme_forecast", "model_metrics"):
        assert first[name] == second[name], name


def test_a_model_stored_without_its_past_is_learnt_anew_and_says_why(
    first_run: FirstRun, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = workspace / "models"
    whole = artifacts.load(models, KIND, str(pointers.current(models, KIND)))
    del whole.payload["past"]
    pointers.promote(models, KIND, artifacts.save(models, whole))
    learnt = rerun(workspace, first_run.source, capsys).facts["value"]["model"]
    assert learnt["fitted"]
    assert learnt["reason"] == "the stored model lacks what past days could have forecast"
    with sqlite3.connect(workspace / "results.db") as db:
        query = "select model_id from models where kind = 'value' and role = 'champion'"
        assert (learnt["id"],) in db.execute(query).fetchall()


def test_damaged_evidence_is_measured_anew_and_that_is_recorded(
    first_run: FirstRun, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = workspace / "models"
    damaged = str(pointers.current(models, EVIDENCE))
    whole = artifacts.load(models, EVIDENCE, damaged).payload
    assert whole["errors"]
    (models / EVIDENCE / damaged / "model.json").write_text("{}", "utf-8")
    rerun(workspace, first_run.source, capsys)
    measured = artifacts.load(models, EVIDENCE, str(pointers.current(models, EVIDENCE)))
    assert measured.payload == whole
    assert "damaged part model.json" in measured.card.replaces
