"""A killed run leaves the old results whole, and the next one works.

The short form: ``make torture`` kills at every stage, in every command, and at random.
"""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.shop import QUICK, FirstRun, clientela, small_shop

STAGES = ("publish",)  # the last: everything that was written before is there to be half done


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another shop than that of the first run, whose orders have numbers of their own."""
    path = small_shop(tmp_path_factory.mktemp("source"), seed=2).transactions
    text = re.sub(r"(?m)^(C?)5", r"\g<1>8", path.read_text("utf-8"))
    path.write_text(text, "utf-8")
    return path


def results(workspace: Path) -> tuple[str, list[tuple[object, ...]]]:
    with sqlite3.connect(workspace / "results.db") as connection:
        (run_id,) = connection.execute("SELECT run_id FROM current_run").fetchone()
        rows = connection.execute(
            "SELECT customer_id, segment, revenue FROM current_customers ORDER BY customer_id"
        ).fetchall()
    connection.close()
    return run_id, rows


def kill_at(stage: str, source: Path, workspace: Path) -> None:
    """Start a run and kill it as soon as it says that the stage begins."""
    options = ["--workspace", str(workspace), "--config", str(QUICK)]
    process = subprocess.Popen(
        [sys.executable, "-m", "clientela", "run", str(source), *options],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if f"stage={stage}" in line:
            os.kill(process.pid, signal.SIGKILL)
            break
    process.stderr.close()
    assert process.wait() == -signal.SIGKILL, f"the run ended before the stage {stage}"


@pytest.mark.slow
def test_killed_runs_change_nothing_and_the_next_one_works(
    first_run: FirstRun,
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy = first_run.copy(tmp_path / "workspace")
    before = results(copy)
    for stage in STAGES:
        with closing(sqlite3.connect(copy / "results.db")) as writer:
            writer.execute("BEGIN IMMEDIATE")  # so that the last stage lasts until it is killed
            kill_at(stage, source, copy)
        assert results(copy) == before
    ran = clientela(capsys, "run", source, "--workspace", copy)
    assert ran.code == 0, ran.out
    run_id, rows = results(copy)
    assert run_id == ran.facts["run_id"] != before[0]
    assert len(rows) == ran.facts["customers"]
    assert not list(copy.rglob("*.tmp"))
    assert not (copy / ".work").exists()
