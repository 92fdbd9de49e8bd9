"""What really happened: sums a customer, kept while lines are written, and their files."""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.simulate.customers import FIRST_ID, Customers
from clientela.simulate.groups import Floats
from clientela.simulate.lines import Lines
from clientela.simulate.orders import Orders
from clientela.simulate.products import Ints, Products, bundles_of
from clientela.simulate.settings import RetailSettings


@dataclass(frozen=True)
class Simulation:
    """Where the files stand, and what they hold.

    Parameters
    ----------
    transactions, truth, facts : Path
        The lines, the truth of each customer, and ``truth.json``.
    customers, lines : int
        How many there are.
    planted : dict of str to int
        Lines or rows of each kind that were planted.
    orders : int
        Of a shop.
    left : int
        Subscribers who had left by the last day.
    """

    transactions: Path
    truth: Path
    facts: Path
    customers: int
    lines: int
    planted: dict[str, int]
    orders: int = 0
    left: int = 0

    @property
    def customers_file(self) -> Path:
        """Where a firm's subscribers are listed, beside the lines."""
        return self.transactions.with_name("customers.csv")


SUMS = ("sale", "returned", "fees", "duplicated")


def start_sums(customers: int) -> dict[str, Floats]:
    """Return sums of nothing, in hundredths of money, by kind and customer.

    The last row gathers the lines that name no customer.
    """
    return {name: np.zeros(customers + 1) for name in SUMS}


def add_lines(cents: dict[str, Floats], lines: Lines, status: Ints, products: int) -> None:
    """Add a block of lines to the sums; spoilt copies belong to nobody's truth."""
    fee = lines.code >= products
    masks = {
        "sale": (status == 0) & ~fee & (lines.credit == 0),
        "returned": ~fee & (lines.credit == 1),
        "fees": fee,
        "duplicated": status == 1,
    }
    for name, mask in masks.items():
        rows, count = np.flatnonzero(mask), len(cents[name])
        owner = np.where(lines.customer[rows] < 0, count - 1, lines.customer[rows])
        cents[name] += np.bincount(owner, weights=lines.cents[rows], minlength=count)


def truth_table(
    customers: Customers,
    dropout: Floats,
    orders: Orders,
    cents: dict[str, Floats],
    settings: RetailSettings,
) -> pa.Table:
    """Build the truth of every customer; money is in units, durations in days."""
    left = dropout < settings.days
    day = np.datetime64(settings.start, "D")
    identified = orders.customer[orders.customer >= 0]
    names = np.array([group.name for group in settings.groups])
    amounts = {f"{name}_amount": cents[name][:-1] / 100 for name in SUMS}
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


def write_facts(
    settings: RetailSettings,
    products: Products,
    planted: dict[str, int],
    cents: dict[str, Floats],
    facts: dict[str, Any],
    path: Path,
) -> None:
    """Write how many of each thing were planted, with the settings and the bundles."""
    content = {
        "settings": _plain(asdict(settings)),
        **facts,
        "planted": planted,
        "amounts": {name: round(float(cents[name].sum()) / 100, 2) for name in SUMS},
        "unidentified_amount": round(sum(float(cents[name][-1]) for name in SUMS) / 100, 2),
        "bundles": bundles_of(products),
    }
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Convert settings to what JSON can hold."""
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in settings.items()
    }
