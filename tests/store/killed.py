"""Publish run 2 and stop for good at a named point, for a test that kills the process there.

Run as ``python -m tests.store.killed URL POINT``.
"""

import sqlite3
import sys
import time
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

from clientela.store import load, publish
from tests.store.runs import customers, everything, record

CUSTOMERS = 2_000


def stop(*_: Any, **__: Any) -> None:
    sys.stdout.write("here\n")
    sys.stdout.flush()
    time.sleep(600)


def stop_after(calls: int, function: Any) -> Any:
    """Wrap a function so that a later call stops."""
    left = iter(range(calls))

    def wrapped(*args: Any) -> Any:
        if next(left, None) is None:
            stop()
        return function(*args)

    return wrapped


def arrange(point: str) -> None:
    patch.object(load, "SLICE_ROWS", 500).start()
    if point == "before the first row":
        patch.object(publish, "drop_old_rows", stop).start()
    elif point == "among the customers":
        patch.object(load, "_values", stop_after(20, load._values)).start()
        patch.object(load, "_csv", stop_after(2, load._csv)).start()
    elif point == "before the commit":
        event.listen(Engine, "commit", stop)
    elif point == "after the commit":
        patch.object(publish, "_tidy", stop).start()


def keep_little_in_memory(connection: Any, _: object) -> None:
    """Let SQLite write to its log long before the commit."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA cache_size = 10")


if __name__ == "__main__":
    url, point = sys.argv[1:]
    arrange(point)
    event.listen(Engine, "connect", keep_little_in_memory)
    tables = {**everything(segment=2), "customers": customers(CUSTOMERS, segment=2)}
    publish.publish(url, record(2), tables, keep_runs=1)
