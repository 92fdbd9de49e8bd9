"""From a CSV of the UCI layout to canonical tables, against SQL by hand that does the same work.

``python benchmarks/cleaning.py [customers …]``: the simulator makes the file (about 59 lines a
customer); 30,000 customers if none is named. Fails where cleaning does less than so many times the
lines that ``cleaning.sql`` does in a second of CPU, or needs more memory.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

LEAST_RATIO = 0.5  # of the lines a CPU second of the SQL by hand; docs/performance.md has today's
MOST_MEMORY_MB = 1_500  # twice DuckDB's default limit; Python, Arrow and Ibis hold the rest

OURS = """
from clientela.config import EngineSettings, Settings
from clientela.engine import connect
from clientela.progress import Progress
from clientela.tables.ingest import ingest
from clientela.tables.reading import ReadJob
from clientela.tables.manifest import Manifest
from clientela.tables.workspace import Workspace

workspace = Workspace(folder / "workspace")
with workspace.lock(), workspace.scratch() as scratch:
    engine = connect(EngineSettings(), scratch)
    now = dt.datetime.now(dt.UTC)
    job = ReadJob(workspace, engine, Settings(), Progress("bench"), scratch, now)
    _, [ledger] = ingest(job, [source], [], Manifest())
rows = ledger.total("read").rows
"""
BY_HAND = """
import duckdb

config = {"preserve_insertion_order": False, "memory_limit": "2GB"}
con = duckdb.connect(config=config | {"temp_directory": str(folder / "spill")})
sql = Path("benchmarks/cleaning.sql").read_text("utf-8")
for statement in sql.format(source=source, folder=folder).split(";\\n\\n"):
    con.execute(statement)
rows = con.execute("SELECT count(*) FROM cleaned").fetchall()[0][0]
"""
FRAME = """
import datetime as dt, json, resource, sys
from pathlib import Path

source, folder = sys.argv[1], Path(sys.argv[2])
{code}
used = resource.getrusage(resource.RUSAGE_SELF)
cpu = used.ru_utime + used.ru_stime
print(json.dumps({{"rows": rows, "cpu": cpu, "peak_mb": used.ru_maxrss / 1024}}))
"""


def measure(name: str, code: str, source: Path) -> tuple[float, float]:
    """Run one side in a process of its own, print its line, give lines a CPU second and memory."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", FRAME.format(code=code), str(source), folder]
        done = subprocess.run(  # noqa: S603 - ours
            command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]
        )
    used = json.loads(done.stdout.splitlines()[-1])
    rate = used["rows"] / used["cpu"]
    print(
        f"{name:10} {used['rows']:>12,} lines  {used['cpu']:7.1f} CPU s  {rate:>10,.0f} lines/CPU s"
        f"  peak {used['peak_mb']:,.0f} MB"
    )
    return rate, used["peak_mb"]


def compare(customers: int, folder: Path) -> bool:
    """Simulate a file, measure both sides and say whether the limits hold."""
    from clientela.simulate import RetailSettings, simulate_retail

    made = simulate_retail(folder / "source", RetailSettings(customers=customers))
    by_hand, _ = measure("by hand", BY_HAND, made.transactions)
    ours, peak_mb = measure("clientela", OURS, made.transactions)
    print(
        f"ratio {ours / by_hand:.2f} (limit {LEAST_RATIO}), "
        f"peak {peak_mb:,.0f} MB (limit {MOST_MEMORY_MB:,})"
    )
    return ours >= LEAST_RATIO * by_hand and peak_mb <= MOST_MEMORY_MB


def main(sizes: tuple[str, ...] = ("30000",)) -> int:
    """Measure each size and give 1 where a limit is missed."""
    well = True
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            well = compare(int(size), Path(folder)) and well
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or ("30000",)))
