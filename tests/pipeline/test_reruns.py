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

import clientela as clientela_package
from clientela.actions import action
from clientela.config import read_settings
from clientela.features import history
from clientela.features.build import build as build_snapshot
from clientela.hypotheses import table as hypotheses
from clientela.insiders.fit import programme as insiders
from clientela.insiders.fit import proof_material
from clientela.pipeline import actions, churn, segment_description, segments, value
from clientela.pipeline.programme import EVIDENCE
from clientela.pipeline.unchanged import SCORED, name_inputs, take_over_scores
from clientela.registry import artifacts
from clientela.registry import stored_models as pointers
from clientela.segments.describe import customer_map
from clientela.store.programme import ProgrammeLedger
from clientela.tables import reading
from clientela.tables.workspace import Workspace
from clientela.value.groups import GroupForecaster
from clientela.value.score.model import KIND, load_value_model
from tests.shop import QUICK, FirstRun, Ran, clientela

LEARNERS = (
    (value, "learn_value"),
    (actions, "learn_affinity"),
    (customer_map, "draw_customer_map"),
    (churn, "_learn"),
    (segments, "fit_successor"),
    (segment_description, "grow_readable_leaves"),
    (GroupForecaster, "_check_past"),
    (segments, "measure_persistence"),
    (action, "_measure_step"),
    (hypotheses, "compare_groups"),
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


def score_anew(folder: Path) -> Path:
    """Write settings under which nothing is learnt and everything scored."""
    config = folder / "anew.toml"
    config.write_text(QUICK.read_text("utf-8") + "\n[store]\nkeep_runs = 11\n", "utf-8")
    return config


@pytest.mark.usefixtures("learns_nothing", "describes_nothing")
@pytest.mark.parametrize("stands", [True, False])
def test_an_unchanged_rerun_learns_nothing_and_publishes_equal_figures(
    first_run: FirstRun,
    workspace: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    stands: bool,
) -> None:
    before = {kind: pointers.current(workspace / "models", kind) for kind in (KIND, "churn")}
    scored: list[object] = []
    original = segments.segment_customers

    def spy(*given: Any, **more: Any) -> Any:
        scored.append(given)
        return original(*given, **more)

    monkeypatch.setattr("clientela.pipeline.scoring.segment_customers", spy)
    config = QUICK if stands else score_anew(workspace.parent)
    again = rerun(workspace, first_run.source, capsys, "--config", config)
    assert bool(scored) is not stands
    first, second = (rows(workspace, facts["run_id"]) for facts in (first_run.facts, again.facts))
    moved = [row for row in second["figures"] if "moved_share" in row]
    second["figures"] = [row for row in second["figures"] if row not in moved]
    assert len(first["customers"]) > 100
    assert len(first["value_forecast"]) == 3
    assert [name for name in first if first[name] != second[name]] == []
    assert {kind: pointers.current(workspace / "models", kind) for kind in before} == before
    assert again.facts["rows_already_held"] == again.facts["rows_in"]
    assert again.facts["segmentation"] == first_run.facts["segmentation"]
    learnt = [again.facts[name]["model"] for name in ("value", "churn")] + [again.facts["model"]]
    assert [model["fitted"] for model in learnt] == [False] * 3
    assert not again.facts["programme"]["learnt"]


def test_answers_of_scores_taken_over_are_those_of_scores_made_anew(
    first_run: FirstRun, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = rerun(workspace, first_run.source, capsys, "--config", score_anew(workspace.parent))
    other = rerun(workspace, first_run.source, capsys, "--config", score_anew(workspace.parent))
    assert "nothing changed" in other.err
    with sqlite3.connect(workspace / "results.db") as db:
        query = "select lang, position, content from answers where run_id = ? order by 1, 2"
        made, taken = (
            db.execute(query, [ran.facts["run_id"]]).fetchall() for ran in (first, other)
        )
    assert len(made) > 20
    assert taken == made


def test_an_unchanged_rerun_loads_nothing_that_scores_or_learns(
    first_run: FirstRun, workspace: Path
) -> None:
    command = ["run", str(first_run.source), "--workspace", str(workspace), "--config"]
    code = (
        "import json, sys\nfrom clientela.cli import main\n"
        "for config in sys.argv[-2:]:\n"
        "    main([*sys.argv[1:-2], config])\n"
        "    print(json.dumps(sorted(sys.modules)))"
    )
    configs = (str(QUICK), str(score_anew(workspace.parent)))
    printed = subprocess.run(
        [sys.executable, "-c", code, *command, *configs], capture_output=True, text=True, check=True
    ).stdout
    stands, anew = (set(json.loads(line)) for line in printed.splitlines() if line.startswith('["'))
    scoring = {"clientela.pipeline.scoring", "scipy"}
    unused = {"rich.traceback", "ibis.backends.sql.compilers.trino"}
    assert stands.isdisjoint(scoring | unused), sorted(stands & (scoring | unused))
    learning = {"sklearn", "lightgbm", "optuna", "scipy.stats", "scipy.optimize", "scipy.sparse"}
    assert "clientela.pipeline.scoring" in anew
    assert anew.isdisjoint(learning), sorted(anew & learning)


def test_scores_stand_while_all_that_they_were_made_of_does(
    first_run: FirstRun, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, models = Workspace(workspace).manifest(), workspace / "models"
    own = {
        "settings": read_settings(QUICK),
        "ledger": ProgrammeLedger(),
        "as_of": dt.date(2011, 12, 9),
    }
    name = name_inputs(manifest, models, **own)
    replace = msgspec.structs.replace
    assert name_inputs(replace(manifest, read=manifest.read + 1), models, **own) == name
    erased = replace(manifest, tombstones=manifest.tombstones + 1)
    file = replace(manifest.files[0], sha256="other")
    rotated = replace(manifest, pseudonyms="other")
    corrected = replace(manifest, files=(file, *manifest.files[1:]))
    names = [name_inputs(other, models, **own) for other in (erased, rotated, corrected)]
    names += [name_inputs(manifest, models, **own | {part: "other"}) for part in own]
    monkeypatch.setenv("CLIENTELA_MODEL_KEY", "secret")
    names.append(name_inputs(manifest, models, **own))
    monkeypatch.delenv("CLIENTELA_MODEL_KEY")
    monkeypatch.setattr(clientela_package, "__version__", "0.0.0")
    names.append(name_inputs(manifest, models, **own))
    monkeypatch.undo()
    for path in (models / KIND / str(pointers.current(models, KIND))).iterdir():
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        names.append(name_inputs(manifest, models, **own))
        path.write_bytes(whole)
    pointers.retire(models, KIND)
    names.append(name_inputs(manifest, models, **own))
    assert len({name, *names}) == len(names) + 1


def test_scores_that_lost_somebody_are_not_taken_over(first_run: FirstRun, workspace: Path) -> None:
    url, database = Workspace(workspace).default_store_url, workspace / "results.db"
    with sqlite3.connect(database) as db:
        [(summary,)] = db.execute("select summary from runs").fetchall()
        inputs = json.loads(summary)[SCORED]["inputs"]
        taken = take_over_scores(url, inputs)
        assert taken is not None
        assert taken[0] == first_run.facts["run_id"]
        assert take_over_scores(url, "other") is None
        db.execute(
            "delete from customers where customer_id = (select max(customer_id) from customers)"
        )
    assert take_over_scores(url, inputs) is None


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
    first_run: FirstRun,
    workspace: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    described: list[dt.date] = []

    def build(*given: Any) -> Any:
        described.append(given[2])
        return build_snapshot(*given)

    monkeypatch.setattr(history, "build", build)
    models = workspace / "models"
    learnt = load_value_model(artifacts.load(models, KIND, str(pointers.current(models, KIND))))
    export = first_run.write_next_day(workspace.parent)
    nightly = rerun(workspace, export, capsys)
    assert nightly.facts["value"]["model"]["fitted"] is False
    champion = str(pointers.current(models, KIND))
    carried = load_value_model(artifacts.load(models, KIND, champion))
    assert carried.level_of[0] == learnt.level_of[0] + dt.timedelta(days=1)
    assert set(described) == {carried.level_of[0]}  # no past day
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
