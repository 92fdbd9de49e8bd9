"""The private memory of two and four workers that hold the index of 1,000,000 customers.

``python benchmarks/workers.py [customers]``: look-ups of a hundred have the index loaded. A worker
alone holds its own; of several the first builds one, and each maps it. What the index adds to the
memory of all of them together, beside that of one alone, is the limit.
"""

import datetime as dt
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from figures import Figure, report
from http_load import measure
from published import results
from serving import WORK, lookups, start_server

from clientela.store import keys

WORKERS = (1, 2, 4)
MOST_SHARE = 0.4  # of what the index adds to a worker alone, for the median worker
LOOK_UPS = 400
PATIENCE_SECONDS, LOOK_SECONDS = 300.0, 2.0
INDEX, SPAWNED = "clientela-index-", "spawn_main"
T = TypeVar("T")


def main(customers: int = 1_000_000) -> int:
    """Measure each number of workers and report what the index adds."""
    url = results(WORK, customers)
    secret = keys.create(url, "workers", ["read"], dt.datetime.now(dt.UTC), budget=2**31)
    one, many = (lookups(ids, customers, secret) for ids in (1, 100))
    figures, alone = [], 0.0
    for workers in WORKERS:
        with start_server(url, WORK, "", str(workers)) as (pid, port):
            pids = wait_for(list_workers, pid, workers)
            measure(pid, port, one, LOOK_UPS)  # loads what a look-up needs, and no index
            before = {worker: read_own_mb(worker) for worker in pids}
            wait_for(is_loaded, pids, partial(measure, pid, port, many, LOOK_UPS))
            added = sorted(read_own_mb(worker) - mb for worker, mb in before.items())
        alone, of = alone or added[0], f"{workers} workers"
        median = added[(workers - 1) // 2]
        limit = MOST_SHARE if workers > 1 else None
        figures += [
            Figure("MB of each before", sum(before.values()) / workers, of),
            Figure("MB that the index adds, median worker", median, of),
            Figure("of a worker alone", median / alone, of, limit=limit, goal=limit),
        ]
    return report("workers", [Figure("customers", customers)], figures)


def list_workers(pid: int, workers: int) -> list[int]:
    """Return the processes that answer, once all are there: the server itself where it is alone."""
    if workers == 1:
        return [pid]
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    serving = [
        int(child) for child in found if SPAWNED in Path(f"/proc/{child}/cmdline").read_text()
    ]
    return serving if len(serving) == workers else []


def is_loaded(pids: list[int], ask: Callable[[], object]) -> bool:
    """Ask, and return whether every worker holds the index: mapped, or its memory stands still."""
    ask()
    if len(pids) > 1:
        return all(INDEX in Path(f"/proc/{pid}/maps").read_text("utf-8") for pid in pids)
    before = read_own_mb(pids[0])
    time.sleep(LOOK_SECONDS)
    ask()
    return abs(read_own_mb(pids[0]) - before) < 1.0


def read_own_mb(pid: int) -> float:
    """Return the memory that is a process's own: not what it maps of files."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))


def wait_for(look: Callable[..., T], *arguments: Any) -> T:
    """Look again and again until there is something."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := look(*arguments)):
        if time.monotonic() > end:
            raise SystemExit("the workers did not come up, or loaded no index")
        time.sleep(LOOK_SECONDS)
    return found


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
