"""Filters over 1,000,000 customers and 6 million products bought: counts with revenue, and pages.

``python benchmarks/filters.py [customers]``; CPU of this process, one thread, medians of rounds. A
count over its limit of 50 ms, or a page over 100, ends with code 1.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import published
import pyarrow as pa
import pyarrow.parquet as pq
from figures import Figure, report

from clientela.store.filter_file import FilterFile
from clientela.store.filter_text import read_filter
from clientela.store.filters import Filter
from clientela.store.run_files import write_filter_file

FILTERS = (
    "days_since_last > 60 and segment = 2",
    "orders > 3 or revenue > 100",
    "insider != 'member' and last_order_date < 2011-06-01",
    "bought = 'P21'",
    "bought != 'P21' and not insider = 'member'",
    "ordered_in = '2011-11'",
    "ordered_in in ('2011-10', '2011-11')",
    "months_later = 3",
    "first_order_date >= 2011-04-01 and first_order_date < 2011-07-01 and months_later = 3",
)
LIMITS = {"count": 50, "page": 100, "next": 100, "by id": 100}  # CPU ms
ROUNDS = 5
PRODUCTS = 4_000
PAGE = 101


def main(customers: int = 1_000_000) -> int:
    """Measure every filter and report it."""
    with tempfile.TemporaryDirectory() as folder:
        path = _write(Path(folder), customers)
        size = Figure("size of the file", path.stat().st_size / 1e6, unit="MB")
        file = FilterFile(path)
        figures = [figure for text in FILTERS for figure in _measure(file, text)]
        file.close()
    return report("filters", [Figure("customers", customers), size], figures)


def _write(folder: Path, customers: int) -> Path:
    draw = np.random.default_rng(7)
    table = published.tables(customers)["customers"]
    buyers = table["customer_id"].to_numpy()[draw.integers(0, customers, 6 * customers)]
    codes = (draw.pareto(0.8, 6 * customers) * 20).clip(0, PRODUCTS - 1).astype(int)
    products = np.char.add("P", codes.astype("U4"))
    pq.write_table(pa.table({"customer_id": buyers, "product_id": products}), folder / "pairs")
    return write_filter_file(table, folder / "pairs")


def _measure(file: FilterFile, text: str) -> list[Figure]:
    """Return the times of a filter, in ms of CPU."""
    tree = read_filter(text)
    last = file.list_ids(tree, "-revenue", limit=PAGE)[-1].as_py()
    questions = {
        "count": lambda: file.count(tree),
        "page": lambda: file.list_ids(tree, "-revenue", limit=PAGE),
        "next": lambda: file.list_ids(tree, "-revenue", after=last, limit=PAGE),
        "by id": lambda: _page_late(file, tree),
    }
    return [
        Figure(name, median(_time(ask) for _ in range(ROUNDS)), text, "ms", limit=LIMITS[name])
        for name, ask in questions.items()
    ]


def _page_late(file: FilterFile, tree: Filter) -> object:
    return file.list_ids(tree, after=str(published.FIRST_ID + 900_000), limit=PAGE)


def _time(ask: Callable[[], object]) -> float:
    began = time.process_time()
    ask()
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
