"""The nightly notebook, run by papermill as a schedule would: once, again, and on a wrong file."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.notebooks.stored import printed, read
from tests.shop import QUICK, small_shop
from tests.torture.score import Score

NOTEBOOK = ROOT / "deploy" / "papermill" / "nightly.ipynb"


def attack(score: Score, folder: Path) -> None:
    """Run the notebook three times in one workspace."""
    inbox = folder / "inbox"
    if not inbox.exists():
        small_shop(inbox)
    score.run("notebook", lambda: _run_notebook(folder, "transactions.csv", 0))
    score.run("notebook again", lambda: _run_notebook(folder, "transactions.csv", 0))
    score.run("notebook of no file", lambda: _run_notebook(folder, "nothing.csv", 1))


def _run_notebook(folder: Path, name: str, code: int) -> None:
    kept = folder / "out.ipynb"
    command = [
        *(sys.executable, "-m", "papermill", str(NOTEBOOK), str(kept), "--no-progress-bar"),
        *("-p", "files", f"inbox/{name}", "-p", "config", str(QUICK)),
    ]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == code, ended.stderr[-600:]
    assert ("alerts open:" in printed(read(kept))) == (code == 0)
    results = folder / "clientela-data" / "results.db"
    assert results.stat().st_mode & 0o077 == 0
