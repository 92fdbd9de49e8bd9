"""Rows into a table of either database, some at a time."""

import io
import sqlite3
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from sqlalchemy import Boolean, Column, Connection, Date, Double, Integer, Numeric, Table, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from clientela.errors import ClientelaError, InputError

if TYPE_CHECKING:
    import psycopg

SLICE_ROWS = 20_000  # by convention, some MB written at a time
_AS_WRITTEN = csv.WriteOptions(include_header=False)  # nulls bare, every text in quotes
MONEY = pa.decimal128(38, 4)
MOST_MONEY = 10**14  # numeric(18, 4) leaves so many digits
OWNERS = ("run_id", "experiment_id")  # what rows belong to, the same for all that are loaded


Owner = tuple[str, str]
"""What rows belong to: a column of ``OWNERS``, and the run or experiment."""


def load_rows(connection: Connection, table: Table, owner: Owner, rows: pa.Table) -> None:
    """Fit and write some rows at a time, which bounds what the copies take.

    Raises
    ------
    ClientelaError
        A column the table does not have, or an empty one it needs.
    """
    driver = cast(Any, connection.connection.driver_connection)
    write = _writer(connection)
    for part in slices(rows, table, SLICE_ROWS):
        batch = fit_rows(part, table)
        if batch.num_rows:
            write(driver, table, owner, batch)


def _writer(connection: Connection) -> Callable[[Any, Table, Owner, pa.RecordBatch], None]:
    return insert_rows if connection.dialect.name == "sqlite" else copy_rows


def insert_rows(
    connection: sqlite3.Connection, table: Table, owner: Owner, rows: pa.RecordBatch
) -> None:
    """Insert fitted rows under their owner, in the transaction of the connection."""
    names = list_nonempty_columns(rows)
    statement = str(
        insert(table).compile(
            dialect=sqlite.dialect(paramstyle="qmark"), column_keys=[owner[0], *names]
        )
    )
    columns = (_values(rows[name]) for name in names)
    connection.executemany(statement, zip([owner[1]] * rows.num_rows, *columns, strict=True))


def _values(column: pa.Array) -> list[object]:
    """Return a column's values as SQLite takes them, by the fastest way for its type."""
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


def copy_rows(
    connection: "psycopg.Connection", table: Table, owner: Owner, rows: pa.RecordBatch
) -> None:
    """Copy fitted rows under their owner, in the transaction of the connection."""
    from psycopg import sql

    names = [owner[0], *list_nonempty_columns(rows)]
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    owners = pa.array([owner[1]] * rows.num_rows)
    columns = [owners, *(rows[name] for name in names[1:])]
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(_csv(pa.RecordBatch.from_arrays(columns, names)))


def _csv(rows: pa.RecordBatch) -> memoryview:
    buffer = io.BytesIO()
    csv.write_csv(rows, buffer, _AS_WRITTEN)
    return buffer.getbuffer()


def fit_rows(rows: pa.Table, table: Table) -> pa.RecordBatch:
    """Return the rows with the table's columns, without their owner, in types both databases take.

    Columns that are not there, and values that are no finite number, become null. NUL, which
    PostgreSQL cannot hold in text, becomes U+FFFD.

    Raises
    ------
    ClientelaError
        A column the table does not have, or an empty one it needs.
    """
    unknown = sorted(set(rows.column_names) - set(table.columns.keys()))
    if unknown:
        raise ClientelaError(f"the table {table.name} has no column {', '.join(unknown)}")
    columns = [column for column in table.columns if column.name not in OWNERS]
    arrays = [_fit_column(rows, column) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, [column.name for column in columns])


def list_nonempty_columns(rows: pa.RecordBatch) -> list[str]:
    """Name the columns that hold at least one value; the others need not be loaded."""
    return [name for name in rows.schema.names if rows[name].null_count < rows.num_rows]


def slices(rows: pa.Table, table: Table, size: int) -> Iterator[pa.Table]:
    """Yield slices of the rows by the table's key, the order in which an index grows fastest.

    At least one slice comes, so that the columns of an empty table are checked too.
    """
    key = [column.name for column in table.primary_key if column.name not in OWNERS]
    starts = range(0, max(rows.num_rows, 1), size)
    if not key or key[0] not in rows.column_names or _ascends(rows[key[0]]):
        yield from (rows.slice(start, size) for start in starts)
        return
    order = pc.sort_indices(rows, sort_keys=[(key[0], "ascending")])
    yield from (rows.take(order[start : start + size]) for start in starts)


def arrow_type(kind: TypeEngine[object]) -> pa.DataType:
    """Return the Arrow type of a column of the store."""
    if isinstance(kind, Double):  # a Numeric too, so it comes first
        return pa.float64()
    if isinstance(kind, Numeric):
        return MONEY
    if isinstance(kind, Integer):
        return pa.int64()
    if isinstance(kind, Boolean):
        return pa.bool_()
    return pa.date32() if isinstance(kind, Date) else pa.string()


def _fit_column(rows: pa.Table, column: Column[object]) -> pa.Array:
    goal = arrow_type(column.type)
    if column.name not in rows.column_names:
        values = pa.nulls(rows.num_rows, goal)
    else:
        values = _cast(rows[column.name].combine_chunks(), goal)
    if goal == MONEY:
        check_money(values, f"{column.table.name}.{column.name}")
    if values.null_count and not column.nullable:
        raise ClientelaError(f"{column.table.name}.{column.name} must not be empty")
    return values


def check_money(values: pa.Array, where: str) -> None:
    """Raise if an amount has more digits than a database holds; SQLite would take it silently.

    Raises
    ------
    InputError
        One has.
    """
    largest = pc.max(pc.abs(values)).as_py()
    if largest is not None and largest >= MOST_MONEY:
        raise InputError(
            "amounts add up to more than 14 digits before the decimal point",
            where=where,
            do="look for a wrong amount or decimal mark in the source (source.decimal)",
        )


def _cast(values: pa.Array, goal: pa.DataType) -> pa.Array:
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
    if pa.types.is_decimal(goal) and not pa.types.is_integer(values.type):
        values = pc.round(values, ndigits=goal.scale)
    values = values.cast(goal)
    if pa.types.is_string(goal):
        values = pc.replace_substring(values, "\0", "\ufffd")
    return values


def _ascends(values: pa.ChunkedArray) -> bool:
    if len(values) < 2:
        return True
    return bool(pc.all(pc.less_equal(values[:-1], values[1:])).as_py())
