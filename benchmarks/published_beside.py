"""A server's start, its memory, and look-ups while a run is published into the store it serves.

``python benchmarks/published_beside.py [STORE_URL [customers]]``: one client looks up a customer
every 20 ms while a run of 100,000 customers, unless said, is published, into a store of as many
where none is named. An answer other than 200 ends with code 1.
"""

import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import grown
import numpy as np
from figures import Figure, report
from http_load import cpu_seconds
from load import publish_as, read_memory_mb
from serving import start_server

PAUSE_SECONDS, AFTER_SECONDS = 0.02, 3.0
MOST_P99_TIMES = 50.0  # of the median: who waits for the one worker that takes the new run over


def main(url: str = "", customers: str = "100000") -> int:
    """Start, look up, publish beside it, and report."""
    url = url or grown.fill_store(grown.CUSTOMERS)
    held, name = grown.count_customers(url), grown.name_result("published_beside", url)
    with (
        grown.shop(int(customers)) as run,
        tempfile.TemporaryDirectory() as folder,
        start_server(url, Path(folder)) as (pid, port),
    ):
        path = f"http://127.0.0.1:{port}/v1/customers?limit=1"
        ask(path)
        started, own_mb = cpu_seconds(pid), read_memory_mb(pid)
        waits: list[float] = []
        failed: list[str] = []
        stop = threading.Event()
        client = threading.Thread(target=keep_asking, args=(path, waits, failed, stop))
        client.start()
        publish_as(url, run, "beside")
        time.sleep(AFTER_SECONDS)
        stop.set()
        client.join()
        after_mb = read_memory_mb(pid)
    half, late, longest = np.percentile(waits, (50, 99, 100)) * 1e3
    figures = [
        Figure("customers", held),
        Figure("start and first answer", started, unit="CPU s"),
        Figure("own memory then", own_mb, unit="MB"),
        Figure("answers while published", len(waits)),
        Figure("failed", len(failed), limit=0),
        Figure("median", half, unit="ms"),
        Figure("99th percentile", late, unit="ms"),
        Figure("longest", longest, unit="ms"),
        Figure("99th percentile, times the median", late / half, limit=MOST_P99_TIMES),
        Figure("own memory at the end", after_mb, unit="MB"),
    ]
    return report(name, figures)


def keep_asking(path: str, waits: list[float], failed: list[str], stop: threading.Event) -> None:
    """Ask again and again, and note how long each answer took."""
    while not stop.is_set():
        begun = time.perf_counter()
        try:
            ask(path)
        except OSError as error:
            failed.append(str(error))
        waits.append(time.perf_counter() - begun)
        time.sleep(PAUSE_SECONDS)


def ask(address: str) -> None:
    """Ask for a page."""
    with urllib.request.urlopen(address, timeout=120) as answer:  # noqa: S310 - our own server
        answer.read()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
