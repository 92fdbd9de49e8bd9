"""Whole runs from the file, at growing sizes: what a line costs must not grow with their number.

``python benchmarks/large.py 10000 100000 [1000000]`` (``make bench-large``): a shop of 10,000
customers (``clientela simulate retail``) is written so many times under other ids, and each file
goes through ``clientela run`` with default settings in a process of its own. The rows say what so
many lines cost, not how so many different customers are segmented or forecast.
"""

import csv
import json
import resource
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

WORK = Path(__file__).parent / ".work" / "large"
SHOP_CUSTOMERS = 10_000
MOST_GROWTH = 1.10  # CPU a line, of each size against the smallest, for a tenfold step
MOST_OFF = 1.5  # of the estimate beforehand, either way, from 100,000 customers
LEAST_JUDGED = 100_000


def make_file(customers: int) -> Path:
    """Write the lines of so many customers, if they are not there."""
    path = WORK / f"{customers}.csv"
    shop = WORK / "shop" / "transactions.csv"
    if not shop.exists():
        _clientela("simulate", "retail", "--out", shop.parent, "--customers", SHOP_CUSTOMERS)
    if path.exists():
        return path
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        for copy in range(max(customers // SHOP_CUSTOMERS, 1)):
            with shop.open(encoding="utf-8", newline="") as source:
                reader = csv.reader(source)
                header = next(reader)
                if not copy:
                    writer.writerow(header)
                at = [header.index(name) for name in ("InvoiceNo", "CustomerID")]
                writer.writerows(_number(row, at, copy) for row in reader)
    draft.rename(path)
    return path


def _number(row: list[str], at: list[int], copy: int) -> list[str]:
    """Put the number of the copy before the digits of a line's ids; a credit note keeps its C."""
    for column in at:
        digits = row[column].lstrip("AC")
        if digits:
            row[column] = row[column].removesuffix(digits) + f"{copy + 1}{digits}"
    return row


def _clientela(*words: object) -> str:
    command = [sys.executable, "-m", "clientela", *map(str, words), "--json"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours


def measure(path: Path) -> dict[str, float]:
    """Run one file into a workspace of its own; return what it took beside its estimate."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = ("run", path, "-w", path.with_suffix(""), "--replace", "--refit")
    facts = json.loads(_clientela(*words))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "lines": facts["rows_in"],
        "cpu": after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime,
        "peak_mb": after.ru_maxrss / 1024,  # the largest so far, which is that of rising sizes
        "told_cpu": facts["estimate"]["cpu_seconds"],
        "told_mb": facts["estimate"]["memory_mb"],
    }


def _show(customers: int, figure: dict[str, float]) -> None:
    line_cost = figure["cpu"] / figure["lines"] * 1e6
    print(
        f"{customers:>9,}   {figure['lines']:>10,}   {figure['cpu']:>7.1f}   {line_cost:>15.1f}   "
        f"{figure['peak_mb']:>7,.0f}   {figure['told_cpu']:>15.0f}   {figure['told_mb']:>12,.0f}",
        flush=True,
    )


def main(sizes: tuple[int, ...]) -> int:
    """Print the table and return 1 where a limit is missed."""
    WORK.mkdir(parents=True, exist_ok=True)
    print(
        "customers        lines     CPU s   a million lines   peak MB   estimated CPU s   "
        "estimated MB"
    )
    figures, off = [], 1.0
    for customers in sizes:
        figure = measure(make_file(customers))
        _show(customers, figure)
        figures.append(figure)
        if customers >= LEAST_JUDGED:
            ratios = (figure["told_cpu"] / figure["cpu"], figure["told_mb"] / figure["peak_mb"])
            off = max(off, *ratios, *(1 / ratio for ratio in ratios))
    costs = [figure["cpu"] / figure["lines"] for figure in figures]
    growth = max((after / before for before, after in pairwise(costs)), default=1.0)
    print(f"CPU a line grows {growth:.2f} times at most from size to size (limit {MOST_GROWTH})")
    print(f"estimates are {off:.2f} times off at most (limit {MOST_OFF})")
    return int(off > MOST_OFF or growth > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main(tuple(map(int, sys.argv[1:]))))
