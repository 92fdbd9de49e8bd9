"""The tables of the results database in Arrow, as ``contract.results`` declares them."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from clientela.contract.results import RESULT_TABLES
from clientela.contract.tables import MONEY, DType

ARROW_TYPES: dict[DType, pa.DataType] = {
    "string": pa.string(),
    "id": pa.string(),
    "json": pa.string(),
    "binary": pa.binary(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    MONEY: pa.float64(),  # as it is computed; loading rounds it to the scale of the database
}

_DECLARED = {arrow_table.name: arrow_table for arrow_table in RESULT_TABLES}


def arrow_schema(table: str, *columns: str) -> pa.Schema:
    """Return the Arrow schema of a table, or of some of its columns, without what owns the rows.

    Examples
    --------
    >>> arrow_schema("customer_map").names
    ['x', 'y', 'segment']
    >>> arrow_schema("customers", "customer_id", "insider").names
    ['customer_id', 'insider']
    """
    types = {column.name: ARROW_TYPES[column.dtype] for column in _DECLARED[table].columns}
    return pa.schema([(name, types[name]) for name in columns or types])


def arrow_table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    """Return rows as a table of the store; a column that a row lacks is null.

    Examples
    --------
    >>> arrow_table("model_notes", [{"purpose": "churn", "position": 1}]).num_columns
    5
    """
    return pa.Table.from_pylist(rows, schema=arrow_schema(name))


def build_table(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    """Return rows of a database, which hold a value a field, as a table of a schema."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


TABLES: dict[str, pa.Schema] = {
    name: arrow_schema(name)
    for name in (
        "model_candidates",
        "model_metrics",
        "model_curves",
        "model_importance",
        "churn_horizons",
        "churn_contacts",
        "propensity_targets",
        "propensity_contacts",
        "value_forecast",
        "model_notes",
        "btyd_fits",
    )
}
"""What value and churn hand over as evidence for their models."""
