"""What a small firm's run costs, and the same run once more, beside loading the libraries alone.

``python benchmarks/small.py [customers]`` simulates a shop and runs on its file twice, kernels of
one thread. The limits are multiples of the CPU seconds that a process takes to load the libraries
without which nothing can be read or written, since a second of CPU does not do the same everywhere.
Python may keep what it compiled, as it does where Clientela is installed.
"""

import sys
import tempfile
from pathlib import Path

from figures import Figure, report
from processes import run_clientela, run_python

CUSTOMERS = 268
LIBRARIES = "import duckdb, ibis, pyarrow.parquet, scipy.special, sqlalchemy; ibis.duckdb"
LIMITS = {"first run": (11.0, 410.0), "unchanged": (3.0, 270.0)}
"""Times the libraries, and MB: on a busy machine 8.8 to 9.8 and 371, 1.7 to 2.8 and 251 to 260."""
GOALS = {"first run": (2.5, 250.0)}
"""CPU seconds and MB."""


def main(customers: int = CUSTOMERS) -> int:
    """Run twice and report what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shop = ("--out", folder / "shop", "--customers", customers)
        run_clientela("simulate", "retail", *shop)
        job = ("run", folder / "shop" / "transactions.csv", "--workspace", folder / "workspace")
        run_python("-c", LIBRARIES)  # compiles and reads what a first process finds cold
        unit = min((run_python("-c", LIBRARIES) for _ in range(3)), key=lambda used: used.cpu)
        figures = [
            Figure("CPU s", unit.cpu, "the libraries alone"),
            Figure("peak MB", unit.peak_mb, "the libraries alone"),
        ]
        for run, (most_times, most_mb) in LIMITS.items():
            used, (cpu_goal, mb_goal) = run_clientela(*job), GOALS.get(run, (None, None))
            times, of = used.cpu / unit.cpu, f"{customers} customers, {run}"
            figures += [
                Figure("CPU s", used.cpu, of, goal=cpu_goal),
                Figure("times the libraries", times, of, limit=most_times),
                Figure("peak MB", used.peak_mb, of, limit=most_mb, goal=mb_goal),
            ]
    return report("small", figures)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
