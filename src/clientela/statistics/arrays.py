"""Columns of an Arrow table as arrays of doubles, ready for arithmetic row by row."""

import math

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.errors import ArtifactError

Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def is_numeric(dtype: pa.DataType) -> bool:
    """Return whether a type counts or measures.

    Examples
    --------
    >>> is_numeric(pa.int64()), is_numeric(pa.date32())
    (True, False)
    """
    return bool(pa.types.is_integer(dtype) or pa.types.is_floating(dtype))


def list_numeric_columns(snapshot: pa.Table) -> list[str]:
    """Name the numeric columns of a snapshot.

    Examples
    --------
    >>> list_numeric_columns(pa.table({"customer_id": ["a"], "orders": [2], "revenue": [10.0]}))
    ['orders', 'revenue']
    """
    return [field.name for field in snapshot.schema if is_numeric(field.type)]


def doubles(table: pa.Table, name: str) -> Doubles:
    """Return a numeric column as doubles, nulls and infinities as NaN.

    The array is contiguous, because NumPy may take another instruction, and another last bit, for
    strided data: a row has to score the same wherever it stands.

    Raises
    ------
    ArtifactError
        The column is missing or not numeric.

    Examples
    --------
    >>> doubles(pa.table({"orders": [1, None]}), "orders")
    array([ 1., nan])
    """
    if name not in table.column_names or not is_numeric(table.schema.field(name).type):
        raise ArtifactError(
            f"the model reads the numeric feature {name!r}, which these customers do not have",
            where=name,
            do="run again with --refit",
        )
    column = pc.cast(table.column(name), pa.float64())
    values = np.ascontiguousarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def sort_by_customer(table: pa.Table) -> pa.Table:
    """Order rows by ``customer_id``, so that the order they came in changes nothing.

    Examples
    --------
    >>> sort_by_customer(pa.table({"customer_id": ["b", "a"]})).column("customer_id").to_pylist()
    ['a', 'b']
    """
    order = pc.sort_indices(table, sort_keys=[("customer_id", "ascending")])
    return table.take(order)


def sum_exactly(values: Doubles) -> float:
    """Add up exactly, to the fourth decimal, whatever the order.

    Examples
    --------
    >>> sum_exactly(np.array([0.1] * 10))
    1.0
    """
    return round(math.fsum(values[~np.isnan(values)]), 4)
