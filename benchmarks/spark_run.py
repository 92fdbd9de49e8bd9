"""The whole run on Spark in one machine, beside the same on DuckDB: CPU and memory by size.

``python benchmarks/spark_run.py [customers …]``, 1,000 unless said. CPU and memory are those of
Python, of Java and of Spark's workers together, read every half second, so that the last may miss
in each.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Figure, report
from http_load import cpu_seconds
from large import make_files
from processes import KERNELS

SIZES = (1_000,)
EVERY_SECONDS = 0.5
MOST_TIMES = 20.0  # of DuckDB's CPU; a small shop is planned and compiled for as a large one
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(path: Path, engine: str) -> tuple[float, float, int]:
    """Return CPU seconds, the largest memory in MB and the lines of a run on an engine."""
    with tempfile.TemporaryDirectory() as folder:
        words = ("run", path, "-w", folder, "--engine", engine, "--json")
        command = [sys.executable, "-m", "clientela", *map(str, words)]
        with Path(folder, "out.json").open("w+") as out:
            process = subprocess.Popen(  # noqa: S603 - ours
                command, stdout=out, stderr=subprocess.DEVNULL, env=os.environ | KERNELS
            )
            spent: dict[str, float] = {}
            peak_mb = 0.0
            while process.poll() is None:
                found = list_below(process.pid)
                spent |= {pid: cpu for pid, (cpu, _) in found.items()}
                peak_mb = max(peak_mb, sum(mb for _, mb in found.values()))
                time.sleep(EVERY_SECONDS)
            if process.returncode:
                raise RuntimeError(f"the run on {engine} ended with {process.returncode}")
            out.seek(0)
            return sum(spent.values()), peak_mb, json.load(out)["rows_in"]


def list_below(pid: int) -> dict[str, tuple[float, float]]:
    """Return CPU seconds and MB of a process and all that it started, one each."""
    found, waiting = {}, [str(pid)]
    while waiting:
        each = waiting.pop()
        try:
            pages = int(Path(f"/proc/{each}/statm").read_text("ascii").split()[1])
            found[each] = cpu_seconds(each), pages * PAGE_MB
            for task in Path(f"/proc/{each}/task").iterdir():
                waiting += (task / "children").read_text("ascii").split()
        except OSError:
            continue  # it has ended
    return found


def main(sizes: tuple[int, ...] = SIZES) -> int:
    """Run each size on both engines and report them."""
    figures = []
    for customers in sizes:
        path, duck = make_files(customers)[0], 0.0
        for engine, run in (("duckdb", "first run on DuckDB"), ("spark", "first run")):
            cpu, peak_mb, lines = measure(path, engine)
            duck, of = duck or cpu, f"{customers:,} customers, {run}"
            figures += [
                Figure("lines", lines, of),
                Figure("CPU s", cpu, of),
                Figure("peak MB", peak_mb, of),
            ]
            print(f"{of}: {cpu:.0f} CPU s, {peak_mb:,.0f} MB", flush=True)
        figures.append(Figure("times DuckDB", cpu / duck, of, limit=MOST_TIMES))
    return report("spark_run", figures)


if __name__ == "__main__":
    sys.exit(main(tuple(map(int, sys.argv[1:])) or SIZES))
