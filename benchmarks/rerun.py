"""What a run costs that finds nothing new, or the rows of a night, beside the first run.

``python benchmarks/rerun.py [customers]`` simulates a shop, runs on the first 99 % of its lines by
date, runs the same once more, and then on the last 1 %. The limits are shares of the first run's
CPU seconds.
"""

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

CUSTOMERS = 2_000
NIGHT_SHARE = 0.01
END = "2012"  # the simulated shop ends before
LIMITS = {"unchanged": 0.17, "night": 0.55}
"""Measured .13 and .51 with 2,000 customers. Loading libraries stands in every run: of more lines
it is a smaller share."""
KERNELS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def cpu_seconds(*words: object) -> tuple[float, str]:
    """Run a command and give the CPU seconds of it and its children, and what it printed."""
    command = [sys.executable, "-m", "clientela", *map(str, words), "--json"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603 - ours
        command, check=True, capture_output=True, text=True, env=os.environ | KERNELS
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def split_by_date(source: Path, folder: Path) -> tuple[Path, Path]:
    """Write the lines of a shop as what was there before, and what a night brings."""
    with source.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    place = header.index("InvoiceDate")
    # Planted dirt, such as dates to come, counts as long known
    days = [line[place][:10] if line[place] < END else "" for line in lines]
    day = sorted(days)[int(len(days) * (1.0 - NIGHT_SHARE))]
    parts = {
        "before.csv": [line for line, own in zip(lines, days, strict=True) if own < day],
        "night.csv": [line for line, own in zip(lines, days, strict=True) if own >= day],
    }
    for name, rows in parts.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
    return folder / "before.csv", folder / "night.csv"


def main(customers: int = CUSTOMERS) -> int:
    """Run three times and print the ratios; 1 where a limit is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cpu_seconds("simulate", "retail", "--out", folder / "shop", "--customers", customers)
        before, night = split_by_date(folder / "shop" / "transactions.csv", folder)
        runs = {"first": before, "unchanged": before, "night": night}
        spent = {}
        for run, file in runs.items():
            spent[run], printed = cpu_seconds("run", file, "--workspace", folder / "workspace")
            facts = json.loads(printed)
            learnt = facts["value"]["model"]["reason"] or "nothing"
            ratio, limit = spent[run] / spent["first"], LIMITS.get(run, 1.0)
            print(
                f"{run:10} {spent[run]:7.1f} CPU s {ratio:6.3f} (limit {limit:.2f})  "
                f"{facts['rows_in']:8,} rows, value learnt: {learnt}",
                flush=True,
            )
    return int(any(spent[run] > limit * spent["first"] for run, limit in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
