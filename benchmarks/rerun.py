"""What a run costs that finds nothing new, or the rows of a night, beside the first run.

``python benchmarks/rerun.py [customers]`` simulates a shop, runs on the first 99 % of its lines by
date, runs the same once more, and then on the last 1 %. The limits are shares of the first run's
CPU seconds.
"""

import csv
import json
import sys
import tempfile
from pathlib import Path

from figures import Figure, report
from processes import run_clientela

CUSTOMERS = 2_000
NIGHT_SHARE = 0.01
END = "2012"  # the simulated shop ends before
LIMITS = {"unchanged": 0.17, "night": 0.55}
"""Measured .13 and .51 with 2,000 customers. Loading libraries stands in every run: of more lines
it is a smaller share."""


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
    """Run three times and report the ratios."""
    figures, first = [], 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_clientela("simulate", "retail", "--out", folder / "shop", "--customers", customers)
        before, night = split_by_date(folder / "shop" / "transactions.csv", folder)
        for run, file in {"first": before, "unchanged": before, "night": night}.items():
            used = run_clientela("run", file, "--workspace", folder / "workspace", "--json")
            first, facts = first or used.cpu, json.loads(used.printed)
            print(f"{run}: value learnt {facts['value']['model']['reason'] or 'nothing'}")
            figures += [
                Figure("lines", facts["rows_in"], run),
                Figure("CPU s", used.cpu, run),
                Figure("of the first run", used.cpu / first, run, limit=LIMITS.get(run)),
                Figure("peak MB", used.peak_mb, run),
            ]
    return report("rerun", figures)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
