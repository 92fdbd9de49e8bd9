"""Ctrl-C and SIGTERM: one sentence, the signal's exit code, nothing left behind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shop import QUICK, FirstRun


@pytest.mark.parametrize(
    ("stage", "number", "code"),
    [("read", signal.SIGINT, 130), ("snapshot", signal.SIGTERM, 143)],
)
def test_a_signal_ends_a_run_cleanly(
    first_run: FirstRun, tmp_path: Path, stage: str, number: signal.Signals, code: int
) -> None:
    workspace = tmp_path / "w"
    sources = [str(first_run.source)]
    if stage != "read":  # the tables are there already
        first_run.copy(workspace)
        (workspace / "results.db").unlink()
        sources = []
    options = ["--workspace", str(workspace), "--config", str(QUICK)]
    process = subprocess.Popen(
        [sys.executable, "-m", "clientela", "run", *sources, *options],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if f"stage={stage}" in line:
            process.send_signal(number)
    process.stderr.close()
    assert process.wait() == code
    assert lines[-1].startswith("Error: ")
    assert "Traceback" not in "".join(lines)
    assert not (workspace / ".work").exists()
    assert not (workspace / "results.db").exists()


EARLY = """
block = signal.pthread_sigmask
def interrupt(how, signals):
    before = block(how, signals)
    if signals and how == signal.SIG_BLOCK:
        os.kill(os.getpid(), signal.SIGINT)
    return before
signal.pthread_sigmask = interrupt
"""
LATE = "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))"


@pytest.mark.parametrize(("when", "code"), [(EARLY, 130), (LATE, 0)])
def test_a_signal_before_or_after_the_work_is_no_stack_trace(when: str, code: int) -> None:
    """It waits until the command handles it; what is done stays done."""
    script = f"import atexit, os, signal, sys\n{when}\nsys.argv[1:] = ['--version']\n"
    script += "from clientela.__main__ import run\nrun()"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("Error: interrupted") == bool(code)
