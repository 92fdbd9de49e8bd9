"""Simulate 100,000 customers with about 5 million lines: CPU seconds, lines a second, peak memory.

``python benchmarks/simulate.py [customers]``. The limit is a multiple of what NumPy and Python take
to write lines of the same length in the plainest way.
"""

import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from figures import Figure, report

from clientela.simulate import RetailSettings, simulate_retail

MOST_TIMES = 4.0  # of splitting and copying the lines of the file


def main(customers: int = 100_000) -> int:
    """Measure one simulation, and the writing of as many lines."""
    with TemporaryDirectory() as folder:
        begun = time.process_time()
        made = simulate_retail(Path(folder), RetailSettings(customers=customers))
        seconds = time.process_time() - begun
        size_mb = made.transactions.stat().st_size / 1e6
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        copied = _copy(made.transactions, Path(folder, "copy.csv"))
    figures = [
        Figure("customers", made.customers),
        Figure("lines", made.lines),
        Figure("size", size_mb, unit="MB"),
        Figure("CPU s", seconds),
        Figure("lines a CPU second", made.lines / seconds),
        Figure("times copying the lines", seconds / copied, limit=MOST_TIMES),
        Figure("peak MB", peak_mb),
    ]
    return report("simulate", figures)


def _copy(source: Path, target: Path) -> float:
    begun = time.process_time()
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        out.writelines(",".join(line.split(",")) for line in lines)
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
