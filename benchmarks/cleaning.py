"""Reading and cleaning a CSV of the UCI layout into canonical tables, in rows a CPU second.

``python benchmarks/cleaning.py [customers …]``: the simulator makes the file (about 55 lines a
customer); 2,000 customers if none is named.
"""

import datetime as dt
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

CODE = """
import datetime as dt, sys, time
from pathlib import Path
from clientela.config import EngineSettings, Settings
from clientela.engine import connect
from clientela.progress import Progress
from clientela.tables.ingest import ingest
from clientela.tables.reading import ReadJob
from clientela.tables.manifest import Manifest
from clientela.tables.workspace import Workspace

source, folder = sys.argv[1], Path(sys.argv[2])
workspace = Workspace(folder)
with workspace.lock(), workspace.scratch() as scratch:
    engine = connect(EngineSettings(), scratch)
    now = dt.datetime.now(dt.UTC)
    job = ReadJob(workspace, engine, Settings(), Progress("bench"), scratch, now)
    ledger, = ingest(job, [source], [], Manifest())
print(ledger.total("read").rows)
"""


def measure(customers: int, folder: Path) -> None:
    """Simulate, read and clean, and print one line."""
    from clientela.simulate import RetailSettings, simulate_retail

    made = simulate_retail(folder / "source", RetailSettings(customers=customers))
    command = [sys.executable, "-c", CODE, str(made.transactions), str(folder / "workspace")]
    begun = dt.datetime.now(dt.UTC)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    wall = (dt.datetime.now(dt.UTC) - begun).total_seconds()
    rows = int(done.stdout)
    print(
        f"{rows:>12,} lines  {cpu:7.1f} CPU s  {wall:7.1f} s wall  {rows / cpu:>10,.0f} rows/CPU s"
        f"  peak {after.ru_maxrss / 1024:,.0f} MB"
    )


def main(sizes: tuple[str, ...] = ("2000", "20000")) -> int:
    """Measure each size."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure(int(size), Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or ("2000", "20000")))
