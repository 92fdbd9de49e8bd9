"""Typed lines as the parser gives them, for tests of what comes after it."""

import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any

import pyarrow as pa

MONEY = pa.decimal128(18, 4)
STAMP = pa.timestamp("us")
TYPES = {
    "source_row": pa.int64(),
    "quantity": MONEY,
    "unit_price": MONEY,
    "amount": MONEY,
    "cost": MONEY,
    "ordered_at": STAMP,
    "ordered_local": STAMP,
    "raw": pa.struct([("x", pa.string())]),
}
NAMES = (
    "source_row",
    "customer_id",
    "order_id",
    "product_id",
    "description",
    "quantity",
    "unit_price",
    "amount",
    "cost",
    "currency",
    "ordered_at",
    "ordered_local",
    "country",
    "channel",
    "service",
    "category",
    "raw_date",
    "raw_quantity",
    "raw_unit_price",
    "raw_amount",
    "raw",
    "line_key",
)
NOON = dt.datetime(2020, 1, 1, 12)


def line(**given: Any) -> dict[str, Any]:
    """Make a line: an ordinary sale but for what is given; its key follows its content."""
    row: dict[str, Any] = {
        "customer_id": "1",
        "order_id": "A1",
        "product_id": "p",
        "description": "a thing",
        "quantity": Decimal(2),
        "unit_price": Decimal(3),
        "currency": "GBP",
        "ordered_local": NOON,
        "country": "United Kingdom",
        "raw": {"x": None},
        **given,
    }
    if row["quantity"] is not None and row["unit_price"] is not None:
        row.setdefault("amount", row["quantity"] * row["unit_price"])
    row.setdefault("ordered_at", row["ordered_local"])
    content = repr(sorted((key, str(value)) for key, value in row.items()))
    row.setdefault("line_key", hashlib.md5(content.encode(), usedforsecurity=False).hexdigest())
    return row


def typed(*rows: dict[str, Any]) -> pa.Table:
    """Make a table of lines, numbered in their order."""
    numbered = [{"source_row": i, **row} for i, row in enumerate(rows, start=1)]
    schema = pa.schema([(name, TYPES.get(name, pa.string())) for name in NAMES])
    return pa.Table.from_pylist(numbered, schema)


def canonical(*rows: dict[str, Any]) -> pa.Table:
    """Make canonical transactions of one kind each, numbered among equals."""
    from clientela.contract.tables import TRANSACTIONS

    seen: dict[str, int] = {}
    full = []
    for row in rows:
        number = seen.get(row["line_key"], 0)
        seen[row["line_key"]] = number + 1
        kind = "return" if row["amount"] < 0 else "sale"
        full.append({"line_no": number, "kind": kind, "returns_order_id": None, **row})
    types = TYPES | {"line_no": pa.int64()}
    names = [column.name for column in TRANSACTIONS]
    return pa.Table.from_pylist(full, pa.schema([(n, types.get(n, pa.string())) for n in names]))
