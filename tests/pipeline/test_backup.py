"""A workspace backed up and restored in an empty place gives the same results."""

import tarfile
from pathlib import Path

import pytest

from clientela.errors import InputError, Locked
from clientela.pipeline.backup import back_up, restore
from clientela.store.read import open_reader
from clientela.tables.workspace import Workspace
from tests.shop import FirstRun, clientela


def read_results(workspace: Path) -> list[object]:
    reader = open_reader(f"sqlite:///{workspace / 'results.db'}")
    try:
        names = ("figures", "segments", "models", "checks")
        return [*(reader.table(name).content for name in names), reader.page(None, None, 50)]
    finally:
        reader.close()


@pytest.fixture
def archive(first_run: FirstRun, tmp_path: Path) -> Path:
    workspace = first_run.copy(tmp_path / "workspace")
    back_up(workspace, tmp_path / "monday.tar")
    return tmp_path / "monday.tar"


def test_what_is_restored_gives_the_same_results(
    first_run: FirstRun, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there"
    ran = clientela(capsys, "restore", archive, "--workspace", there)
    assert ran.code == 0, ran.err
    assert read_results(there) == read_results(first_run.workspace)
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
        restore(cut, tmp_path / "a")
    with tarfile.open(archive) as tar:
        place = tar.getmember("results.db").offset_data + 5_000
    changed = tmp_path / "changed.tar"
    changed.write_bytes(content[:place] + b"XXXX" + content[place + 4 :])
    with pytest.raises(InputError, match=r"results\.db is not as it was written"):
        restore(changed, tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "changed.tar",
        "cut.tar",
        "monday.tar",
        "workspace",
    ]


def test_no_run_goes_on_meanwhile(first_run: FirstRun, tmp_path: Path) -> None:
    workspace = first_run.copy(tmp_path / "workspace")
    with Workspace(workspace).lock(), pytest.raises(Locked):
        back_up(workspace, tmp_path / "monday.tar")
    assert not list(tmp_path.glob("*.tar*"))
