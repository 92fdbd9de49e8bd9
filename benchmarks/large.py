"""Whole runs from the file, at growing sizes: what a line costs must not grow with their number.

``python benchmarks/large.py [customers …]``, 1,000 and 10,000 unless said: a shop of 10,000
customers (``clientela simulate retail``) is written so many times under other ids. All but its last
hundredth by date goes through ``clientela run`` with default settings, then that last hundredth, as
a night brings it. The rows say what so many lines cost, not how so many different customers are
segmented or forecast. Smaller sizes are shops of their own.
"""

import csv
import json
import shutil
import sys
import time
from itertools import pairwise
from pathlib import Path

from figures import Figure, report
from processes import run_clientela
from rerun import split_by_date

WORK = Path(__file__).parent / ".work" / "large"
SHOP_CUSTOMERS = 10_000
SIZES = (1_000, 10_000)
MOST_GROWTH = 1.10  # CPU a line, of each size against the one before, for a tenfold step
MOST_OFF = 1.5  # of the estimate beforehand, either way, from 100,000 customers
LEAST_JUDGED = 100_000
MOST_NIGHT = 0.6  # of the first run's CPU; of more lines it is less
GOALS: dict[tuple[int, str], dict[str, float]] = {
    (1_000_000, "first run"): {"seconds": 300.0, "mb": 4_096.0},
    (1_000_000, "night"): {"cpu": 150.0},
}


def make_files(customers: int) -> tuple[Path, Path]:
    """Write the lines of so many customers, if they are not there: all but a night's, and those."""
    own = min(customers, SHOP_CUSTOMERS)
    shop, folder = WORK / f"shop-{own}", WORK / f"{customers}"
    if not shop.exists():
        run_clientela("simulate", "retail", "--out", shop, "--customers", own)
        split_by_date(shop / "transactions.csv", shop)
    paths = folder / "before.csv", folder / "night.csv"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            _repeat(shop / path.name, path, customers // own)
        (folder / "done").touch()
    return paths


def _repeat(source: Path, target: Path, copies: int) -> None:
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        for copy in range(copies):
            with source.open(encoding="utf-8", newline="") as lines:
                reader = csv.reader(lines)
                header = next(reader)
                if not copy:
                    writer.writerow(header)
                at = [header.index(name) for name in ("InvoiceNo", "CustomerID")]
                writer.writerows(_number(row, at, copy) for row in reader)


def _number(row: list[str], at: list[int], copy: int) -> list[str]:
    """Put the number of the copy before the digits of a line's ids; a credit note keeps its C."""
    for column in at:
        digits = row[column].lstrip("AC")
        if digits:
            row[column] = row[column].removesuffix(digits) + f"{copy + 1}{digits}"
    return row


def measure(customers: int) -> tuple[list[Figure], float]:
    """Take one size through a first run and a night; return what they took, and a line's CPU."""
    before, night = make_files(customers)
    workspace, figures, costs = before.with_name("workspace"), [], []
    judged = customers >= LEAST_JUDGED
    for run, path in (("first run", before), ("night", night)):
        anew, begun = ("--replace", "--refit") if path == before else (), time.perf_counter()
        used = run_clientela("run", path, "-w", workspace, *anew, "--json")
        facts, goals = json.loads(used.printed), GOALS.get((customers, run), {})
        seconds, of = time.perf_counter() - begun, f"{customers:,} customers, {run}"
        costs.append(used.cpu / facts["rows_in"])
        figures += [
            Figure("lines", facts["rows_in"], of),
            Figure("CPU s", used.cpu, of, goal=goals.get("cpu")),
            Figure("us of CPU a line", costs[-1] * 1e6, of),
            Figure("time", seconds, of, "s", goal=goals.get("seconds")),
            Figure("peak MB", used.peak_mb, of, goal=goals.get("mb")),
        ]
        if run == "first run":
            told = facts["estimate"]
            ratios = told["cpu_seconds"] / used.cpu, told["memory_mb"] / used.peak_mb
            off = max(*ratios, *(1 / ratio for ratio in ratios))
            bound = MOST_OFF if judged else None
            figures += [
                Figure("told beforehand, CPU s", told["cpu_seconds"], of),
                Figure("told, MB", told["memory_mb"], of),
                Figure("most told off, times", off, of, limit=bound, goal=bound),
            ]
        else:
            share = used.cpu / figures[1].value
            figures.append(Figure("of the first run", share, of, limit=MOST_NIGHT))
        print(f"{of}: {used.cpu:.0f} CPU s, {used.peak_mb:,.0f} MB", flush=True)
    shutil.rmtree(workspace)
    return figures, costs[0]


def main(sizes: tuple[int, ...] = SIZES) -> int:
    """Measure each size and report it."""
    WORK.mkdir(parents=True, exist_ok=True)
    measured = [measure(customers) for customers in sizes]
    costs = [cost for _, cost in measured]
    growth = max((after / before for before, after in pairwise(costs)), default=1.0)
    figures = [figure for part, _ in measured for figure in part]
    step = Figure(
        "growth of a line's CPU, from size to size", growth, limit=MOST_GROWTH, goal=MOST_GROWTH
    )
    return report(f"large-{max(sizes)}", figures, [step])


if __name__ == "__main__":
    sys.exit(main(tuple(map(int, sys.argv[1:])) or SIZES))
