"""The canonical tables: their columns, and the facts of their rows by one query a table."""

from collections.abc import Iterator
from typing import Any

import ibis.expr.types as ir

from clientela.contract.tables import CUSTOMERS, QUARANTINE, TRANSACTIONS, Column
from clientela.engine import Engine
from clientela.report.dictionary.entry import DictionaryEntry, EntryFacts
from clientela.tables.schema import Tables

_TABLES = {"transactions": TRANSACTIONS, "customers": CUSTOMERS, "quarantine": QUARANTINE}
_TYPES = {
    "string": "text",
    "int64": "bigint",
    "decimal(18, 4)": "numeric(18, 4)",
    "timestamp(6)": "timestamp",
}
_UNCOUNTED = {"line", "line_key", "attributes"}  # as many values as rows


def canonical(engine: Engine | None, tables: Tables | None) -> Iterator[DictionaryEntry]:
    """List the columns of the canonical tables, with facts of those that are given."""
    for name, columns in _TABLES.items():
        rows = getattr(tables, name, None)
        facts = _asked(engine, rows, columns) if engine is not None and rows is not None else {}
        for column in columns:
            yield DictionaryEntry(
                place="workspace",
                table=name,
                column=column.name,
                type=_TYPES.get(column.dtype, column.dtype),
                unit=column.unit,
                meaning_key=column.meaning_key,
                facts=facts.get(column.name, EntryFacts()),
            )


def _asked(engine: Engine, rows: ir.Table, columns: tuple[Column, ...]) -> dict[str, EntryFacts]:
    """Ask one query for the facts of all columns the table has."""
    held = [column for column in columns if column.name in rows.columns]
    questions = {name: part for column in held for name, part in _questions(rows, column).items()}
    answer = engine.to_arrow(rows.aggregate(rows=rows.count(), **questions)).to_pylist()[0]
    return {column.name: _answered(column.name, answer) for column in held}


def _questions(rows: ir.Table, column: Column) -> dict[str, ir.Scalar]:
    """Ask for the number of values, and for their ends or how many differ."""
    name, values = column.name, rows[column.name]
    asked: dict[str, ir.Scalar] = {f"{name}_held": values.count()}
    if column.dtype not in ("string", "boolean"):
        asked |= {f"{name}_low": values.min(), f"{name}_high": values.max()}
    elif name not in _UNCOUNTED:
        asked[f"{name}_values"] = values.nunique()
    return asked


def _answered(name: str, answer: dict[str, Any]) -> EntryFacts:
    rows = answer["rows"]
    return EntryFacts(
        rows=rows,
        missing=1 - answer[f"{name}_held"] / rows if rows else None,
        low=answer.get(f"{name}_low"),
        high=answer.get(f"{name}_high"),
        values=answer.get(f"{name}_values"),
    )
