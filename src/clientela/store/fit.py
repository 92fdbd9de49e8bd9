"""Arrow tables brought to the columns and types of a results table."""

from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Boolean, Column, Date, Double, Integer, Numeric, Table
from sqlalchemy.types import TypeEngine

from clientela.errors import ClientelaError

MONEY = pa.decimal128(38, 4)
OWNERS = ("run_id", "experiment_id")  # what rows belong to, the same for all that are loaded


class Owner(NamedTuple):
    """What rows belong to: a column of ``OWNERS``, and the run or experiment."""

    column: str
    value: str


def fit(rows: pa.Table, table: Table) -> pa.RecordBatch:
    """Give the rows with the table's columns, without their owner, in types both databases take.

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
    arrays = [_fitted(rows, column) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, [column.name for column in columns])


def filled(rows: pa.RecordBatch) -> list[str]:
    """Name the columns that hold at least one value; the others need not be loaded."""
    return [name for name in rows.schema.names if rows[name].null_count < rows.num_rows]


def slices(rows: pa.Table, table: Table, size: int) -> Iterator[pa.Table]:
    """Give the rows some at a time, by the table's key, the order in which an index grows fastest.

    At least one slice comes, so that the columns of an empty table are checked too.
    """
    key = [column.name for column in table.primary_key if column.name not in OWNERS]
    starts = range(0, max(rows.num_rows, 1), size)
    if not key or key[0] not in rows.column_names or _is_sorted(rows[key[0]]):
        yield from (rows.slice(start, size) for start in starts)
        return
    order = pc.sort_indices(rows, sort_keys=[(key[0], "ascending")])
    yield from (rows.take(order[start : start + size]) for start in starts)


def arrow_type(kind: TypeEngine[object]) -> pa.DataType:
    """Give the Arrow type of a column of the store."""
    if isinstance(kind, Double):  # a Numeric too, so it comes first
        return pa.float64()
    if isinstance(kind, Numeric):
        return MONEY
    if isinstance(kind, Integer):
        return pa.int64()
    if isinstance(kind, Boolean):
        return pa.bool_()
    return pa.date32() if isinstance(kind, Date) else pa.string()


def _fitted(rows: pa.Table, column: Column[object]) -> pa.Array:
    goal = arrow_type(column.type)
    if column.name not in rows.column_names:
        values = pa.nulls(rows.num_rows, goal)
    else:
        values = _cast(rows[column.name].combine_chunks(), goal)
    if values.null_count and not column.nullable:
        raise ClientelaError(f"{column.table.name}.{column.name} must not be empty")
    return values


def _cast(values: pa.Array, goal: pa.DataType) -> pa.Array:
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
    if pa.types.is_decimal(goal) and not pa.types.is_integer(values.type):
        values = pc.round(values, ndigits=goal.scale)
    values = values.cast(goal)
    if pa.types.is_string(goal):
        values = pc.replace_substring(values, "\0", "\ufffd")
    return values


def _is_sorted(values: pa.ChunkedArray) -> bool:
    if len(values) < 2:
        return True
    return bool(pc.all(pc.less_equal(values[:-1], values[1:])).as_py())
