"""Canonical rows for tests: ordinary ones but for what is given."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa

from clientela.contract.tables import CUSTOMERS, TRANSACTIONS
from clientela.tables.schema import ibis_schema

Row = dict[str, Any]


def at(day: str, hour: int = 12, minute: int = 0) -> dt.datetime:
    """Give a local moment."""
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour, minute))


def sale(amount: str | Decimal, when: dt.datetime, **given: Any) -> Row:
    """Make a line that was sold."""
    return {
        "customer_id": "a",
        "order_id": f"of {when}",
        "product_id": "p",
        "quantity": Decimal(1),
        "amount": Decimal(amount),
        "ordered_local": when,
        "kind": "sale",
        **given,
    }


def given_back(amount: str | Decimal, when: dt.datetime, **given: Any) -> Row:
    """Make a line that was returned, linked to no order unless said."""
    returned = {"quantity": Decimal(-1), "amount": -Decimal(amount), "kind": "return"}
    return sale(amount, when) | {"order_id": f"C{when}"} | returned | given


def transactions(rows: list[Row]) -> pa.Table:
    """Make the table of transactions."""
    filled = [_filled(row, position) for position, row in enumerate(rows)]
    return pa.Table.from_pylist(filled, ibis_schema(TRANSACTIONS).to_pyarrow())


def customers(rows: list[Row]) -> pa.Table:
    """Make the table of customers."""
    return pa.Table.from_pylist(rows, ibis_schema(CUSTOMERS).to_pyarrow())


def _filled(row: Row, position: int) -> Row:
    return {
        "line_no": 1,
        "unit_price": Decimal(1),
        "currency": "GBP",
        "ordered_at": row["ordered_local"],
        "line_key": str(position),
        **row,
    }
