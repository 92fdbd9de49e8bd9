"""The workspace of a simulated shop after its run, with fitted models, made if it is not there."""

import subprocess
import sys
from pathlib import Path

WORK = Path(__file__).parent / ".work" / "made"
CUSTOMERS = 2_000


def workspace() -> Path:
    """Give the folder of the workspace."""
    place = WORK / "workspace"
    if not (WORK / "done").exists():
        _clientela("simulate", "retail", "--out", WORK / "shop", "--customers", CUSTOMERS)
        _clientela("run", WORK / "shop" / "transactions.csv", "-w", place, "--replace", "--refit")
        (WORK / "done").touch()
    return place


def _clientela(*words: object) -> None:
    command = [sys.executable, "-m", "clientela", *map(str, words), "--json"]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - ours
