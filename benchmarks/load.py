"""Two minutes of 16, 128 and 256 connections while runs are published: no failure, memory level.

``python benchmarks/load.py [seconds] [customers] [store_url]``: look-ups, lists, filters,
predictions and pages of the simulated shop in turn, against one worker, over SQLite or the database
named. While the first half of 24 runs come, libraries are loaded and caches fill. An answer other
than 200 ends with code 1, and so does memory whose least with the last three runs is more than a
twentieth above the least with the first three of the second half.
"""

import asyncio
import dataclasses
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeAlias

import grown
import made
import predicting
import pyarrow as pa
from figures import Figure, report
from http_load import cpu_seconds
from serving import start_server

from clientela.store.publish import publish
from clientela.store.record import RunRecord

Run: TypeAlias = tuple[RunRecord, dict[str, pa.Table], Path]
Question: TypeAlias = tuple[str, bytes]
Answers: TypeAlias = Counter[tuple[str, str]]
CONNECTIONS = (16, 128, 256)
RUNS, WARM_UP, COMPARED = 24, 12, 3
GROWTH = 1.05  # by convention: three times what the least of three runs was seen to vary by
LISTS = (
    "/v1/customers?segment=2&limit=50",
    "/v1/customers?filter=orders%20%3E%20{}&sort=-revenue&limit=50",
    "/v1/filters/count?filter=days_since_last%20%3E%20{}",
    "/v1/filters/count?filter=revenue%20%3E%20{}%20and%20not%20bought%20%3D%20'P21'",
    "/v1/churn/at-risk?limit=50",
    "/v1/programme/members?limit=50",
    "/v1/segments",
)
PAGES = (
    *("today", "customers", "segments", "risk", "insiders", "members", "value", "products"),
    *("actions", "models", "monitoring", "customer?id={}", "segment?id=2"),
)
LOOK_UPS, VARIANTS = 10, 40


def main(seconds: int = 120, customers: int = 20_000, url: str = "") -> int:
    """Drive the server with each number of connections and report what failed and grew."""
    with grown.shop(customers) as run:
        figures = [
            figure
            for number in CONNECTIONS
            for figure in asyncio.run(_drive(number, seconds, run, url))
        ]
    return report("load", figures)


async def _drive(connections: int, seconds: int, run: Run, url: str) -> list[Figure]:
    questions, answers = _list_questions(run), Answers()
    with _publish_first(run, url) as (store, folder):
        models = str(made.workspace() / "models")
        with start_server(store, folder, models) as (pid, port):
            stop = asyncio.Event()
            clients = [
                asyncio.create_task(_ask(port, number, questions, stop, answers))
                for number in range(connections)
            ]
            sizes = await _publish(store, run, seconds, pid)
            stop.set()
            await asyncio.gather(*clients)
            cpu = cpu_seconds(pid)
    failed = {f"{status} {path}": n for (status, path), n in answers.items() if status != "200"}
    before, after = (min(sizes[first:][:COMPARED]) for first in (WARM_UP, -COMPARED))
    print(f"MB with each run: {sizes}; failed: {failed or 'none'}", flush=True)
    of = f"{connections} connections"
    return [
        Figure("answers", answers.total(), of),
        Figure("failed", sum(failed.values()), of, limit=0),
        Figure("CPU s", cpu, of),
        Figure("MB halfway", before, of),
        Figure("MB at the end", after, of),
        Figure("growth", after / before, of, limit=GROWTH),
    ]


@contextmanager
def _publish_first(run: Run, url: str) -> Iterator[tuple[str, Path]]:
    """Publish the first run into the database named, or into one of its own."""
    with tempfile.TemporaryDirectory() as folder:
        store = url or f"sqlite:///{folder}/results.db"
        publish_as(store, run, "0")
        yield store, Path(folder)


def publish_as(url: str, run: Run, name: str) -> None:
    """Publish a run under a name of its own."""
    record, tables, pairs = run
    run_id = f"{record.run_id}-{time.time_ns()}-{name}"
    publish(url, dataclasses.replace(record, run_id=run_id), tables, keep_runs=2, purchases=pairs)


async def _publish(url: str, run: Run, seconds: int, pid: int) -> list[int]:
    """Publish runs evenly over the time, and return the server's memory at the end of each."""
    sizes: list[int] = []
    for number in range(RUNS):
        await asyncio.to_thread(publish_as, url, run, str(number + 1))
        await asyncio.sleep(seconds / RUNS)
        sizes.append(read_memory_mb(pid))
    return sizes


def read_memory_mb(pid: int) -> int:
    """Return the memory of a process, without what it maps of files, as SQLite's."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon"))


def _list_questions(run: Run) -> list[Question]:
    """List requests of every kind in turn, each with the route that it is counted by."""
    ids = run[1]["customers"]["customer_id"].slice(0, 5_000).to_pylist()
    _, features = predicting.read_features(made.workspace())
    lines = predicting.list_transactions(made.workspace())
    questions = []
    for number in range(VARIANTS):
        start = number * 100 % (len(ids) - 100)
        some = ids[start : start + 100]
        questions += [_get(f"/v1/customers/{each}") for each in some[:LOOK_UPS]]
        questions += [_post("/v1/segments/lookup", {"ids": each}) for each in (some[:1], some)]
        questions += [_get(path.format(number)) for path in LISTS]
        questions += [_get(f"/app/{page.format(some[0])}") for page in PAGES]
        scored = ({"features": features[number]}, {"id": some[0]})
        questions += [_post("/v1/churn/predictions", {"items": [each]}) for each in scored]
        questions.append(_post("/v1/churn/predictions", json.loads(lines[number])))
    return questions


def _get(path: str) -> Question:
    return _name_route(path), f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()


def _post(path: str, content: object) -> Question:
    return path, predicting.write_post(path, content)


def _name_route(path: str) -> str:
    name, _, last = path.partition("?")[0].rpartition("/")
    return f"{name}/ID" if last.isdigit() else f"{name}/{last}"


async def _ask(
    port: int, first: int, questions: Sequence[Question], stop: asyncio.Event, answers: Answers
) -> None:
    """Ask one question after another over one connection; where it breaks off, over a new one."""
    number, route = first * 7, "connection"
    while not stop.is_set():
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with closing(writer):
                while not stop.is_set():
                    route, request = questions[number % len(questions)]
                    answers[await _ask_once(reader, writer, request), route] += 1
                    number += 1
        except (OSError, asyncio.IncompleteReadError) as error:
            answers[type(error).__name__, route] += 1


async def _ask_once(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> str:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    await reader.readexactly(length)
    return head.split(b" ", 2)[1].decode()


if __name__ == "__main__":
    numbers = dict(zip(("seconds", "customers"), map(int, sys.argv[1:3]), strict=False))
    sys.exit(main(**numbers, url="".join(sys.argv[3:4])))
