"""Words by which one person's rows name another who was erased: blanked as the rows are written.

Of people who were erased nothing is left but hashes, so that each number, address or word with a
digit is hashed and looked for: names alone are not found.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clientela.contract.tables import CONTACT_TEXTS
from clientela.tables.tombstones import Tombstones

KEPT = frozenset(
    {
        *("customer_id", "source_id", "order_id", "returns_order_id", "product_id", "line_key"),
        *("source", "rule", "table", "kind", "currency", "line", *CONTACT_TEXTS),
    }
)
"""Columns of text that name their own row, or whose words are ours; in any other one a source
writes what it likes, so that it may name other people."""
LIKELY = "@|[0-9]"  # what every spelling that is looked for has


def list_texts(schema: pa.Schema) -> list[str]:
    """Name the columns in which a row may name other people."""
    return [
        field.name for field in schema if pa.types.is_string(field.type) and field.name not in KEPT
    ]


def blank_texts(path: Path, stones: Tombstones) -> None:
    """Write a file anew without what names erased people, unless nothing does.

    Refused lines stay as they are but for that.
    """
    file = pq.ParquetFile(path)
    names = [*list_texts(file.schema_arrow), *({"line"} & set(file.schema_arrow.names))]
    rows = file.read()
    blanked = rows
    for name in names:
        index = rows.column_names.index(name)
        texts = _blank_column(rows[name].combine_chunks(), stones)
        if texts is not None:
            blanked = blanked.set_column(index, rows.schema.field(name), texts)
    if blanked is not rows:
        pq.write_table(blanked, path)


def _blank_column(column: pa.Array, stones: Tombstones) -> pa.Array | None:
    """Blank each different text once; None where nothing names anybody."""
    encoded = column.dictionary_encode()
    texts = encoded.dictionary
    likely = pc.indices_nonzero(pc.match_substring_regex(texts, LIKELY)).to_pylist()
    values = texts.to_pylist()
    changed = {row: new for row in likely if (new := stones.blank(values[row])) != values[row]}
    if not changed:
        return None
    blanked = [changed.get(row, text) for row, text in enumerate(values)]
    return pa.array(blanked, column.type).take(encoded.indices)
