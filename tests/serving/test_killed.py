"""What dies under a serving server: PostgreSQL, and the server itself while a run is published."""

import http.client
import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from clientela.store import load, publish
from tests.postgres import OwnServer
from tests.serving.live import Live, live
from tests.serving.shop import IDS, publish_shop, segment_of
from tests.serving.test_run import wait_until

LOOKUP = "/v1/segments/lookup"
PATHS = ("/v1/filters/count", f"/v1/customers/{IDS[0]}", "/app/segments", "/v1/segments")
MOST_SECONDS = 10.0  # a client's patience; a busy machine answers within a second
PAUSE_SECONDS = 0.1  # each refusal is a line of the server's log, which nobody reads here


class Asker(threading.Thread):
    """A client that asks for several things in turn, and keeps what came and what was wrong."""

    def __init__(self, server: Live) -> None:
        super().__init__()
        self.server = server
        self.stopping = threading.Event()
        self.right = 0
        self.refused = 0
        self.wrong: list[object] = []

    def run(self) -> None:
        body = json.dumps({"ids": IDS[:10]})
        while not self.stopping.is_set():
            try:
                with self.server.connect() as to:
                    self._ask(to, "POST", LOOKUP, body)
                    for path in PATHS:
                        self._ask(to, "GET", path, None)
            except (ConnectionError, http.client.HTTPException):  # the server was killed
                time.sleep(PAUSE_SECONDS)
            except TimeoutError:
                self.wrong.append("no answer")

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: str | None
    ) -> None:
        begun = time.monotonic()
        connection.request(method, path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status == 503:
            self.refused += 1
            kind = "text/html" if path.startswith("/app") else "application/problem+json"
            told = answer.getheader("retry-after"), (answer.getheader("content-type") or "")
            if not (told[0] and told[1].startswith(kind)):
                self.wrong.append((path, *told))
            time.sleep(PAUSE_SECONDS)
        elif answer.status != 200 or (body and not _is_right(json.loads(content))):
            self.wrong.append((path, answer.status, content[:500]))
        else:
            self.right += 1
            time.sleep(PAUSE_SECONDS / 5)
        if time.monotonic() - begun > MOST_SECONDS:
            self.wrong.append((path, answer.status, time.monotonic() - begun))


def _is_right(content: Any) -> bool:
    """Check a look-up by the run that it names, whose number is how far customers moved on."""
    shift = int(content["run_id"][-6:]) - 1
    expected = [segment_of(each, shift) for each in IDS[:10]]
    return [each["segment"] for each in content["results"]] == expected


@contextmanager
def ask_on(server: Live) -> Iterator[list[Asker]]:
    """Let some clients ask without pause, each of whom has had all answers once."""
    askers = [Asker(server) for _ in range(3)]
    with ExitStack() as stack:
        for asker in askers:
            asker.start()
            stack.callback(asker.join, 30)
            stack.callback(asker.stopping.set)
        wait_until(lambda: all(asker.right > len(PATHS) for asker in askers))
        yield askers


def _die_and_return(database: OwnServer, how: signal.Signals, askers: list[Asker]) -> None:
    """Kill the database until all are refused, and start it until all have right answers again."""
    before = [asker.refused for asker in askers]
    database.kill(how)
    _wait_for_more(lambda: [asker.refused for asker in askers], before, len(PATHS))
    database.start()
    before = [asker.right for asker in askers]
    _wait_for_more(lambda: [asker.right for asker in askers], before, 2 * len(PATHS))
    refused = [asker.refused for asker in askers]
    time.sleep(2 * PAUSE_SECONDS)
    assert [asker.refused for asker in askers] == refused


def _wait_for_more(count: Callable[[], list[int]], before: list[int], more: int) -> None:
    wait_until(lambda: all(now > was + more for now, was in zip(count(), before, strict=True)))


@pytest.mark.slow
def test_a_database_that_dies_is_a_503_and_serves_again_after_its_return() -> None:
    """As of an immediate stop, which tells its clients, so of a kill."""
    with OwnServer() as database:
        publish_shop(database.url)
        with live(database.url) as server:
            with ask_on(server) as askers:
                for how in (signal.SIGQUIT, signal.SIGKILL):
                    _die_and_return(database, how, askers)
            _, written = server.stop()
    assert [asker.wrong for asker in askers] == [[], [], []]
    assert "Traceback" not in written


@pytest.mark.slow
def test_a_server_that_is_killed_while_a_run_is_published_leaves_the_store_whole(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_rows = load.load_rows
    with live(store_url) as server, ask_on(server) as askers:

        def load_and_kill(*arguments: Any) -> None:
            load_rows(*arguments)
            with suppress(ProcessLookupError):
                os.killpg(server.process.pid, signal.SIGKILL)

        monkeypatch.setattr(publish, "load_rows", load_and_kill)
        publish_shop(store_url, 2, shift=1)
        server.process.wait(30)
    assert [asker.wrong for asker in askers] == [[], [], []]
    with sqlite3.connect(tmp_path / "results.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    with live(store_url) as server:
        with ask_on(server) as askers:
            assert server.get("/v1/runs/current")[1]["run_id"][-1] == "2"
        assert [(asker.wrong, asker.refused) for asker in askers] == [([], 0)] * 3
