"""Simulate 100,000 customers with about 5 million lines: CPU seconds, lines a second, peak memory.

``python benchmarks/simulate.py [customers]``
"""

import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from clientela.simulate import RetailSettings, simulate_retail

LIMIT_CPU_SECONDS = 60.0


def main(customers: int = 100_000) -> int:
    """Measure one simulation, and give 1 where it takes longer than its limit."""
    with TemporaryDirectory() as folder:
        begun = time.process_time()
        made = simulate_retail(Path(folder), RetailSettings(customers=customers))
        seconds = time.process_time() - begun
        size_mb = made.transactions.stat().st_size / 1e6
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"simulate retail: {made.customers:,} customers, {made.lines:,} lines, {size_mb:,.0f} MB")
    print(f"  {seconds:.1f} CPU s (limit {LIMIT_CPU_SECONDS:.0f})")
    print(f"  {made.lines / seconds:,.0f} lines a CPU second")
    print(f"  peak memory {peak_mb:,.0f} MB")
    return int(seconds > LIMIT_CPU_SECONDS)


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
