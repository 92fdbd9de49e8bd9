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

from figures import Figure, report

LEAST_RATIO, RATIO_GOAL = 0.5, 0.75  # of the lines a CPU second of the SQL by hand
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


def measure(code: str, source: Path) -> dict[str, float]:
    """Run one side in a process of its own; return its lines, CPU seconds and memory."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", FRAME.format(code=code), str(source), folder]
        done = subprocess.run(  # noqa: S603 - ours
            command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]
        )
    used: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return used


def compare(customers: int, folder: Path) -> list[Figure]:
    """Simulate a file and measure both sides."""
    from clientela.simulate import RetailSettings, simulate_retail

    made = simulate_retail(folder / "source", RetailSettings(customers=customers))
    figures, rates = [], []
    for side, code in (("SQL by hand", BY_HAND), ("clientela", OURS)):
        used = measure(code, made.transactions)
        rates.append(used["rows"] / used["cpu"])
        ours, of = side == "clientela", f"{side}, {customers:,} customers"
        figures += [
            Figure("lines", used["rows"], of),
            Figure("CPU s", used["cpu"], of),
            Figure("lines a CPU second", rates[-1], of),
            Figure("peak MB", used["peak_mb"], of, limit=MOST_MEMORY_MB if ours else None),
        ]
    ratio = rates[1] / rates[0]
    name = "cleaning, of the SQL's rate"
    return [*figures, Figure(name, ratio, of, limit=LEAST_RATIO, goal=RATIO_GOAL, least=True)]


def main(sizes: tuple[str, ...] = ("30000",)) -> int:
    """Measure each size and report it."""
    figures = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            figures += compare(int(size), Path(folder))
    return report("cleaning", figures)


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or ("30000",)))
