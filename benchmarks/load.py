"""A minute of 16 and of 128 connections while three runs are published: nobody fails, memory flat.

``python benchmarks/load.py [seconds] [customers]``: look-ups, pages of a list, filters and the
dashboard in turn, against one worker. A failed request, or memory that grows by more than a tenth
from the second publishing to the end, ends with code 1.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import published
import pyarrow as pa
import pyarrow.parquet as pq
from serving import start_server

from clientela.store.publish import publish

Tables: TypeAlias = dict[str, pa.Table]
CONNECTIONS = (16, 128)
PUBLISHED = 3
GROWTH = 1.1  # by convention: what caches of a run may vary by
PATHS = (
    *(f"/v1/customers/{published.FIRST_ID + number}" for number in range(10)),
    "/v1/customers?segment=2&limit=50",
    "/v1/customers?filter=orders%20%3E%20100&sort=-revenue&limit=50",
    "/v1/filters/count?filter=days_since_last%20%3E%2060",
    "/v1/segments",
    "/app/customers?lang=en",
)


def main(seconds: int = 60, customers: int = 20_000) -> int:
    """Drive the server with each number of connections and return 1 where anything failed."""
    return max(asyncio.run(_drive(number, seconds, customers)) for number in CONNECTIONS)


async def _drive(connections: int, seconds: int, customers: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/results.db"
        tables = published.tables(customers)
        pairs = Path(folder, "pairs.parquet")
        buyers = tables["customers"]["customer_id"]
        pq.write_table(pa.table({"customer_id": buyers, "product_id": buyers}), pairs)
        publish(url, published.record(customers), tables, keep_runs=2, purchases=pairs)
        with start_server(url, Path(folder)) as (pid, port):
            end, answers = time.monotonic() + seconds, Counter[str]()
            clients = [_ask(port, number, end, answers) for number in range(connections)]
            memory = asyncio.create_task(_publish(url, tables, pairs, seconds, pid))
            await asyncio.gather(*clients)
            sizes = [*await memory, _read_memory_mb(pid)]
        shutil.rmtree(folder, ignore_errors=True)
    failed = sum(count for status, count in answers.items() if status != "200")
    flat = sizes[-1] <= sizes[1] * GROWTH
    print(
        f"load: {connections} connections, {seconds} s, {sum(answers.values()):,} answers,", end=""
    )
    print(f" {dict(answers)}; MB after each run and at the end: {sizes}")
    return int(failed > 0 or not flat)


async def _publish(url: str, tables: Tables, pairs: Path, seconds: int, pid: int) -> list[int]:
    """Publish runs evenly over the time, and return the server's memory after each."""
    sizes = []
    for number in range(PUBLISHED):
        await asyncio.sleep(seconds / (PUBLISHED + 1))
        run_id = f"20111211T09300{number}-be7c"
        record = published.record(len(tables["customers"]), run_id)
        await asyncio.to_thread(publish, url, record, tables, keep_runs=2, purchases=pairs)
        sizes.append(_read_memory_mb(pid))
    return sizes


def _read_memory_mb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


async def _ask(port: int, first: int, end: float, answers: Counter[str]) -> None:
    """Ask one path after another over one connection; a connection that breaks off is counted."""
    number = first
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < end:
            answers[await _ask_once(reader, writer, PATHS, number)] += 1
            number += 1
        writer.close()
    except (OSError, asyncio.IncompleteReadError) as error:
        answers[type(error).__name__] += 1


async def _ask_once(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, paths: Sequence[str], number: int
) -> str:
    path = paths[number % len(paths)]
    writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return head.split(b" ", 2)[1].decode()


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
