"""Live predictions: from features against a segment look-up, and from transactions, p99.

One worker serves a simulated shop; the CPU is the server's.
``python benchmarks/predicting.py [requests]``
"""

import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

import made
import numpy as np
import pyarrow as pa
from figures import Figure, report
from http_load import measure

from clientela.churn.score import model as churn
from clientela.config import EngineSettings
from clientela.engine import connect
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.card import FeatureType
from clientela.store.read import open_reader
from clientela.tables.workspace import Workspace

ROUNDS, TIMED = 5, 300
RATIO, MOST_P99_MS, P99_MS = 3.0, 100.0, 75.0
LINES = 20
PREDICTIONS = "/v1/churn/predictions"


def main(requests: int = 1_000) -> int:
    """Measure both and report them."""
    folder = made.workspace()
    (ids, features), lines = read_features(folder), list_transactions(folder)
    look_ups = [write_post("/v1/segments/lookup", {"ids": [customer_id]}) for customer_id in ids]
    posted = [
        write_post("/v1/churn/predictions", {"items": [{"features": row}]}) for row in features
    ]
    with _server(folder) as (pid, port):
        _measure_waits(port, lines[:20])
        rounds = [
            (measure(pid, port, look_ups, requests), measure(pid, port, posted, requests))
            for _ in range(ROUNDS)
        ]
        waits = _measure_waits(port, lines)
    ratio = median(live.server_us / look_up.server_us for look_up, live in rounds)
    p99 = float(np.percentile(waits, 99)) * 1e3
    figures = [
        Figure("look-up of one", median(one.server_us for one, _ in rounds), unit="CPU us"),
        Figure("churn from features", median(live.server_us for _, live in rounds), unit="CPU us"),
        Figure("times the look-up", ratio, limit=RATIO),
        Figure(f"churn from up to {LINES} lines, median", float(np.median(waits)) * 1e3, unit="ms"),
        Figure(
            f"churn from up to {LINES} lines, 99th percentile",
            p99,
            unit="ms",
            limit=MOST_P99_MS,
            goal=P99_MS,
        ),
    ]
    return report("predicting", figures)


def read_features(folder: Path) -> tuple[list[str], list[dict[str, object]]]:
    """Return customers, and the features that the model reads of them."""
    models = folder / "models"
    model_id = registry.current(models, churn.KIND)
    if model_id is None:
        raise SystemExit("the run left no churn model")
    wanted: list[FeatureType] = list(artifacts.load(models, churn.KIND, model_id).card.features)
    reader = open_reader(f"sqlite:///{folder}/results.db")
    try:
        run = reader.table("segments").run
        ids = [row.customer_id for row in reader.read_segments(run.run_id, "", 500)]
        rows = [row for row in reader.customers(ids).content if row is not None]
    finally:
        reader.close()
    names = [feature.name for feature in wanted]
    return ids, [{name: _plain(row[name]) for name in names} for row in rows]


def _plain(value: object) -> object:
    return str(value) if isinstance(value, dt.date) else value


def list_transactions(folder: Path) -> list[bytes]:
    """List bodies of requests with customers' own lines."""
    workspace, engine = Workspace(folder), connect(EngineSettings())
    try:
        lines = workspace.tables(engine).transactions
        lines = lines.filter(lines.customer_id.notnull(), lines.kind == "sale")
        chosen = lines.select("customer_id", "order_id", "ordered_local", "amount", "product_id")
        rows: pa.Table = engine.to_arrow(
            chosen.order_by("customer_id", "ordered_local").limit(60_000)
        )
    finally:
        engine.close()
    by_customer: dict[str, list[dict[str, object]]] = {}
    for row in rows.to_pylist():
        mine = by_customer.setdefault(row.pop("customer_id"), [])
        if len(mine) < LINES:
            moment = row["ordered_local"].isoformat()
            mine.append(row | {"ordered_local": moment, "amount": float(row["amount"])})
    bodies = list(by_customer.values())
    items = [bodies[place % len(bodies)] for place in range(TIMED)]
    return [_body({"items": [{"transactions": rows}]}) for rows in items]


def _body(content: object) -> bytes:
    return json.dumps(content).encode()


def write_post(path: str, content: object) -> bytes:
    """Write a whole request that posts JSON."""
    body = _body(content)
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def _measure_waits(port: int, bodies: list[bytes]) -> list[float]:
    """Send one after the other over one connection, and return the seconds that each took."""
    connection = HTTPConnection("127.0.0.1", port)
    waits = []
    for body in bodies:
        begun = time.perf_counter()
        connection.request("POST", PREDICTIONS, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        waits.append(time.perf_counter() - begun)
        if answer.status != 200 or told["results"][0]["error"]:
            raise SystemExit(f"{answer.status}: {told}")
    connection.close()
    return waits


@contextmanager
def _server(folder: Path) -> Iterator[tuple[int, int]]:
    """Serve the workspace and give the process id and port."""
    command = [sys.executable, "-m", "clientela", "serve", "-w", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101 - for the type checker
        port = int(process.stdout.readline().rpartition(":")[2])
        try:
            yield process.pid, port
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
