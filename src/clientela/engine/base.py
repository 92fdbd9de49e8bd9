"""What every engine can do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

if TYPE_CHECKING:  # a server that only evaluates what was compiled ahead does without Ibis
    import ibis.expr.types as ir


class Engine(Protocol):
    """A connection that reads Parquet, evaluates Ibis expressions and writes Parquet."""

    name: str

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
