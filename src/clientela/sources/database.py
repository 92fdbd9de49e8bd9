"""Tables and queries of a database, by URL, read only.

``sqlite:///shop.db?table=orders``, ``postgresql://user@host/shop?table=sales&schema=shop``,
``mysql://…``, ``mssql://…`` and ``oracle://…`` alike, or ``?query=SELECT …``, URL-encoded. The
password comes from the environment (:mod:`clientela.config.database_url`).
"""

import hashlib
import importlib.util
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import sqlalchemy as sa

from clientela.config import Source
from clientela.config.database_url import SOURCE_PASSWORD, add_password, refuse_password, show_url
from clientela.errors import MissingExtra, SourceError
from clientela.sources.guard import Guard
from clientela.sources.names import check_names
from clientela.sources.rows import sample, write_rows
from clientela.sources.staging import Sample, StagedSource, writing

FETCH_ROWS = 20_000  # by convention, some MB a fetch


class Driver(NamedTuple):
    """How a kind of database is reached: driver, its module, our extra, the start of a session."""

    name: str
    module: str
    extra: str
    title: str
    begin: str = ""


# Each session is told to change nothing; SQL Server knows no such order.
DRIVERS = {
    "postgresql": Driver("postgresql+psycopg", "psycopg", "postgres", "PostgreSQL"),
    "mysql": Driver(
        "mysql+pymysql", "pymysql", "mysql", "MySQL or MariaDB", "SET SESSION TRANSACTION READ ONLY"
    ),
    "mssql": Driver("mssql+pymssql", "pymssql", "mssql", "SQL Server"),
    "oracle": Driver(
        "oracle+oracledb", "oracledb", "oracle", "Oracle", "SET TRANSACTION READ ONLY"
    ),
}
ALIASES = {"postgres": "postgresql", "mariadb": "mysql", "sqlserver": "mssql"}
QUERY = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
FILES = ("file", "ftp", "gs", "http", "https", "s3")


def peek(location: str, settings: Source) -> Sample:
    """Return the columns and the first rows of a table or query."""
    with _result(location) as (where, result):
        return sample(check_names(list(result.keys()), where), result)


def stage(location: str, settings: Source, guard: Guard, folder: Path) -> StagedSource:
    """Read a table or query whole.

    Raises
    ------
    SourceError
        The database cannot be reached, or does not know the table, or there are no rows.
    """
    with _result(location) as (where, result):
        columns = check_names(list(result.keys()), where)
        with writing(folder, columns, guard) as (target, writer):
            typed = write_rows(writer, columns, _rows(result), where)
    if not writer.rows:
        raise SourceError("the table or query has no rows", where=where, do="give one with rows")
    return StagedSource(
        location=where,
        paths=(target,),
        columns=writer.columns,
        counted=writer.rows,
        parsed=writer.rows,
        sha256=_digest(target),
        typed=typed,
        details={"format": "table" if "table" in sa.make_url(location).query else "query"},
    )


def _digest(path: Path) -> str:
    """Name the rows by their content: a table that changed is other data."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(result: sa.CursorResult[tuple[object, ...]]) -> Iterator[Sequence[object]]:
    for part in result.partitions(FETCH_ROWS):
        yield from part


@contextmanager
def _result(
    location: str,
) -> Iterator[tuple[str, sa.CursorResult[tuple[object, ...]]]]:
    """Run the statement of a URL; give the place as shown and the rows."""
    where = show_url(location)
    try:
        url = sa.make_url(location)
    except (sa.exc.ArgumentError, ValueError):
        raise SourceError("this is no URL of a database", where=where) from None
    refuse_password(url, SOURCE_PASSWORD)
    _check_backend(url, where)
    statement = _statement(url, where)
    try:
        with _engine(url, where).connect() as connection:
            driver = DRIVERS.get(_backend(url))
            if driver is not None and driver.begin:
                connection.exec_driver_sql(driver.begin)
            options = {"stream_results": True, "postgresql_readonly": True}
            result = connection.execution_options(**options).execute(statement)
            yield where, result
    except sa.exc.SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise SourceError(
            f"the database says: {' '.join(str(reason).split())}",
            where=where,
            do="check the URL and rights",
        ) from None


def _check_backend(url: sa.URL, where: str) -> None:
    backend = _backend(url)
    if backend in FILES:
        raise SourceError(
            f"files are not read over '{backend}://'", where=where, do="give the path of a copy"
        )
    if backend not in (*DRIVERS, "sqlite"):
        listed = ", ".join(f"{name}://…" for name in DRIVERS)
        raise SourceError(
            f"'{backend}' databases are not read",
            where=where,
            do=f"give sqlite:///…, {listed}, or export the table as CSV or Parquet",
        )


def _backend(url: sa.URL) -> str:
    name = url.get_backend_name()
    return ALIASES.get(name, name)


def _statement(url: sa.URL, where: str) -> sa.Select[tuple[object]] | sa.TextClause:
    table, query = url.query.get("table"), url.query.get("query")
    if isinstance(query, str) and table is None:
        if _backend(url) == "mssql" and not QUERY.match(query):
            raise SourceError(
                "only queries are sent", where=where, do="begin it with SELECT or WITH"
            )
        return sa.text(query.replace(":", "\\:"))
    if isinstance(table, str) and query is None:
        schema = url.query.get("schema")
        named = sa.table(table, schema=schema if isinstance(schema, str) else None)
        return sa.select(sa.text("*")).select_from(named)
    raise SourceError(
        "the URL names no table or query",
        where=where,
        do="end it with ?table=NAME or ?query=SELECT… (URL-encoded)",
    )


def _engine(url: sa.URL, where: str) -> sa.Engine:
    bare = url.difference_update_query(["table", "query", "schema"])
    if _backend(bare) == "sqlite":
        return _sqlite(bare.database or "", where)
    driver = DRIVERS[_backend(bare)]
    if importlib.util.find_spec(driver.module) is None:
        raise MissingExtra.of(driver.extra, f"reading {driver.title}")
    full = add_password(bare.set(drivername=driver.name), SOURCE_PASSWORD)
    return sa.create_engine(full, poolclass=sa.NullPool)


def _sqlite(database: str, where: str) -> sa.Engine:
    path = Path(database)
    if not path.is_file():
        raise SourceError("there is no such database file", where=where, do="check the path")
    address = f"file:{quote(str(path))}?mode=ro"
    return sa.create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(address, uri=True),
        poolclass=sa.NullPool,
    )
