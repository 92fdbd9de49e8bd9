"""Tables and queries of a database, by URL, read only.

``sqlite:///shop.db?table=orders``, ``postgresql://user@host/shop?table=sales&schema=shop``, or
``?query=SELECT …``, URL-encoded.
"""

import hashlib
import importlib.util
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from clientela.config import Source
from clientela.errors import MissingExtra, SourceError
from clientela.sources.guard import Guard
from clientela.sources.names import check_names
from clientela.sources.rows import sample, write_rows
from clientela.sources.staging import REJECTS, Sample, StagedSource, writing
from clientela.store.failures import hide_password

FETCH_ROWS = 20_000  # by convention, some MB a fetch
DATABASES = ("sqlite", "postgresql", "postgres")
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
        path=target,
        columns=writer.columns,
        counted=writer.rows,
        parsed=writer.rows,
        rejected=0,
        rejects=REJECTS.empty_table(),
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
    try:
        url = sa.make_url(location)
    except sa.exc.ArgumentError:
        raise SourceError("this is no URL of a database", where=location.split("@")[-1]) from None
    where = hide_password(location)
    _see_backend(url, where)
    statement = _statement(url, where)
    try:
        with _engine(url, where).connect() as connection:
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


def _see_backend(url: sa.URL, where: str) -> None:
    backend = url.get_backend_name()
    if backend in FILES:
        raise SourceError(
            f"files are not read over '{backend}://'", where=where, do="give the path of a copy"
        )
    if backend not in DATABASES:
        raise SourceError(
            f"'{backend}' databases are not read",
            where=where,
            do="give sqlite:///… or postgresql://…, or export the table as CSV or Parquet",
        )


def _statement(url: sa.URL, where: str) -> sa.Select[tuple[object]] | sa.TextClause:
    table, query = url.query.get("table"), url.query.get("query")
    if isinstance(query, str) and table is None:
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
    if bare.get_backend_name() == "sqlite":
        return _sqlite(bare.database or "", where)
    if importlib.util.find_spec("psycopg") is None:
        raise MissingExtra.of("postgres", "reading PostgreSQL")
    return sa.create_engine(bare.set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)


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
