"""What every engine can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import pyarrow as pa

if TYPE_CHECKING:  # a server that only evaluates what was compiled ahead does without Ibis
    import ibis.expr.types as ir


Batches = Iterator[pa.RecordBatch]
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Engine(Protocol):
    """A connection that reads Parquet, evaluates Ibis expressions and writes Parquet.

    ``rows_at_once`` are the rows of whole customers that it computes together; of more, work goes
    bucket by bucket.
    """

    name: str
    rows_at_once: float

    @property
    def local(self) -> Engine:
        """What computes small tables on this machine."""

    def read_parquet(self, paths: Sequence[Path]) -> ir.Table:
        """Read Parquet files of one schema, or of schemas that add up, as a table."""

    def from_arrow(self, table: pa.Table) -> ir.Table:
        """Hold an Arrow table, to be joined with others."""

    def to_arrow(self, expr: ir.Table) -> pa.Table:
        """Evaluate an expression into memory."""

    def write_parquet(
        self, expr: ir.Table, folder: Path, partition_by: Sequence[str] = (), partitions: int = 1
    ) -> None:
        """Evaluate an expression into Parquet files under a folder.

        With ``partition_by`` the files stand in Hive folders (``bucket=03/…``) and do not hold
        those columns; ``partitions`` says how many there may be, which memory holds open together.
        """

    def materialise(self, expr: ir.Table) -> ir.Table:
        """Evaluate an expression once and give the stored result as a table."""

    def stage(self, expr: ir.Table) -> ir.Table:
        """Evaluate an expression once and keep the result where it takes no memory, if anywhere."""

    def map_batches(
        self,
        expr: ir.Table,
        function: Callable[[Batches], Batches],
        schema: pa.Schema,
        *,
        by: Sequence[str],
        order: Sequence[str],
        descending: Sequence[str] = (),
    ) -> ir.Table:
        """Evaluate a Python function once over the rows, those alike in ``by`` in one call.

        A call gets batches of rows, sorted by ``order`` and then by ``descending`` from the highest
        value, and gives batches of the schema. It may be made in another process, where the
        function is known by its name.
        """

    def call_each(
        self, function: Callable[[Asked], Answer], items: Sequence[Asked]
    ) -> list[Answer]:
        """Call a function of each item, on the workers where there are any.

        The answers are in the order of the items. Of an item it may be called more than once,
        even at the same time; one of the answers counts.
        """

    def drop(self, table: ir.Table) -> None:
        """Free a table that :meth:`materialise` gave."""

    def bind(self, name: str, table: ir.Table) -> None:
        """Bind a table to a fixed name; bound anew, compiled queries read the new table."""

    def compile(self, expr: ir.Table) -> str:
        """Write an expression upon bound tables in the engine's SQL, to be evaluated repeatedly."""

    def query(self, sql: str, schema: pa.Schema) -> pa.Table:
        """Evaluate a compiled expression: the columns and types of the schema, rows in no order."""

    def close(self) -> None:
        """Free what the connection holds."""
