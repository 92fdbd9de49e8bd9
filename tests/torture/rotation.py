"""Rotations of the pseudonyms' key, killed at every step and beside a server that is asked.

Nobody is lost, no old id is left, and no answer is of two keys.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from clientela.sources.ids import pseudonym
from clientela.store.access_log import AccessLog
from clientela.store.replaced_ids import list_ids
from tests.privacy.planted import find_traces_in
from tests.shop import QUICK, FirstRun
from tests.torture.score import Score
from tests.torture.workspace import PATIENCE_S, kill_at, make_workspace, run_to_end, start

STEPS = ("note", "tables", "results", "scrub", "log", "end")
BESIDE = 2
PAUSE_S = 0.1  # by convention, before who was refused asks again
SECOND = b"the-second"
KEY, NEW = "CLIENTELA_HMAC_KEY", "CLIENTELA_HMAC_KEY_NEW"


def attack(score: Score, folder: Path) -> None:
    """Kill a rotation twice at each step, and let it end; then read the same file again."""
    first = make_workspace(folder.parent / "first")
    config, whole = folder / "clientela.toml", folder / "whole"
    config.write_text(QUICK.read_text("utf-8") + "\n[privacy]\nhash_ids = true\n", "utf-8")
    os.environ[KEY] = "the-first"
    if not (whole / "results.db").exists():
        code, said = run_to_end("run", first.source, "-w", whole, "-c", config)
        assert code == 0, said[-400:]
        for words in (("propose",), ("approve", "1", "--by", "ana"), ("launch",)):
            code, said = run_to_end("programme", *words, "-w", whole, "-c", config)
            assert code == 0, said[-400:]
    for number, step in enumerate(2 * STEPS):
        score.run(
            f"rotation at {step} {number}", lambda: _kill_rotation(first, whole, config, step)
        )
    for number in range(BESIDE):
        score.run(f"rotation beside a server {number}", lambda: _rotate_beside(whole, config))
    os.environ.pop(KEY, None)


def _rotate_beside(whole: Path, config: Path) -> None:
    """Rotate while four ask without a pause; from its end on the new ids alone are known."""
    copy = whole.with_name("w")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(whole, copy)
    place = ("-w", str(copy), "-c", str(config))
    with closing(sqlite3.connect(copy / "results.db")) as connection:
        query = "SELECT customer_id FROM current_customers ORDER BY customer_id"
        old = [row[0] for row in connection.execute(query)]
    os.environ.update({KEY: "the-first", NEW: "the-second"})
    command = [sys.executable, "-m", "clientela", "serve", "--port", "0", *place]
    said_by_server = (copy.parent / "server.log").open("w")  # a pipe nobody reads would fill up
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said_by_server, text=True)
    try:
        assert server.stdout is not None
        address = next(line for line in server.stdout if line.startswith("Clientela API: "))
        url = address.split()[2].rstrip("/")
        statuses, stop = Counter[int](), threading.Event()
        askers = [threading.Thread(target=_ask, args=(url, old, stop, statuses)) for _ in range(4)]
        for asker in askers:
            asker.start()
        code, said = run_to_end("keys", "rotate", *place)
        known = [_look_up(url, ids) for ids in (old, [pseudonym(id_, SECOND) for id_ in old])]
        stop.set()
        for asker in askers:
            asker.join()
    finally:
        server.terminate()
        server.communicate(timeout=PATIENCE_S)
        os.environ.pop(NEW, None)
    assert code == 0, said[-400:]
    assert known == [0, len(old)], f"seen: {known} of {len(old)} old and new ids"
    assert statuses[200] > 0
    assert not statuses.keys() - {200, 404, 410, 503}, f"failed: {statuses}"
    log = AccessLog(f"sqlite:///{copy}/access.db", copy / "access.key")
    log.verify()
    gone = {log.hash_person(id_) for id_ in old}
    named = {name for row in log.read() for name in row.persons.split()}
    assert named, "lost: nobody is in the log"
    assert not named & gone, "lost: the log names people by ids that nobody has"


def _ask(url: str, ids: list[str], stop: threading.Event, statuses: Counter[int]) -> None:
    number = 0
    while not stop.is_set():
        number += 1
        id_ = ids[number % len(ids)]
        paths = (f"customers/{id_}", f"persons/{id_}/orders", f"segments/lookup?id={id_}&id=x")
        try:
            with urllib.request.urlopen(f"{url}/v1/{paths[number % 3]}") as answer:  # noqa: S310
                statuses[answer.status] += 1
        except urllib.error.HTTPError as error:
            statuses[error.code] += 1
            time.sleep(PAUSE_S)
        except OSError:
            statuses[599] += 1
            time.sleep(PAUSE_S)


def _look_up(url: str, ids: list[str]) -> int:
    """Return how many of some ids have a segment, asked for twice: the second is from memory."""
    body = json.dumps({"ids": ids}).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/segments/lookup", body, headers)  # noqa: S310
    answers: list[Any] = []
    for _ in range(2):
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - ours, on loopback
            answers.append(json.load(answer)["results"])
    counts = {sum(row["segment"] is not None for row in rows) for rows in answers}
    return max(counts)


def _kill_rotation(first: FirstRun, whole: Path, config: Path, step: str) -> None:
    copy = whole.with_name("w")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(whole, copy)
    place = ("-w", str(copy), "-c", str(config))
    before, old = _read_figures(copy), list_ids(f"sqlite:///{copy}/results.db")
    assert old, "failed: no pseudonym to lose"
    assert before[1], "failed: no member to lose"
    os.environ.update({KEY: "the-first", NEW: "the-second"})
    kill_at(start("keys", "rotate", *place), f"step={step}")
    if step != "note":
        code, said = run_to_end("run", first.source, *place)
        assert code == 3, f"a run between two keys: {said[-400:]}"
        assert "keys rotate" in said
    code, said = run_to_end("keys", "rotate", *place)
    assert code == 0, said[-400:]
    assert find_traces_in(copy, tuple(old)) == [], "lost: an old pseudonym is left"
    assert _read_figures(copy) == before, "lost: other customers, or members, than before"
    del os.environ[NEW]
    os.environ[KEY] = "the-first the-second"
    out, err = start("run", first.source, "--json", *place).communicate(timeout=PATIENCE_S)
    assert out.startswith("{"), err[-400:]
    facts = json.loads(out)
    assert facts["rows_already_held"] == facts["rows_in"], "lost: lines were not recognised"
    assert _read_figures(copy)[0] == before[0], "lost: customers"


def _read_figures(workspace: Path) -> tuple[object, ...]:
    """Return orders and revenue of the customers, and the ledger's days, without any id."""
    with closing(sqlite3.connect(workspace / "results.db")) as connection:
        customers = connection.execute(
            "SELECT orders, revenue FROM current_customers ORDER BY orders, revenue"
        ).fetchall()
        members = connection.execute(
            "SELECT entered_on, left_on FROM programme_memberships ORDER BY position"
        ).fetchall()
    return customers, members
