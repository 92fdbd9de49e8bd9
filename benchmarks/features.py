"""Canonical tables to features, against the same features in hand-written SQL.

``python benchmarks/features.py [lines …]``, 0.5, 5 and 27 million unless said. Both sides read the
same workspace in groups of buckets, each run in a process of its own, in turns; the best of the
runs is shown. CPU is counted from the open engine to the sorted Arrow table, so it includes binding
and planning the query and leaves out the imports.
"""

import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute  # sorting would import it where CPU is counted
import pyarrow.parquet as pq
from figures import Figure, report
from lines import AS_OF, workspace

from clientela.engine.duck import ROWS_AT_ONCE
from clientela.tables.workspace import Workspace

FOLDER = Path(__file__).parent
WORK = FOLDER / ".work" / "features"
SIZES = (500_000, 5_000_000, 27_000_000)
MEMORY_LIMIT_MB = 700
MOST_CPU_RATIO = 1.25
MOST_MEMORY_MB = 1_000
MOST_GROWTH = 1.25  # CPU a line at the largest size against the middle one


@dataclass(frozen=True)
class Run:
    """One side, run once: CPU seconds of the work, and of its whole process; peak memory."""

    cpu: float
    process_cpu: float
    peak_mb: float


def ours(made: Workspace) -> tuple[pa.Table, float]:
    """Compute the features as ``clientela run`` does."""
    from clientela.config import EngineSettings
    from clientela.engine import connect
    from clientela.features.build import build

    engine = connect(EngineSettings(memory_limit_mb=MEMORY_LIMIT_MB), WORK / "spill")
    start = time.process_time()
    table = build(
        engine, lambda group: made.tables(engine, group), AS_OF, made.groups(engine.rows_at_once)
    )
    return table, time.process_time() - start


def hand(made: Workspace) -> tuple[pa.Table, float]:
    """Compute them by ``features.sql``, group by group."""
    import duckdb

    con = duckdb.connect(
        config={
            "memory_limit": f"{MEMORY_LIMIT_MB}MB",
            "preserve_insertion_order": False,
            "temp_directory": str(WORK / "spill"),
        }
    )
    con.execute("SET enable_progress_bar = false")
    start = time.process_time()
    con.execute("SET VARIABLE as_of = CAST($day AS DATE)", {"day": AS_OF.isoformat()})
    sql = (FOLDER / "features.sql").read_text("utf-8")
    parts = []
    for group in made.groups(ROWS_AT_ONCE):
        paths = [str(path) for path in made.paths("transactions", group)]
        con.read_parquet(paths, union_by_name=True).create_view("lines", replace=True)
        parts.append(con.sql(sql).to_arrow_table())
    table = pa.concat_tables(parts).sort_by("customer_id")
    return table, time.process_time() - start


SIDES = {"ours": ours, "hand": hand}


def child(side: str, lines: int) -> None:
    """Run one side, keep its table and print what it took."""
    gc.freeze()  # the collector's walks over what was imported are no part of the work
    table, cpu = SIDES[side](workspace(WORK, lines))
    used, peak_mb = resource.getrusage(resource.RUSAGE_SELF), _peak_mb()
    pq.write_table(table, WORK / f"{side}.parquet")
    run = Run(cpu, used.ru_utime + used.ru_stime, peak_mb)
    print(json.dumps(run.__dict__))


def _peak_mb() -> float:
    """Read this process's own peak; ru_maxrss may be that of the process which started it."""
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    [line] = [line for line in status if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024 / 1e6


def run(side: str, lines: int) -> Run:
    """Run one side in a fresh process."""
    command = [sys.executable, __file__, "--side", side, str(lines)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return Run(**json.loads(told.splitlines()[-1]))


def best(runs: list[Run]) -> Run:
    """Keep the smallest of each figure."""
    return Run(*(min(figures) for figures in zip(*map(astuple, runs), strict=True)))


def differing() -> list[str]:
    """Name the features whose values differ between the two sides."""
    a, b = (pq.read_table(WORK / f"{side}.parquet") for side in SIDES)
    if a.column_names != b.column_names:
        sys.exit("the sides give different columns")
    return [name for name in a.column_names if not _equal(a[name], b[name])]


def _equal(a: pa.ChunkedArray, b: pa.ChunkedArray) -> bool:
    if not pa.types.is_floating(a.type):
        return bool(a.equals(b.cast(a.type)))
    return bool(np.allclose(a.to_numpy(), b.to_numpy(), rtol=1e-9, atol=1e-9, equal_nan=True))


def measure(lines: int) -> tuple[Run, Run, float]:
    """Run both sides in turns, more often where it is quick, and compare their values.

    The ratio is the median of those of the turns, since other work on the machine slows down both
    sides of a turn.
    """
    workspace(WORK, lines)
    times = range(9 if lines < 1_000_000 else 2)
    runs = [{side: run(side, lines) for side in SIDES} for _ in times]
    wrong = differing()
    if wrong:
        sys.exit(f"different values in {', '.join(wrong)}")
    ratio = statistics.median(each["ours"].cpu / each["hand"].cpu for each in runs)
    return best([each["ours"] for each in runs]), best([each["hand"] for each in runs]), ratio


def main(sizes: tuple[int, ...] = SIZES) -> int:
    """Measure each size and report it."""
    figures, growth, large = [], [], []
    for lines in sizes:
        mine, theirs, ratio = measure(lines)
        large += [mine.cpu / lines] if lines >= 5_000_000 else []
        of = f"{lines:,} lines"
        figures += [
            Figure("ours, CPU s", mine.cpu, of),
            Figure("SQL by hand, CPU s", theirs.cpu, of),
            Figure("of the SQL", ratio, of, limit=MOST_CPU_RATIO),
            Figure("us a line", mine.cpu / lines * 1e6, of),
            Figure("ours, peak MB", mine.peak_mb, of, limit=MOST_MEMORY_MB),
            Figure("SQL by hand, peak MB", theirs.peak_mb, of),
            Figure("ours with imports, CPU s", mine.process_cpu, of),
        ]
    if len(large) > 1:
        growth = [Figure("growth of a line's CPU", max(large) / min(large), limit=MOST_GROWTH)]
    return report("features", figures, *filter(None, [growth]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--side"]:
        child(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main(tuple(map(int, sys.argv[1:])) or SIZES))
