"""DuckDB, the default engine: one process, in memory, spilling to disk."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from clientela.config import EngineSettings
from clientela.errors import DiskFull, InputError, PlatformError


class DuckEngine:
    """An in-memory DuckDB with a memory limit and its own spill folder."""

    name = "duckdb"

    def __init__(self, settings: EngineSettings, temp_folder: Path | None) -> None:
        options: dict[str, object] = {
            "memory_limit": f"{settings.memory_limit_mb}MB",
            "preserve_insertion_order": False,
        }
        if settings.threads is not None:
            options["threads"] = settings.threads
        if temp_folder is not None:
            options["temp_directory"] = str(temp_folder)
        self.con = ibis.duckdb.connect(**options)
        if self._shows_progress():  # to set it at all needs ipywidgets in a notebook
            self.con.raw_sql("SET enable_progress_bar = false")  # it would write to standard output
        self.con.raw_sql("SET parquet_metadata_cache = true")  # files are planned with repeatedly

    def _shows_progress(self) -> bool:
        return bool(self.con.raw_sql("SELECT current_setting('enable_progress_bar')").fetchone()[0])

    def read_parquet(self, paths: Sequence[Path]) -> ir.Table:
        """Read Parquet files; columns are matched by name."""
        return self.con.read_parquet(
            [str(path) for path in paths], union_by_name=True, hive_partitioning=False
        )

    def from_arrow(self, table: pa.Table) -> ir.Table:
        """Hold an Arrow table without copying it."""
        name = ibis.util.gen_name("clientela")
        self.con.con.register(name, table)
        return self.con.table(name)

    def to_arrow(self, expr: ir.Table) -> pa.Table:
        """Evaluate an expression into memory."""
        return _translate_errors(lambda: self.con.to_pyarrow(expr))

    def write_parquet(self, expr: ir.Table, folder: Path, partition_by: Sequence[str] = ()) -> None:
        """Evaluate an expression into Parquet files under a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        if partition_by:
            _translate_errors(
                lambda: self.con.to_parquet(
                    expr, folder, partition_by=tuple(partition_by), overwrite_or_ignore=True
                )
            )
        else:
            _translate_errors(lambda: self.con.to_parquet(expr, folder / "part-0.parquet"))

    def materialise(self, expr: ir.Table) -> ir.Table:
        """Evaluate an expression into a temporary table."""
        name = ibis.util.gen_name("clientela")
        return _translate_errors(lambda: self.con.create_table(name, expr, temp=True))

    def drop(self, table: ir.Table) -> None:
        """Drop a temporary table."""
        self.con.drop_table(table.op().name, database="temp.main")

    def bind(self, name: str, table: ir.Table) -> None:
        """Name a table by a view."""
        self.con.con.sql(self.compile(table)).create_view(name, replace=True)

    def compile(self, expr: ir.Table) -> str:
        """Write an expression upon bound tables in DuckDB's SQL."""
        return str(self.con.compile(expr, pretty=True))

    def query(self, sql: str, schema: pa.Schema) -> pa.Table:
        """Evaluate a compiled expression into memory: the columns and types of the schema."""
        relation = self.con.con.sql(sql).select(*schema.names)
        table = _translate_errors(relation.to_arrow_table)
        return table if table.schema.equals(schema) else table.cast(schema)

    def close(self) -> None:
        """Close the connection and drop its temporary tables."""
        self.con.disconnect()


T = TypeVar("T")


def _translate_errors(call: Callable[[], T]) -> T:
    """Run a call, telling a full disk or exhausted memory as what it is."""
    import duckdb

    try:
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
    except duckdb.IOException as error:
        if "No space left" in str(error):
            raise DiskFull(
                "no space left while computing", do="free the disk and run again"
            ) from error
        raise


def open_engine(settings: EngineSettings, temp_folder: Path | None) -> DuckEngine:
    """Open DuckDB."""
    return DuckEngine(settings, temp_folder)
