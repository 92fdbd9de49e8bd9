"""Lists as Arrow tables, for Parquet.

Apart from the rest, so that the API does without Arrow.
"""

from collections.abc import Sequence

import pyarrow as pa

from clientela.report.lists.kinds import ColumnKind, ListContent

_TYPES: dict[ColumnKind, pa.DataType] = {
    "text": pa.string(),
    "date": pa.date32(),
    "money": pa.float64(),
    "count": pa.int64(),
    "share": pa.float64(),
    "flag": pa.bool_(),
}


def build_list_schema(content: ListContent) -> pa.Schema:
    """Return the columns of a list, by their names for programs."""
    return pa.schema([(column.name, _TYPES[column.kind]) for column in content.kind.columns])


def build_list_table(content: ListContent, cells: Sequence[Sequence[object]]) -> pa.Table:
    """Return the cells of a list as a table."""
    schema = build_list_schema(content)
    columns = zip(*cells, strict=True) if cells else ([] for _ in schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)
