"""A workspace that lost its manifest or whose files are damaged: refused, named, mended."""

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from clientela.engine import Engine
from clientela.tables import manifest as manifests
from clientela.tables.workspace import Workspace
from tests.engines import engine
from tests.shop import QUICK, FirstRun, clientela

__all__ = ["engine"]
Capture = pytest.CaptureFixture[str]


def fingerprint(workspace: Path) -> dict[str, str]:
    return {
        str(path.relative_to(workspace)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((workspace / "tables").rglob("*.parquet"))
    }


@pytest.fixture
def workspace(first_run: FirstRun, tmp_path: Path) -> Path:
    return first_run.copy(tmp_path / "w")


@pytest.mark.parametrize("remains", ["manifests", "files alone", "results alone"])
def test_a_lost_manifest_is_no_beginning(
    workspace: Path, first_run: FirstRun, capsys: Capture, remains: str
) -> None:
    tables = workspace / "tables"
    (tables / "manifest.json").unlink()
    if remains != "manifests":
        shutil.rmtree(tables / "manifests")
        (tables / ".journal.json").unlink()
    if remains == "results alone":
        shutil.rmtree(tables)
    before = fingerprint(workspace)
    for options in ((str(first_run.source),), ()):
        ran = clientela(capsys, "run", *options, "--workspace", workspace)
        assert ran.code == 3
        assert "--replace" in ran.facts["do"]
    assert fingerprint(workspace) == before


@pytest.mark.parametrize("earlier", [True, False])
def test_doctor_brings_a_lost_manifest_back(
    workspace: Path, first_run: FirstRun, capsys: Capture, engine: Engine, earlier: bool
) -> None:
    manifest = Workspace(workspace).manifest()
    (workspace / "tables" / "manifest.json").unlink()
    if not earlier:
        shutil.rmtree(workspace / "tables" / "manifests")
    told = clientela(capsys, "doctor", "--repair", "-w", workspace)
    assert told.code == 0
    assert ("brought back" if earlier else "made of") in told.facts["manifest"]
    repaired = Workspace(workspace).manifest()
    ours = {msgspec.json.encode(file) for file in manifest.files}
    assert {msgspec.json.encode(file) for file in repaired.files} == ours
    assert repaired.currency == manifest.currency
    assert repaired.read >= manifest.read
    again = clientela(capsys, "doctor", "--repair", "--deep", "-w", workspace)
    assert again.facts["manifest"].startswith("needs no repair")


@pytest.mark.parametrize("wrong", ["an earlier one", "edited", "empty", "edited, no journal"])
def test_another_manifest_is_refused(
    workspace: Path, first_run: FirstRun, capsys: Capture, wrong: str
) -> None:
    tables = Workspace(workspace)
    whole, path = tables.manifest(), tables.manifest_path
    earlier = path.read_bytes()
    tables.begin()
    tables.commit(msgspec.structs.replace(whole, read=whole.read + 1))
    if wrong == "an earlier one":
        path.write_bytes(earlier)
    elif wrong == "empty":
        path.write_text("{}")
    else:
        path.write_bytes(manifests.encode(msgspec.structs.replace(whole, files=whole.files[1:])))
    if "no journal" in wrong:
        (workspace / "tables" / ".journal.json").unlink()
    before = fingerprint(workspace)
    ran = clientela(capsys, "run", first_run.source, "--workspace", workspace)
    assert (ran.code, ran.facts["where"]) == (3, str(path))
    assert fingerprint(workspace) == before
    told = clientela(capsys, "doctor", "--repair", "-w", workspace)
    assert "brought back" in told.facts["manifest"]
    assert tables.manifest().files == whole.files
    assert fingerprint(workspace) == before


def test_a_file_of_somebody_elses_stays(workspace: Path, first_run: FirstRun) -> None:
    tables = Workspace(workspace)
    theirs = [tables.tables_folder / place / "theirs.parquet" for place in ("", "transactions")]
    for path in theirs:
        shutil.copy(next(tables.tables_folder.rglob("*.parquet")), path)
    dead = tables.tables_folder / "transactions" / "000009-0.parquet"
    shutil.copy(theirs[0], dead)  # as a run that died would have left it
    tables.begin()
    tables.commit(tables.manifest())
    assert all(path.exists() for path in theirs)
    assert not dead.exists()


def test_tables_and_results_of_an_earlier_build_are_refused_in_words(
    workspace: Path, capsys: Capture
) -> None:
    tables = Workspace(workspace)
    files = []
    for file in tables.manifest().files:
        path = tables.tables_folder / file.path
        if file.table == "transactions":
            pq.write_table(pq.read_table(path).drop_columns(["cost"]), path)
        files.append(msgspec.structs.replace(file, size=path.stat().st_size))
    tables.commit(msgspec.structs.replace(tables.manifest(), files=tuple(files)))
    with closing(sqlite3.connect(workspace / "results.db")) as results:
        results.execute("ALTER TABLE actions RENAME COLUMN action_id TO other_id")
    ran = clientela(capsys, "run", "-w", workspace)
    assert ran.code == 3
    assert "earlier build and lack: cost" in ran.facts["detail"]
    assert "--workspace" in ran.facts["do"]
    found = clientela(capsys, "doctor", "-w", workspace).facts
    assert "lack: cost" in found["workspace"]
    assert "another build" in found["results database"]


def test_a_failed_replacement_of_a_lost_manifest_loses_nothing(
    workspace: Path, tmp_path: Path, capsys: Capture
) -> None:
    (workspace / "tables" / "manifest.json").unlink()
    before = fingerprint(workspace)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n", "utf-8")
    ran = clientela(capsys, "run", wrong, "--replace", "-w", workspace, "-c", QUICK)
    assert ran.code == 2
    assert fingerprint(workspace) == before


def test_another_buckets_file_is_named(
    workspace: Path, first_run: FirstRun, capsys: Capture
) -> None:
    folder = workspace / "tables"
    sales = [file for file in Workspace(workspace).manifest().of("transactions") if file.rows]
    one, other = sales[0], next(file for file in sales if file.size != sales[0].size)
    shutil.copy(folder / other.path, folder / one.path)
    ran = clientela(capsys, "run", "-w", workspace)
    assert ran.code == 3
    assert f"{one.path} has another size" in ran.facts["detail"]
    (folder / one.path).unlink()
    ran = clientela(capsys, "run", first_run.source, "-w", workspace)
    assert ran.code == 3
    assert f"{one.path} is missing" in ran.facts["detail"]


def test_a_flipped_bit_is_found_by_a_deep_look(workspace: Path, capsys: Capture) -> None:
    file = Workspace(workspace).manifest().files[0]
    path = workspace / "tables" / file.path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert clientela(capsys, "doctor", "-w", workspace).code == 0
    ran = clientela(capsys, "doctor", "--deep", "-w", workspace)
    assert ran.code == 3
    assert f"{file.path} has other content" in ran.facts["detail"]


def test_the_last_manifests_stay_and_old_ones_go(
    workspace: Path, first_run: FirstRun, capsys: Capture
) -> None:
    tables = Workspace(workspace)
    for _ in range(4):
        tables.begin()
        tables.commit(tables.manifest())
    assert len(list((workspace / "tables" / "manifests").glob("*.json"))) == 3
    assert {str(path) for path in tables.paths("transactions")} <= {
        str(path) for path in (workspace / "tables").rglob("*.parquet")
    }


def test_damage_of_the_same_size_is_a_sentence(workspace: Path, capsys: Capture) -> None:
    largest = max((workspace / "tables" / "transactions").rglob("*.parquet"), key=_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 200] = b"\xff" * 200
    largest.write_bytes(content)
    ran = clientela(capsys, "run", "--workspace", workspace)
    assert ran.code == 3
    assert f"{largest.name} has other content" in ran.facts["detail"]
    assert "restore the workspace" in ran.facts["do"]


def _size(path: Path) -> int:
    return path.stat().st_size


@pytest.mark.parametrize("words", [("person", "12346"), ("backtest", "--config", str(QUICK))])
@pytest.mark.parametrize("how", ["another's", "empty", "flipped"])
def test_a_command_that_reads_a_damaged_file_names_it(
    workspace: Path, capsys: Capture, words: tuple[str, ...], how: str
) -> None:
    paths = sorted((workspace / "tables" / "transactions" / "kind=sale").rglob("*.parquet"))
    if how == "another's":
        shutil.copy(paths[1], paths[0])
    elif how == "empty":
        paths[0].write_bytes(b"")
    else:
        content = bytearray(paths[0].read_bytes())
        content[4 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4)
        paths[0].write_bytes(content)
    ran = clientela(capsys, *words, "-w", workspace)
    assert ran.code == 3
    assert paths[0].name in ran.facts["detail"]
