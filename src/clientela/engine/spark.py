"""Spark, for tables that one machine does not hold, on a Java 17 runtime.

Where it runs is the settings' ``master``, this machine by default, or what ``spark-submit`` says.
All its workers must see the workspace's folder, and hold the libraries of this process.
"""

import importlib
import math
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from clientela.config import EngineSettings
from clientela.engine.base import Answer, Asked, Batches
from clientela.engine.duck import DuckEngine
from clientela.errors import MissingExtra, PlatformError

JAVA_MAJOR = 17  # the oldest Java that Spark 4 runs on
LEAST_HEAP_MB = 1_024  # by convention: Spark's own default
SUBMITTED = "PYSPARK_GATEWAY_PORT"  # set by spark-submit
LOGGING = "-Dlog4j2.configurationFile=" + Path(__file__).with_name("log4j2.properties").as_uri()


class SparkEngine:
    """A Spark session whose values do not depend on the machine: UTC, zoneless timestamps, ANSI.

    Parameters
    ----------
    session : pyspark.sql.SparkSession
        A session with the options of :func:`options`.
    settings : EngineSettings
        Limits of what computes beside it on this machine.
    temp_folder : Path, optional
        Where that may spill.
    """

    name = "spark"
    rows_at_once = math.inf

    def __init__(self, session: Any, settings: EngineSettings, temp_folder: Path | None) -> None:
        self.session = session
        self.con = ibis.pyspark.connect(session)
        self._settings = settings
        self._temp_folder = temp_folder
        self._kept: dict[str, Any] = {}
        self._read: dict[tuple[tuple[str, int, int], ...], ir.Table] = {}

    @cached_property
    def local(self) -> DuckEngine:
        """DuckDB on this machine."""
        return DuckEngine(self._settings, self._temp_folder)

    def read_parquet(self, paths: Sequence[Path]) -> ir.Table:
        """Read Parquet files; columns are matched by name. What was read before stays open."""
        read = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
        if read not in self._read:
            self._read[read] = self._open_parquet([str(path) for path in paths])
        return self._read[read]

    def _open_parquet(self, files: Sequence[str]) -> ir.Table:
        # Spark starts a job to find the schema that files add up to, which their footers tell.
        schema = pa.unify_schemas([pq.read_schema(file) for file in files])
        reader = self.session.read.schema(_spark_schema(schema))
        # without it Spark takes folders named kind=… for further columns
        reader = reader.option("recursiveFileLookup", "true")
        return self._create_view(reader.parquet(*files))

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
        # Without the hint each task writes a file of each partition; with it they grow large.
        frame = self._frame(expr).hint("rebalance", *partition_by)
        frame.write.mode("append").parquet(str(folder), partitionBy=list(partition_by) or None)

    def materialise(self, expr: ir.Table) -> ir.Table:
        """Evaluate an expression once and keep the result with its workers.

        It goes to their disks what their memory does not hold; what a lost worker had is computed
        again.
        """
        return self._keep(self._frame(expr))

    def stage(self, expr: ir.Table) -> ir.Table:
        """Evaluate an expression once; Spark itself moves to the disk what memory does not hold."""
        return self.materialise(expr)

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
        """Evaluate a Python function on the workers, a call for each part of the rows."""
        from pyspark.sql.functions import col

        frame = self._frame(expr).repartition(*by)
        frame = frame.sortWithinPartitions(*order, *[col(name).desc() for name in descending])
        return self._keep(frame.mapInArrow(function, _spark_schema(schema)))

    def call_each(
        self, function: Callable[[Asked], Answer], items: Sequence[Asked]
    ) -> list[Answer]:
        """Call a function on the workers, a task for each item."""
        spread = self.session.sparkContext.parallelize(items, len(items))
        with _quiet_sockets():
            answers: list[Answer] = spread.map(function).collect()
        return answers

    def drop(self, table: ir.Table) -> None:
        """Forget a table, and free its parts."""
        name = table.get_name()
        self.session.catalog.dropTempView(name)
        self._kept.pop(name).unpersist()

    def bind(self, name: str, table: ir.Table) -> None:
        """Name a table by a view."""
        self._frame(table).createOrReplaceTempView(name)

    def compile(self, expr: ir.Table) -> str:
        """Write an expression upon bound tables in Spark's SQL."""
        return str(self.con.compile(expr))

    def query(self, sql: str, schema: pa.Schema) -> pa.Table:
        """Evaluate a compiled expression into memory: the columns and types of the schema."""
        with _quiet_sockets():
            return self.session.sql(sql).select(*schema.names).toArrow().cast(schema)

    def close(self) -> None:
        """Stop the session and its Java process's work."""
        if "local" in vars(self):
            self.local.close()
        self.session.stop()

    def _frame(self, expr: ir.Table) -> Any:
        """Plan an expression as a data frame of exactly the types that Ibis states."""
        frame = self.session.sql(self.compile(expr))
        types = {name: _spark_type(dtype) for name, dtype in expr.schema().items()}
        return frame.select([frame[name].cast(dtype).alias(name) for name, dtype in types.items()])

    def _keep(self, frame: Any) -> ir.Table:
        """Evaluate a frame once and keep its rows until they are dropped."""
        from pyspark import StorageLevel

        frame.persist(StorageLevel.MEMORY_AND_DISK).count()
        table = self._create_view(frame)
        self._kept[table.get_name()] = frame
        return table

    def _create_view(self, frame: Any) -> ir.Table:
        name = ibis.util.gen_name("clientela")
        frame.createOrReplaceTempView(name)
        return self.con.table(name)


