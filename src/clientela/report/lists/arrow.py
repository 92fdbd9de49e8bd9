"""Lists as Arrow tables, for Parquet, and columns made safe for CSV all at once.

Apart from the rest, so that the API does without Arrow.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from clientela.files.safe_cell import FORMULA, NUMBER
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


def escape_formulas(rows: pa.Table) -> pa.Table:
    """Return a table whose texts no spreadsheet computes, by the rule of ``safe_cell``.

    Examples
    --------
    >>> escape_formulas(pa.table({"id": ["=1+1", "-12", None]}))["id"].to_pylist()
    ["'=1+1", '-12', None]
    """
    for index, field in enumerate(rows.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            rows = rows.set_column(index, field.name, _escape(rows[field.name]))
    return rows


def _escape(values: pa.ChunkedArray) -> pa.ChunkedArray:
    computed = pc.match_substring_regex(values, f"^{FORMULA.pattern}")
    number = pc.match_substring_regex(values, f"^{NUMBER.pattern}\\z")
    escaped = pc.binary_join_element_wise(pa.scalar("'", values.type), values, "")
    return pc.if_else(pc.and_not(computed, number), escaped, values)
