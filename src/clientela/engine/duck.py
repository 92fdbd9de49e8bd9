"""DuckDB, the default engine: one process, in memory, spilling to disk."""

import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import duckdb
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.sql.datatypes import DuckDBType

from clientela.config import EngineSettings
from clientela.engine.base import Answer, Asked, Batches
from clientela.engine.column_file import tell_full_disk
from clientela.engine.compiled import compile_once, name_table
from clientela.errors import InputError, PlatformError

COPIES = "Arrow output on a DB-API result makes an extra copy"
warnings.filterwarnings("ignore", COPIES, UserWarning)


BYTES_A_VALUE = {True: 32, False: 8}
"""Memory of a text, and of another value, on its way to a file: 2,500,000 cleaned lines of 16 texts
and 28 others took 1.24 GB, where this counts 1.84."""
OPEN_SHARE = 0.3
"""Share of the memory limit that rows on their way to files of partitions may take; what evaluates
them needs the rest. So 5,819,950 lines went into 16 partitions within 128 MB."""
ROWS_AT_ONCE = 2_500_000  # by convention: sorted together in a few hundred MB
MOST_ROWS, LEAST_ROWS = 122_880, 2_048  # DuckDB's own row group, and its vector


class DuckEngine:
    """An in-memory DuckDB with a memory limit and its own spill folder.

    Its tables are numbered, and a query compiled upon some serves for others of the same columns.
    """

    name = "duckdb"
    rows_at_once = ROWS_AT_ONCE

    def __init__(self, settings: EngineSettings, temp_folder: Path | None) -> None:
        options: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{settings.memory_limit_mb}MB",
            "preserve_insertion_order": False,
            "python_enable_replacements": False,  # a table that is missing is no Python variable
        }
        if settings.threads is not None:
            options["threads"] = settings.threads
        if temp_folder is not None:
            options["temp_directory"] = str(temp_folder)
        self.con = duckdb.connect(":memory:", config=options)
        self.con.execute("SET TimeZone = 'UTC'")
        if self._shows_progress():  # to set it at all needs ipywidgets in a notebook
            self.con.execute("SET enable_progress_bar = false")  # it would write to standard output
        self.con.execute("SET parquet_metadata_cache = true")  # files are planned with repeatedly
        self._temp_folder = temp_folder
        self._open_bytes = OPEN_SHARE * settings.memory_limit_mb * 1_000_000
        self._tables = 0

    @property
    def local(self) -> "DuckEngine":
        """Itself."""
        return self

    def _shows_progress(self) -> bool:
        row = self.con.execute("SELECT current_setting('enable_progress_bar')").fetchone()
        return bool(row and row[0])

    def read_parquet(self, paths: Sequence[Path]) -> ir.Table:
        """Read Parquet files; columns are matched by name."""
        files = ", ".join(_quote_text(str(path)) for path in paths)
        parquet = f"read_parquet([{files}], union_by_name=true, hive_partitioning=false)"
        return self._create("VIEW", f"SELECT * FROM {parquet}")  # noqa: S608 - quoted

    def from_arrow(self, table: pa.Table) -> ir.Table:
        """Hold an Arrow table without copying it."""
        name = self._name_table()
        self.con.register(name, table)
        return self._table(name)

    def to_arrow(self, expr: ir.Table) -> pa.Table:
        """Evaluate an expression into memory."""
        is_sorted = bool(expr.op().find(ops.Sort))
        return self._fetch(self.compile(expr), expr.schema().to_pyarrow(), is_sorted=is_sorted)

    def write_parquet(
        self, expr: ir.Table, folder: Path, partition_by: Sequence[str] = (), partitions: int = 1
    ) -> None:
        """Evaluate an expression into Parquet files; a partition holds few rows in memory."""
        folder.mkdir(parents=True, exist_ok=True)
        target = folder if partition_by else folder / "part-0.parquet"
        columns = ", ".join(map(_quote_name, partition_by))
        parts = f", PARTITION_BY ({columns}), OVERWRITE_OR_IGNORE true" if partition_by else ""
        if partition_by:
            rows = self._limit_rows(expr, partitions)
            parts += f", ROW_GROUP_SIZE {rows}"
            self.con.execute(f"SET partitioned_write_flush_threshold = {rows}")
        copy = f"COPY ({self.compile(expr)}) TO {_quote_text(str(target))} (FORMAT parquet{parts})"
        _translate_errors(lambda: self.con.execute(copy))

    def _limit_rows(self, expr: ir.Table, partitions: int) -> int:
        """Count the rows of each partition that memory holds until they are written."""
        width = sum(BYTES_A_VALUE[dtype.is_string()] for dtype in expr.schema().types)
        return max(LEAST_ROWS, min(MOST_ROWS, int(self._open_bytes / width / partitions)))

    def materialise(self, expr: ir.Table) -> ir.Table:
        """Evaluate an expression into a temporary table."""
        columns = ", ".join(
            f"CAST({_quote_name(name)} AS {write_type(dtype)}) AS {_quote_name(name)}"
            for name, dtype in expr.schema().items()
        )
        return self._create("TABLE", f"SELECT {columns} FROM ({self.compile(expr)})")  # noqa: S608 - quoted

    def stage(self, expr: ir.Table) -> ir.Table:
        """Evaluate an expression into Parquet in the spill folder; into memory without one."""
        if self._temp_folder is None:
            return self.materialise(expr)
        folder = self._temp_folder / f"staged-{self._tables}"
        self.write_parquet(expr, folder)
        return self.read_parquet([folder / "part-0.parquet"])

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
        """Evaluate a Python function over all rows in one call."""
        rows = self.to_arrow(expr.order_by(*order, *map(ibis.desc, descending)))
        return self.from_arrow(pa.Table.from_batches(function(iter(rows.to_batches())), schema))

    def call_each(
        self, function: Callable[[Asked], Answer], items: Sequence[Asked]
    ) -> list[Answer]:
        """Call a function of one item after the other."""
        return [function(item) for item in items]

    def drop(self, table: ir.Table) -> None:
        """Drop a temporary table."""
        self.con.execute(f"DROP TABLE {_quote_name(table.get_name())}")

    def bind(self, name: str, table: ir.Table) -> None:
        """Name a table by a view."""
        self.con.execute(
            f"CREATE OR REPLACE TEMPORARY VIEW {_quote_name(name)} AS {self.compile(table)}"
        )

    def compile(self, expr: ir.Table) -> str:
        """Write an expression upon this engine's tables in DuckDB's SQL."""
        return compile_once(self.name, expr, lambda expr: str(ibis.duckdb.compile(expr)))

    def query(self, sql: str, schema: pa.Schema) -> pa.Table:
        """Evaluate a compiled expression: the columns and types of the schema, rows in no order."""
        columns = ", ".join(map(_quote_name, schema.names))
        return self._fetch(f"SELECT {columns} FROM ({sql})", schema)  # noqa: S608 - quoted

    def close(self) -> None:
        """Close the connection and drop its temporary tables."""
        self.con.close()

    def _fetch(self, sql: str, schema: pa.Schema, *, is_sorted: bool = False) -> pa.Table:
        # DuckDB warns that this copies the rows once more. A relation is planned twice, which costs
        # a third of the time of a snapshot of a small firm; but what is executed lost the order of
        # 14 in 30 sorted results of 40,000 rows on two threads (DuckDB 2.0).
        run = self.con.sql if is_sorted else self.con.execute
        table: pa.Table = _translate_errors(lambda: run(sql).to_arrow_table())
        return table if table.schema.equals(schema) else table.cast(schema)

    def _create(self, kind: str, sql: str) -> ir.Table:
        name = self._name_table()
        create = f"CREATE TEMPORARY {kind} {_quote_name(name)} AS {sql}"
        _translate_errors(lambda: self.con.execute(create))
        return self._table(name)

    def _name_table(self) -> str:
        self._tables += 1
        return name_table(self._tables)

    def _table(self, name: str) -> ir.Table:
        relation = self.con.table(name)
        types = map(read_type, map(str, relation.types))
        return ibis.table(dict(zip(relation.columns, types, strict=True)), name=name)


def _quote_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quote_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@cache
def read_type(text: str) -> ibis.DataType:
    """Read a type as DuckDB writes it."""
    return DuckDBType.from_string(text)


@cache
def write_type(dtype: ibis.DataType) -> str:
    """Write a type as DuckDB reads it."""
    return str(DuckDBType.to_string(dtype))


T = TypeVar("T")


def _translate_errors(call: Callable[[], T]) -> T:
    """Run a call, telling a full disk or exhausted memory as what it is."""
    try:
        with tell_full_disk():
            return call()
    except duckdb.OutOfMemoryException as error:
        raise PlatformError(
            f"DuckDB ran out of memory: {error}",
            do="raise engine.memory_limit_mb, or free the disk",
        ) from error
    except duckdb.ConversionException as error:
        if "to type DECIMAL(18,4) failed" in str(error):
            raise InputError(
                "amounts add up to more than 14 digits before the decimal point",
                do="look for a wrong amount or decimal mark in the source (source.decimal)",
            ) from error
        raise


def open_engine(settings: EngineSettings, temp_folder: Path | None) -> DuckEngine:
    """Open DuckDB."""
    return DuckEngine(settings, temp_folder)
