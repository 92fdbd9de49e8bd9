"""Kills at every stage of a run, at random moments, and at every step of what else writes."""

import random
import time
from pathlib import Path

from clientela.store.erasures import read_requests
from tests.shop import FirstRun
from tests.store.killed import CUSTOMERS
from tests.store.runs import everything, record
from tests.store.test_killed import _check_whole, _kill_at
from tests.torture.score import Score
from tests.torture.workspace import (
    check_whole,
    copy_workspace,
    kill_at,
    make_workspace,
    read_results,
    run_options,
    run_to_end,
    start,
)

STAGES = ("read", "clean", "account", "snapshot", "segment", "value", "churn", "programme",
          "report", "publish")  # fmt: skip
STEPS = ("find", "tables", "models", "results", "scrub", "receipt")
RANDOM_RUNS, NIGHTS = 84, 50  # the nights read a file with one more order
PROGRAMME = (("propose",), ("approve", "1", "--by", "Ana"), ("launch",))
POINTS = ("before the first row", "among the customers", "before the commit", "after the commit")
FORGOTTEN = "12361"


def attack(score: Score, folder: Path) -> None:
    """Kill runs, erasures, the programme's commands and publishing, and run again each time."""
    first = make_workspace(folder.parent / "first")
    before = read_results(first.workspace)[1]
    grown = _write_grown(first, folder)
    for number, stage in enumerate(2 * STAGES):
        words = (first.source, "--replace") if number < len(STAGES) else (grown,)
        score.run(
            f"run at {stage} {number}", lambda: _kill_run(first, folder, words, stage, before)
        )
    for number in range(RANDOM_RUNS):
        is_night = number < NIGHTS
        words = (grown,) if is_night else (first.source, "--replace")
        score.run(
            f"{'night' if is_night else 'run'} at random {number}",
            lambda: _kill_anywhere(first, folder, words, number, before),
        )
    for number, step in enumerate(3 * STEPS):
        score.run(f"forget at {step} {number}", lambda: _kill_forget(first, folder, step))
    for seconds in (0.3, 0.6, 0.9, 1.2, 1.6, 2.0, 2.5, 3.0):
        score.run(f"programme {seconds}", lambda: _kill_programme(first, folder, seconds, before))
    for number, point in enumerate(5 * POINTS):
        score.run(f"publish {point} {number}", lambda: _kill_publish(folder, point))


def _write_grown(first: FirstRun, folder: Path) -> Path:
    """Write the file with one more order, nobody's: what was read before is not opened again."""
    lines = first.source.read_text("utf-8").splitlines()
    number, product, text, *_ = lines[-1].split(",")
    grown = folder / "grown.csv"
    order = f"{int(number) + 1},{product},{text},1,2011-12-09 20:00:00,0.85,,United Kingdom"
    grown.write_text("\n".join([*lines, order]) + "\n", "utf-8")
    return grown


def _kill_run(
    first: FirstRun, folder: Path, words: tuple[str | Path, ...], stage: str, before: str
) -> None:
    copy = copy_workspace(first, folder / "w")
    process = start("run", *words, "--refit", *run_options(copy))
    kill_at(process, f"stage={stage}")
    check_whole(copy, {before})


def _kill_anywhere(
    first: FirstRun, folder: Path, words: tuple[str | Path, ...], number: int, before: str
) -> None:
    copy = copy_workspace(first, folder / "w")
    process = start("run", *words, *run_options(copy))
    time.sleep(random.Random(number).uniform(0.2, 8.0 if len(words) == 1 else 12.0))  # noqa: S311 - no secret hangs on it
    process.kill()
    process.communicate()
    check_whole(copy, {before})
    if number % 5 == 0:  # the next one works
        code, said = run_to_end("run", words[0], *run_options(copy))
        assert code == 0, said[-400:]
        check_whole(copy, {before})


def _kill_forget(first: FirstRun, folder: Path, step: str) -> None:
    copy = copy_workspace(first, folder / "w")
    kill_at(start("forget", FORGOTTEN, "-w", copy), f"step={step}")
    code, said = run_to_end("forget", "--queued", "-w", copy)
    assert code == 0, said[-400:]
    assert read_requests(f"sqlite:///{copy}/results.db") == []
    assert FORGOTTEN not in read_results(copy)[1], "the person came back"
    for path in copy.rglob("*"):
        assert not path.is_file() or FORGOTTEN.encode() not in path.read_bytes(), path


def _kill_programme(first: FirstRun, folder: Path, seconds: float, before: str) -> None:
    copy = copy_workspace(first, folder / "w")
    for words in PROGRAMME:
        process = start("programme", *words, "-w", copy)
        time.sleep(seconds)
        process.kill()
        process.communicate()
        run_to_end("programme", *words, "-w", copy)
    check_whole(copy, {before})
    code, said = run_to_end("programme", "show", "-w", copy)
    assert code == 0, said[-400:]


def _kill_publish(folder: Path, point: str) -> None:
    from clientela.store.publish import publish

    path = folder / "publish.db"
    for left in folder.glob("publish.db*"):
        left.unlink()
    url = f"sqlite:///{path}"
    publish(url, record(1), everything(3, segment=1))
    _kill_at(url, point)
    current = 2 if point == "after the commit" else 1
    _check_whole(url, current, 3 if current == 1 else CUSTOMERS)
