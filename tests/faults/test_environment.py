"""What a busy workspace, a full disk and a later database say, and their exit codes."""

import os
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from clientela.tables.workspace import Workspace
from tests.shop import QUICK, FirstRun, clientela


@pytest.fixture
def source(first_run: FirstRun) -> Path:
    return first_run.source


def test_two_runs_at_once(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Workspace(tmp_path).lock():
        ran = clientela(capsys, "run", source, "--workspace", tmp_path)
    assert ran.code == 3
    assert ran.facts["type"].endswith(":locked")
    assert ran.facts["retry"] is True
    assert f"process {os.getpid()} on " in ran.facts["detail"]
    assert not (tmp_path / "results.db").exists()
    with Workspace(tmp_path).lock():
        pass  # what was refused holds nothing


@pytest.mark.parametrize("kilobytes", [4, 24, 200])
def test_a_full_disk(source: Path, tmp_path: Path, kilobytes: int) -> None:
    limit = kilobytes * 1024
    options = ["--workspace", str(tmp_path), "--config", str(QUICK)]
    ran = subprocess.run(
        [sys.executable, "-m", "clientela", "run", str(source), *options],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert ran.returncode == 3, ran.stderr
    assert "free" in ran.stderr.splitlines()[-1]
    assert "Traceback" not in ran.stderr
    if (tmp_path / "results.db").exists():
        with sqlite3.connect(tmp_path / "results.db") as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE name='runs'")
            if tables.fetchone():
                assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)
        connection.close()


def test_a_results_database_of_a_later_version(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_run.copy(tmp_path)
    with sqlite3.connect(tmp_path / "results.db") as connection:
        connection.execute("UPDATE clientela_version SET version_num = '9999'")
    connection.close()
    ran = clientela(capsys, "run", "--workspace", tmp_path)
    assert ran.code == 3
    assert ran.facts["type"].endswith(":store-too-new")
    assert ran.facts["retry"] is False


def test_a_workspace_of_a_later_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "manifest.json").write_text('{"format": 99}')
    ran = clientela(capsys, "run", "--workspace", tmp_path)
    assert ran.code == 3
    assert "later version" in ran.facts["detail"]


def test_a_damaged_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "manifest.json").write_text('{"format": ')
    ran = clientela(capsys, "run", "--workspace", tmp_path)
    assert (ran.code, ran.facts["title"]) == (3, "The workspace is damaged")
