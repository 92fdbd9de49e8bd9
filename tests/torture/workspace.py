"""A workspace to attack, commands in processes of their own, and what must be true afterwards."""

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from clientela.tables.workspace import Workspace
from tests.shop import QUICK, FirstRun

PATIENCE_S = 900  # a quick run takes seconds of CPU; one of nine on two cores needed over 180

EACH = """
import json, sys
from clientela.cli import main
print(json.dumps([main(words) for words in json.loads(sys.argv[1])]))
"""


def make_workspace(folder: Path) -> FirstRun:
    """Make the small shop and the workspace of its first run, once."""
    folder.mkdir(parents=True, exist_ok=True)
    made = FirstRun(folder)
    made.make()
    return made


def copy_workspace(first: FirstRun, folder: Path) -> Path:
    """Copy the workspace over whatever an earlier case left."""
    shutil.rmtree(folder, ignore_errors=True)
    return first.copy(folder)


def start(*arguments: str | Path, limit_bytes: int | None = None) -> subprocess.Popen[str]:
    """Start a command; files it writes may not pass a limit."""

    def limit() -> None:
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return subprocess.Popen(
        [sys.executable, "-m", "clientela", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )


def run_to_end(*arguments: str | Path, limit_bytes: int | None = None) -> tuple[int, str]:
    """Run a command and return its exit code and standard error; no trace may be in it."""
    process = start(*arguments, limit_bytes=limit_bytes)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in err, err[-400:]
    return process.returncode, err + out


def run_each_to_end(*commands: tuple[str | Path, ...]) -> list[int]:
    """Run commands in one process, which loads the modules once; return their exit codes.

    No trace may be in what they say, and none of them may end the process.
    """
    words = json.dumps([[str(word) for word in command] for command in commands])
    ended = subprocess.run(
        [sys.executable, "-c", EACH, words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        check=False,
    )
    assert "Traceback" not in ended.stderr, ended.stderr[-400:]
    assert ended.returncode == 0, f"ended with {ended.returncode}: {ended.stderr[-300:]}"
    codes: list[int] = json.loads(ended.stdout.splitlines()[-1])
    return codes


def kill_at(process: subprocess.Popen[str], mark: str) -> None:
    """Kill a process as soon as it says something; one that ended before is a fault of the case."""
    assert process.stderr is not None
    for line in process.stderr:
        if mark in line:
            os.kill(process.pid, signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL, f"failed: never said {mark}"


def read_results(workspace: Path) -> tuple[str, str]:
    """Return the published run and its customers, as one text."""
    with closing(sqlite3.connect(workspace / "results.db")) as connection:
        (run_id,) = connection.execute("SELECT run_id FROM current_run").fetchone()
        rows = connection.execute(
            "SELECT customer_id, orders, revenue FROM current_customers ORDER BY customer_id"
        ).fetchall()
        (whole,) = connection.execute("PRAGMA integrity_check").fetchone()
    assert whole == "ok", f"lost: {whole}"
    return run_id, json.dumps(rows)


def check_whole(workspace: Path, wanted: set[str]) -> None:
    """Assert that tables and results are whole, and the customers some that may be there."""
    held = Workspace(workspace)
    held.recovery.sweep()
    held.check_files()
    _, rows = read_results(workspace)
    assert rows in wanted, "lost: the customers are neither those before nor those after"


def run_options(workspace: Path) -> tuple[str, ...]:
    """Return the options of a quick run."""
    return ("--workspace", str(workspace), "--config", str(QUICK))
