"""Look-ups of 1 and 100 ids over 1,000,000 customers with a key and the log, against bare ASGI.

Both servers are one uvicorn worker with the same settings; one process drives them in turn over 16
connections on loopback. ``python benchmarks/serving.py [customers]``
"""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median

from figures import Figure, report
from http_load import Measured, measure
from published import FIRST_ID, results

from clientela.store import keys

WORK = Path(__file__).parent / ".work" / "serving"
SERVED = Path(__file__).parent / "served.py"
ROUNDS = 5
BOUNDS = {1: (0.07, 0.20), 100: (0.04, 0.10)}
"""Of the bare server by CPU, for so many ids: the least, and what is aimed at."""
COUNTS = {0: 20_000, 1: 10_000, 100: 5_000}
VARIANTS = 2_000


def main(customers: int = 1_000_000) -> int:
    """Measure and report both."""
    url = results(WORK, customers)
    secret = keys.create(url, "benchmark", ["read"], dt.datetime.now(dt.UTC), budget=2**31)
    requests = {
        0: [_request("GET", "/", "")],
        **{ids: lookups(ids, customers, secret) for ids in BOUNDS},
    }
    with start_server("hello") as hello, start_server(url) as api:
        rounds = [
            {ids: measure(*(api if ids else hello), requests[ids], COUNTS[ids]) for ids in requests}
            for _ in range(ROUNDS)
        ]
    return report("serving", [Figure("customers", customers)], list_figures(rounds))


def lookups(ids: int, customers: int, secret: str) -> list[bytes]:
    """Make look-ups of so many ids, drawn anew for each request."""
    draw = Random(7)  # noqa: S311 - which customers are asked for is no secret
    every = range(FIRST_ID, FIRST_ID + customers)
    bodies = [
        json.dumps({"ids": [str(number) for number in draw.sample(every, ids)]})
        for _ in range(VARIANTS)
    ]
    head = f"authorization: Bearer {secret}\r\ncontent-type: application/json\r\n"
    return [_request("POST", "/v1/segments/lookup", head, body) for body in bodies]


def _request(method: str, path: str, head: str, body: str = "") -> bytes:
    length = f"content-length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{head}{length}\r\n{body}".encode()


@contextmanager
def start_server(what: str, folder: Path = WORK, *models: str) -> Iterator[tuple[int, int]]:
    """Start a server and give its process id and port; its log stands in the folder.

    ``models`` is the folder of a workspace's models, where predictions are asked for.
    """
    rest = [] if what == "hello" else [str(folder), *models]
    command = [sys.executable, str(SERVED), what, *rest]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101 - for the type checker
        port = int(process.stdout.readline().rpartition(":")[2])
        try:
            yield process.pid, port
        finally:
            process.terminate()


def list_figures(rounds: Sequence[dict[int, Measured]]) -> Iterator[Figure]:
    """List the medians of the rounds."""
    for ids in rounds[0]:
        of = f"look-up of {ids}" if ids else "the bare server"
        yield Figure("CPU us", median(by_ids[ids].server_us for by_ids in rounds), of)
        yield Figure("answers a second", median(by_ids[ids].rate for by_ids in rounds), of)
        if ids:
            ratio = median(by_ids[0].server_us / by_ids[ids].server_us for by_ids in rounds)
            least, goal = BOUNDS[ids]
            name = "of the bare server by CPU"
            yield Figure(name, ratio, of, limit=least, goal=goal, least=True)


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
