"""What really happened: sums a customer, kept while lines are written, and their files."""

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from clientela.simulate.customers import FIRST_ID, Customers
from clientela.simulate.dirt import PlantedLines
from clientela.simulate.groups import Floats
from clientela.simulate.orders import Orders
from clientela.simulate.products import Products, bundles_of
from clientela.simulate.settings import RetailSettings

SUMS = ("sale", "returned", "fees", "duplicated")


@dataclass
class TruthLedger:
    """Running sums of sound lines, in hundredths of money, one row a customer.

    The last row gathers the lines that name no customer.
    """

    customers: int
    cents: dict[str, Floats] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cents = {name: np.zeros(self.customers + 1) for name in SUMS}

    def add(self, planted: PlantedLines, products: int) -> None:
        """Count a block of lines; spoilt copies belong to nobody's truth."""
        lines, status = planted.lines, planted.status
        fee = lines.code >= products
        masks = {
            "sale": (status == 0) & ~fee & (lines.credit == 0),
            "returned": ~fee & (lines.credit == 1),
            "fees": fee,
            "duplicated": status == 1,
        }
        for name, mask in masks.items():
            self._sum(name, np.flatnonzero(mask), planted)
        for name, count in planted.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def _sum(self, name: str, rows: np.ndarray, planted: PlantedLines) -> None:
        lines = planted.lines
        owner = np.where(lines.customer[rows] < 0, self.customers, lines.customer[rows])
        self.cents[name] += np.bincount(
            owner, weights=lines.cents[rows], minlength=self.customers + 1
        )

    def count(self, name: str, lines: int) -> None:
        """Count lines of a kind that is no dirt."""
        self.counts[name] = self.counts.get(name, 0) + lines


def truth_table(
    customers: Customers,
    dropout: Floats,
    orders: Orders,
    ledger: TruthLedger,
    settings: RetailSettings,
) -> pa.Table:
    """Build the truth of every customer; money is in units, durations in days."""
    left = dropout < settings.days
    day = np.datetime64(settings.start, "D")
    identified = orders.customer[orders.customer >= 0]
    names = np.array([group.name for group in settings.groups])
    amounts = {f"{name}_amount": ledger.cents[name][:-1] / 100 for name in SUMS}
    return pa.table(
        {
            "customer_id": pa.array([str(FIRST_ID + row) for row in range(len(customers))]),
            "group": pa.array(names[customers.group]),
            "acquired_date": pa.array(day + np.floor(customers.acquired).astype(int)),
            "dropout_date": pa.array(
                day + np.floor(np.where(left, dropout, 0)).astype(int), mask=~left
            ),
            "purchase_rate_per_day": customers.rate_per_day,
            "spend_level": customers.spend_level,
            "orders": np.bincount(identified, minlength=len(customers)),
            **amounts,
        }
    )


def write_truth(table: pa.Table, path: Path) -> None:
    """Write the truth of the customers as Parquet."""
    pq.write_table(table, path)


def write_facts(
    settings: RetailSettings,
    products: Products,
    ledger: TruthLedger,
    facts: dict[str, Any],
    path: Path,
) -> None:
    """Write how many of each thing were planted, with the settings and the bundles."""
    content = {
        "settings": _plain(asdict(settings)),
        **facts,
        "planted": ledger.counts,
        "amounts": {name: round(float(ledger.cents[name].sum()) / 100, 2) for name in SUMS},
        "unidentified_amount": round(sum(float(ledger.cents[name][-1]) for name in SUMS) / 100, 2),
        "bundles": bundles_of(products),
    }
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Convert settings to what JSON can hold."""
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in settings.items()
    }
