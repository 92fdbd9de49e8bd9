"""Run the attack, part by part: ``python -m tests.torture [PART…] [--fresh]``."""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conftest import ROOT
from tests.torture import airflow, backfill, files, kills, notebook, requests, rotation, spark
from tests.torture.score import COUNTS, Score
from tests.torture.workspace import make_workspace

FOLDER = ROOT / "build" / "torture"
AT_ONCE = 2  # parts, each in a process of its own: the cores that an hour is counted on
WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
PLANTED = (
    "tests/privacy",
    "tests/serving/test_roles.py",
    "tests/serving/test_login.py",
    "tests/serving/test_oidc.py",
    "tests/store/test_killed.py",
    "tests/serving/test_schemathesis.py",
)
LONG = {"CLIENTELA_EXAMPLES": "100"}  # where `make test` draws a few


def search_planted(score: Score, folder: Path) -> None:
    """Run the tests that plant secrets and persons, the matrix of roles, and requests drawn."""
    for name in PLANTED:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
        score.run(name, lambda: _check(command))


def _check(command: list[str]) -> None:
    long = os.environ | LONG
    ended = subprocess.run(command, cwd=ROOT, env=long, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-600:]


# The longest first, so that none is left alone at the end
PARTS: dict[str, Callable[[Score, Path], None]] = {
    "damage": files.damage_files,
    "roles": requests.fuzz_roles,
    "kills": kills.attack,
    "files": files.read_broken,
    "rotation": rotation.attack,
    "disks": files.fill_disks,
    "connections": requests.crowd_connections,
    "postgres": requests.kill_postgres,
    "planted": search_planted,
    "backfill": backfill.attack,
    "notebook": notebook.attack,
    "airflow": airflow.attack,
    "spark": spark.attack,
}


def main(words: list[str]) -> int:
    """Run the parts asked for, or all, two at a time, and print the figures of all that ran."""
    chosen = [word for word in words if not word.startswith("-")] or list(PARTS)
    if "--fresh" in words:  # the shop too, and of parts that are not asked for nothing
        for name in ("first", *chosen):
            shutil.rmtree(FOLDER / name, ignore_errors=True)
            (FOLDER / f"{name}.json").unlink(missing_ok=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    if len(chosen) == 1:
        _attack(chosen[0])
        return 0 if "--one" in words else report()
    make_workspace(FOLDER / "first")  # which several parts copy
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(_attack_apart, chosen))
    return report()


def _attack_apart(name: str) -> None:
    subprocess.run([sys.executable, "-m", "tests.torture", name, "--one"], cwd=ROOT, check=False)


def _attack(name: str) -> None:
    folder = FOLDER / name
    folder.mkdir(exist_ok=True)
    began, spent = time.monotonic(), _measure_cpu()
    PARTS[name](Score(FOLDER / f"{name}.json"), folder)
    seconds, cpu = time.monotonic() - began, _measure_cpu() - spent
    print(f"{name}: {seconds:.0f} s, {cpu:.0f} CPU s", flush=True)


def _measure_cpu() -> float:
    """Return the CPU seconds of this process and of those that it started and saw end."""
    own, others = (resource.getrusage(who) for who in WHO)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


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
