"""Run the attack, part by part: ``python -m tests.torture [PART…] [--fresh]``."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import ROOT
from tests.torture import airflow, backfill, files, kills, notebook, requests, rotation
from tests.torture.score import COUNTS, Score

FOLDER = ROOT / "build" / "torture"
PLANTED = (
    "tests/privacy",
    "tests/serving/test_roles.py",
    "tests/serving/test_login.py",
    "tests/serving/test_oidc.py",
    "tests/store/test_killed.py",
)


def search_planted(score: Score, folder: Path) -> None:
    """Run the tests that plant secrets and persons and look for them, and the matrix of roles."""
    for name in PLANTED:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
        score.run(name, lambda: _check(command))


def _check(command: list[str]) -> None:
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-600:]


PARTS: dict[str, Callable[[Score, Path], None]] = {
    "kills": kills.attack,
    "disks": files.fill_disks,
    "damage": files.damage_files,
    "files": files.read_broken,
    "roles": requests.fuzz_roles,
    "connections": requests.crowd_connections,
    "postgres": requests.kill_postgres,
    "planted": search_planted,
    "backfill": backfill.attack,
    "rotation": rotation.attack,
    "notebook": notebook.attack,
    "airflow": airflow.attack,
}


def main(words: list[str]) -> int:
    """Run the parts asked for, or all, and print the figures of all that ran."""
    if "--fresh" in words:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    chosen = [word for word in words if not word.startswith("-")] or list(PARTS)
    for name in chosen:
        folder = FOLDER / name
        folder.mkdir(exist_ok=True)
        began = time.monotonic()
        PARTS[name](Score(FOLDER / f"{name}.json"), folder)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return report()


def report() -> int:
    """Print the figures; the exit code is 1 where anything went wrong."""
    scores = {name: Score(FOLDER / f"{name}.json") for name in PARTS}
    print(f"\n{'part':<14}" + "".join(f"{name:>20}" for name in COUNTS))
    for name, score in scores.items():
        print(f"{name:<14}" + "".join(f"{score.counts[key]:>20,}" for key in COUNTS))
    sums = {key: sum(score.counts[key] for score in scores.values()) for key in COUNTS}
    print(f"{'all':<14}" + "".join(f"{sums[key]:>20,}" for key in COUNTS))
    for score in scores.values():
        for fault in score.faults:
            print(fault)
    return 1 if any(sums[key] for key in COUNTS[1:]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
