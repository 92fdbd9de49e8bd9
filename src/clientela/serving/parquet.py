"""Rows as Parquet, part by part as they are read."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from clientela.contract.results import RESULT_TABLES


class _Sink:
    """A file that gives away what is written to it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self.closed = False

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        self._size += len(part)
        return len(part)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        """Keep what was written until it is taken."""

    def close(self) -> None:
        self.closed = True

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


async def encode_parquet(
    columns: Sequence[str], batches: AsyncIterator[Iterable[Sequence[Any]]]
) -> AsyncIterator[bytes]:
    """Yield the parts of a Parquet file, a row group a batch.

    Parameters
    ----------
    columns : sequence of str
        Names; types are those of the columns of customers, text for others.
    batches : async iterator
        Rows as cells in the order of the columns.
    """
    import pyarrow as pa  # loads with the first such file
    import pyarrow.parquet as pq

    from clientela.store.arrow_schemas import ARROW_TYPES

    customers = next(table for table in RESULT_TABLES if table.name == "customers")
    types = {column.name: ARROW_TYPES[column.dtype] for column in customers.columns}
    types["as_of"] = pa.date32()
    schema = pa.schema([(name, types.get(name, pa.string())) for name in columns])
    sink = _Sink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        async for rows in batches:
            cells = zip(*rows, strict=True)
            arrays = [pa.array(cell, field.type) for cell, field in zip(cells, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield sink.take()
    yield sink.take()
