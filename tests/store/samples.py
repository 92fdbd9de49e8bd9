"""Rows for any table of the store, made from its columns."""

import datetime as dt
import json
from typing import Any

import pyarrow as pa
from sqlalchemy import Boolean, Column, Date, Double, Integer, Numeric, Table

from clientela.store.load import arrow_type

STATUSES = ("member", "leaving", "candidate")
DAY = dt.date(2011, 12, 9)


def sample(table: Table, count: int = 3) -> pa.Table:
    """Give rows with a value in every column; in the last row, none where none is needed."""
    columns = [column for column in table.columns if column.name != "run_id"]
    arrays = [
        pa.array([_cell(column, number, count) for number in range(count)], _type(column))
        for column in columns
    ]
    return pa.table(arrays, [column.name for column in columns])


def expected(table: Table, count: int = 3) -> list[dict[str, Any]]:
    """Give the same rows as readers get them, by the table's key."""
    rows = sample(table, count).to_pylist()
    texts = [column.name for column in table.columns if column.info.get("json")]
    return [
        row | {name: json.loads(row[name]) for name in texts if row[name] is not None}
        for row in rows
    ]


def _type(column: Column[Any]) -> pa.DataType:
    """Give money as the producers do: in doubles."""
    kind = column.type
    return pa.float64() if isinstance(kind, Numeric) else arrow_type(kind)


def _cell(column: Column[Any], number: int, count: int) -> object:
    if number == count - 1 and column.nullable:
        return None
    if column.info.get("json"):
        return json.dumps({"n": number, "é": [1.5, None]}, ensure_ascii=False)
    if column.name == "status":
        return STATUSES[number % len(STATUSES)]
    return _of_type(column, number)


def _of_type(column: Column[Any], number: int) -> object:
    kind = column.type
    if isinstance(kind, Numeric | Double):
        return number + 0.25
    if isinstance(kind, Boolean):
        return number % 2 == 0
    if isinstance(kind, Integer):
        return number + 1
    if isinstance(kind, Date):
        return DAY + dt.timedelta(days=number)
    return f"{column.name} ção {number:03d}"
