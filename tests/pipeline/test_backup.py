"""A workspace backed up and restored in an empty place gives the same results."""

import datetime as dt
import hashlib
import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from clientela.errors import InputError, Locked
from clientela.pipeline.backup import RESTORING, back_up, restore
from clientela.store.copy import copy_results
from clientela.store.read import open_reader
from clientela.tables.workspace import Workspace
from tests.postgres import new_database
from tests.shop import FirstRun, clientela

NOW = dt.datetime(2024, 5, 1, 2, 15, tzinfo=dt.UTC)


def own_store(workspace: Path) -> str:
    return f"sqlite:///{workspace / 'results.db'}"


def read_results(store: str) -> list[object]:
    reader = open_reader(store)
    try:
        names = ("figures", "segments", "models", "checks")
        return [
            *(reader.table(name).content for name in names),
            reader.read_list("customers", None, None, 50),
        ]
    finally:
        reader.close()


@pytest.fixture
def archive(first_run: FirstRun, tmp_path: Path) -> Path:
    workspace = first_run.copy(tmp_path / "workspace")
    back_up(workspace, str(tmp_path / "monday.tar"), own_store(workspace), NOW)
    return tmp_path / "monday.tar"


def test_what_is_restored_gives_the_same_results(
    first_run: FirstRun, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there"
    ran = clientela(capsys, "restore", archive, "--workspace", there)
    assert ran.code == 0, ran.err
    assert read_results(own_store(there)) == read_results(own_store(first_run.workspace))
    Workspace(there).check_files()
    assert not (there / "backup.json").exists()
    again = clientela(capsys, "restore", archive, "--workspace", there)
    assert (again.code, "not empty" in again.facts["detail"]) == (2, True)
    twice = clientela(capsys, "backup", archive, "--workspace", there)
    assert (twice.code, "already" in twice.facts["detail"]) == (2, True)


def test_a_cut_or_changed_backup_restores_nothing(archive: Path, tmp_path: Path) -> None:
    content = archive.read_bytes()
    cut = tmp_path / "cut.tar"
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="cannot be restored"):
        restore(str(cut), tmp_path / "a")
    with tarfile.open(archive) as tar:
        place = tar.getmember("results.db").offset_data + 5_000
    changed = tmp_path / "changed.tar"
    changed.write_bytes(content[:place] + b"XXXX" + content[place + 4 :])
    with pytest.raises(InputError, match=r"results\.db is not as it was written"):
        restore(str(changed), tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "changed.tar",
        "cut.tar",
        "monday.tar",
        "workspace",
    ]


def write_backup(path: Path, names: Sequence[str], kept: Sequence[str], mode: int) -> str:
    """Write a backup by hand: files with one byte, and hashes of those that are kept."""
    content = msgspec.json.encode(dict.fromkeys(kept, hashlib.sha256(b"x").hexdigest()))
    with tarfile.open(path, "w") as tar:
        for name, text in [*((name, b"x") for name in names), ("backup.json", content)]:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), mode
            tar.addfile(entry, io.BytesIO(text))
    return str(path)


def test_what_is_restored_is_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = write_backup(tmp_path / "a.tar", ["results.db"], ["results.db"], 0o666)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert restore(backup, Path("."))["files"] == 1
    assert (tmp_path / "here" / "results.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["models/churn/current", "../a.txt", "/a.txt"])
def test_a_file_that_the_backup_does_not_name_is_not_restored(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be restored"):
        restore(write_backup(tmp_path / "a.tar", [name], [], 0o600), tmp_path / "there")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]


def test_what_stands_beside_the_place_stays_unless_it_is_ours(
    archive: Path, tmp_path: Path
) -> None:
    beside = tmp_path / "there.restoring"
    beside.mkdir()
    (beside / "photos.zip").write_bytes(b"mine")
    with pytest.raises(InputError, match="something stands there"):
        restore(str(archive), tmp_path / "there")
    assert (beside / "photos.zip").read_bytes() == b"mine"
    (beside / RESTORING).touch()  # as one that was killed leaves it
    restore(str(archive), tmp_path / "there")
    assert not beside.exists()
    assert not (tmp_path / "there" / RESTORING).exists()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / RESTORING).touch()
    (tmp_path / "other.restoring").symlink_to(elsewhere)
    with pytest.raises(InputError, match="something stands there"):
        restore(str(archive), tmp_path / "other")
    assert elsewhere.exists()


def test_no_run_goes_on_meanwhile(first_run: FirstRun, tmp_path: Path) -> None:
    workspace = first_run.copy(tmp_path / "workspace")
    with Workspace(workspace).lock(), pytest.raises(Locked):
        back_up(workspace, str(tmp_path / "monday.tar"), own_store(workspace), NOW)
    assert not list(tmp_path.glob("*.tar*"))


def test_results_of_postgresql_go_with_it_and_come_back(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They come back to an empty database, or to the workspace's own; never over others."""
    workspace, there = first_run.copy(tmp_path / "workspace"), tmp_path / "there"
    first, second = new_database(), new_database()
    copy_results(own_store(workspace), first)
    (workspace / "results.db").unlink()
    archive = tmp_path / "monday.tar"
    ran = clientela(capsys, "backup", archive, "--workspace", workspace, "--store", first)
    assert ran.code == 0, ran.err
    back = clientela(capsys, "restore", archive, "--workspace", there, "--store", second)
    assert (back.code, back.facts["rows"] > 0) == (0, True)
    expected = read_results(own_store(first_run.workspace))
    assert read_results(second) == expected
    assert not list(there.glob("store.db*"))
    over = clientela(capsys, "restore", archive, "--workspace", tmp_path / "x", "--store", second)
    assert (over.code, "not empty" in over.facts["detail"]) == (2, True)
    assert not (tmp_path / "x").exists()
    restore(str(archive), tmp_path / "own")
    assert read_results(own_store(tmp_path / "own")) == expected
