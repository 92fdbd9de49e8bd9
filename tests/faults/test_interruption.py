"""Ctrl-C and SIGTERM: one sentence, the signal's exit code, nothing left behind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shop import QUICK, small_shop

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


@pytest.mark.parametrize("number", CODES)
@pytest.mark.parametrize("stage", ["read", "snapshot"])
def test_a_signal_ends_a_run_cleanly(tmp_path: Path, number: signal.Signals, stage: str) -> None:
    source = small_shop(tmp_path / "shop").transactions
    workspace = tmp_path / "w"
    options = ["--workspace", str(workspace), "--config", str(QUICK)]
    process = subprocess.Popen(
        [sys.executable, "-m", "clientela", "run", str(source), *options],
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
    assert process.wait() == CODES[number]
    assert lines[-1].startswith("Error: ")
    assert "Traceback" not in "".join(lines)
    assert not (workspace / ".work").exists()
    assert not (workspace / "results.db").exists()
