"""Rows into SQLite: one prepared statement over columns of Python values."""

import sqlite3

import pyarrow as pa
from sqlalchemy import Table, insert
from sqlalchemy.dialects import sqlite

from clientela.store.fit import Owner, filled


def load(connection: sqlite3.Connection, table: Table, owner: Owner, rows: pa.RecordBatch) -> None:
    """Insert fitted rows under their owner, in the transaction of the connection."""
    names = filled(rows)
    statement = str(
        insert(table).compile(
            dialect=sqlite.dialect(paramstyle="qmark"), column_keys=[owner.column, *names]
        )
    )
    columns = (_values(rows[name]) for name in names)
    connection.executemany(statement, zip([owner.value] * rows.num_rows, *columns, strict=True))


def _values(column: pa.Array) -> list[object]:
    """Give a column's values as SQLite takes them, by the fastest way for its type."""
    kind = column.type
    if pa.types.is_floating(kind) or (pa.types.is_integer(kind) and not column.null_count):
        values = column.to_numpy(zero_copy_only=False)  # null is NaN, which SQLite stores as null
    elif pa.types.is_date(kind):
        values = column.cast(pa.string())
    elif pa.types.is_decimal(kind):
        return [None if value is None else float(value) for value in column.to_pylist()]
    else:
        values = column
    return list(values.tolist())
