"""Rows of either database as dictionaries of the same Python types."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Date, Double, Numeric
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import TypeEngine

from clientela.store.schema import UtcDateTime, as_utc

Decoder = Callable[[Sequence[Any]], dict[str, Any]]


def decoder(columns: Sequence[ColumnElement[Any]], dialect: str) -> Decoder:
    """Make the function that turns a row of these columns into a dictionary.

    Days become ``date``, moments aware ``datetime``, money ``float``, truth ``bool`` and JSON text
    what it holds.
    """
    names = [str(column.key) for column in columns]
    changes = [
        (name, change)
        for name, column in zip(names, columns, strict=True)
        if (change := _change(column, dialect)) is not None
    ]

    def decode(row: Sequence[Any]) -> dict[str, Any]:
        values = dict(zip(names, row, strict=True))
        for name, change in changes:
            if values[name] is not None:
                values[name] = change(values[name])
        return values

    return decode


def _change(column: ColumnElement[Any], dialect: str) -> Callable[[Any], Any] | None:
    """Return what the driver left to do for a column; None where the value is right already."""
    kind = column.type
    if isinstance(column, Column) and column.info.get("json"):
        return json.loads
    if isinstance(kind, Numeric) and not isinstance(kind, Double):
        return float
    if isinstance(kind, UtcDateTime):
        return _moment_of_text if dialect == "sqlite" else as_utc
    return _change_of_sqlite(kind) if dialect == "sqlite" else None


def _change_of_sqlite(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(kind, Boolean):
        return bool
    return dt.date.fromisoformat if isinstance(kind, Date) else None


def _moment_of_text(value: str) -> dt.datetime:
    return as_utc(dt.datetime.fromisoformat(value))


def sort_rows(rows: Sequence[dict[str, Any]], *order: str) -> list[dict[str, Any]]:
    """Sort as no database does by itself: the same on all, nulls first."""
    return sorted(rows, key=lambda row: [(row[name] is not None, row[name]) for name in order])
