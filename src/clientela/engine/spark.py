"""Spark, for tables that one machine does not hold; here in local mode, on a Java 17 runtime."""

import importlib
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from clientela.config import EngineSettings
from clientela.errors import MissingExtra

JAVA_MAJOR = 17  # the oldest Java that Spark 4 runs on
LEAST_HEAP_MB = 1_024  # by convention: Spark's own default
LOGGING = "-Dlog4j2.configurationFile=" + Path(__file__).with_name("log4j2.properties").as_uri()


class SparkEngine:
    """A Spark session whose values do not depend on the machine: UTC, zoneless timestamps, ANSI.

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        A session with the options of :func:`options`.
    """

    name = "spark"

    def __init__(self, session: Any) -> None:
        self.session = session
        self.con = ibis.pyspark.connect(session)

    def read_parquet(self, paths: Sequence[Path]) -> ir.Table:
        """Read Parquet files; columns are matched by name."""
        reader = self.session.read.option("mergeSchema", "true")
        # without it Spark takes folders named kind=… for further columns
        reader = reader.option("recursiveFileLookup", "true")
        return self._create_view(reader.parquet(*[str(path) for path in paths]))

    def from_arrow(self, table: pa.Table) -> ir.Table:
        """Copy an Arrow table into the session."""
        return self._create_view(self.session.createDataFrame(table))

    def to_arrow(self, expr: ir.Table) -> pa.Table:
        """Evaluate an expression into memory, with the types that Ibis states."""
        return self.query(self.compile(expr), expr.schema().to_pyarrow())

    def write_parquet(
        self,
        expr: ir.Table,
        folder: Path,
        partition_by: Sequence[str] = (),
        partitions: int = 1,
    ) -> None:
        """Evaluate an expression into Parquet files under a folder."""
        writer = self._frame(expr).write.mode("append")
        writer.parquet(str(folder), partitionBy=list(partition_by) or None)

    def materialise(self, expr: ir.Table) -> ir.Table:
        """Evaluate an expression once and keep the result with its session."""
        return self._create_view(self._frame(expr).localCheckpoint())

    def stage(self, expr: ir.Table) -> ir.Table:
        """Evaluate an expression once; Spark itself moves to the disk what memory does not hold."""
        return self.materialise(expr)

    def drop(self, table: ir.Table) -> None:
        """Forget a table; Spark frees its parts when nothing refers to them."""
        self.session.catalog.dropTempView(table.get_name())

    def bind(self, name: str, table: ir.Table) -> None:
        """Name a table by a view."""
        self._frame(table).createOrReplaceTempView(name)

    def compile(self, expr: ir.Table) -> str:
        """Write an expression upon bound tables in Spark's SQL."""
        return str(self.con.compile(expr))

    def query(self, sql: str, schema: pa.Schema) -> pa.Table:
        """Evaluate a compiled expression into memory: the columns and types of the schema."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # pyspark leaves its sockets open
            return self.session.sql(sql).select(*schema.names).toArrow().cast(schema)

    def close(self) -> None:
        """Stop the session and its Java process's work."""
        self.session.stop()

    def _frame(self, expr: ir.Table) -> Any:
        """Plan an expression as a data frame of exactly the types that Ibis states."""
        frame = self.session.sql(self.compile(expr))
        types = {name: _spark_type(dtype) for name, dtype in expr.schema().items()}
        return frame.select([frame[name].cast(dtype).alias(name) for name, dtype in types.items()])

    def _create_view(self, frame: Any) -> ir.Table:
        name = ibis.util.gen_name("clientela")
        frame.createOrReplaceTempView(name)
        return self.con.table(name)


def _spark_type(dtype: ibis.DataType) -> Any:
    from ibis.backends.pyspark.datatypes import PySparkType
    from pyspark.sql.types import TimestampNTZType

    # Ibis would make it an instant, which moves with the session's zone
    return TimestampNTZType() if dtype.is_timestamp() else PySparkType.from_ibis(dtype)


def options(settings: EngineSettings, temp_folder: Path | None) -> dict[str, str]:
    """Return the options of a session.

    Examples
    --------
    >>> options(EngineSettings(), None)["spark.sql.session.timeZone"]
    'UTC'
    """
    threads = settings.threads or "*"
    fixed = {
        "spark.master": f"local[{threads}]",
        "spark.app.name": "clientela",
        "spark.driver.memory": f"{max(settings.memory_limit_mb, LEAST_HEAP_MB)}m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC {LOGGING}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.shuffle.partitions": str(os.cpu_count() or 1),
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    }
    if temp_folder is None:
        return fixed
    warehouse = temp_folder / "warehouse"
    return fixed | {
        "spark.local.dir": str(temp_folder),
        "spark.sql.warehouse.dir": str(warehouse),
    }


def open_engine(settings: EngineSettings, temp_folder: Path | None) -> SparkEngine:
    """Open a local Spark session, or the running one.

    Raises
    ------
    MissingExtra
        Spark's libraries or a Java runtime of version 17 or later are not installed.
    """
    require_libraries()
    require_java()
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for key, value in options(settings, temp_folder).items():
        builder = builder.config(key, value)
    return SparkEngine(builder.getOrCreate())


def require_libraries() -> None:
    """Check that pyspark, and pandas by which Ibis speaks with it, can be imported.

    Raises
    ------
    MissingExtra
        One of them is not installed.
    """
    try:
        for name in ("pyspark.sql", "pandas"):
            importlib.import_module(name)
    except ModuleNotFoundError:
        raise MissingExtra.of("spark", "the Spark engine") from None


def require_java() -> Path:
    """Find the Java runtime that Spark will start.

    Raises
    ------
    MissingExtra
        There is none by JAVA_HOME or PATH, or it is older than version 17.
    """
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home, "bin")) if home else None)
    step = f"install a Java {JAVA_MAJOR} runtime and name it by JAVA_HOME or PATH"
    if java is None:
        raise MissingExtra("Spark needs a Java runtime", where=home or "PATH", do=step)
    answer = subprocess.run([java, "-version"], capture_output=True, text=True)  # noqa: S603 - JAVA_HOME's own
    major = java_major(answer.stderr)
    if major < JAVA_MAJOR:
        raise MissingExtra(
            f"Spark needs Java {JAVA_MAJOR} or later, this is {major}", where=java, do=step
        )
    return Path(java)


def java_major(java_output: str) -> int:
    """Read the major version from what ``java -version`` tells; 0 where it tells none.

    Examples
    --------
    >>> java_major('openjdk version "17.0.15" 2025-04-15')
    17
    >>> java_major('java version "1.8.0_292"')
    8
    """
    match = re.search(r'version "(?:1\.)?(\d+)', java_output)
    return int(match[1]) if match else 0