@contextmanager
def _quiet_sockets() -> Iterator[None]:
    """Say nothing of the sockets that pyspark leaves open."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema.remove_metadata(), prefer_timestamp_ntz=True)


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
    fixed = {
        "spark.app.name": "clientela",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.maxResultSize": "0",  # results flow on to Python, which holds them
        "spark.executor.extraJavaOptions": "-Duser.timezone=UTC",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.ansi.enabled": "true",
        # else each result that is kept has as many parts as shuffles have: 200 of few rows
        "spark.sql.optimizer.canChangeCachedPlanOutputPartitioning": "true",
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    }
    if temp_folder is not None:
        fixed["spark.sql.warehouse.dir"] = str(temp_folder / "warehouse")
    if SUBMITTED in os.environ:
        return fixed  # what spark-submit says goes before what the settings say
    fixed["spark.driver.memory"] = f"{max(settings.memory_limit_mb, LEAST_HEAP_MB)}m"
    fixed["spark.driver.extraJavaOptions"] = f"-Duser.timezone=UTC {LOGGING}"
    if settings.master is not None:
        return fixed | {"spark.master": settings.master} | settings.spark
    fixed |= {
        "spark.master": f"local[{settings.threads or '*'}]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": str(os.cpu_count() or 1),
    }
    if temp_folder is not None:
        fixed["spark.local.dir"] = str(temp_folder)
    return fixed | settings.spark


def open_engine(settings: EngineSettings, temp_folder: Path | None) -> SparkEngine:
    """Open a Spark session, or the running one.

    Raises
    ------
    MissingExtra
        Spark's libraries or a Java runtime of version 17 or later are not installed.
    PlatformError
        Its master does not answer, or does not take the options.
    """
    require_libraries()
    require_java()
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # of the workers
    builder = SparkSession.builder
    for key, value in options(settings, temp_folder).items():
        builder = builder.config(key, value)
    try:
        return SparkEngine(builder.getOrCreate(), settings, temp_folder)
    except (Py4JError, PySparkException) as error:
        raise PlatformError(
            "Spark does not start: its master does not answer, or refuses the options",
            where=f"engine.master = {settings.master or 'local'}",
            do="read what Spark says above, start the master or correct engine.master and "
            "engine.spark, and run again",
        ) from error


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
