"""Opening a results database by its URL."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from clientela.config.database_url import STORE_PASSWORD, add_password, show_url
from clientela.errors import MissingExtra, StoreError, StoreRefused, StoreTooNew
from clientela.store import revisions
from clientela.store.failures import translate_failures
from clientela.store.postgres_schema import check_usage, set_schema

BUSY_TIMEOUT_S = 60.0  # by convention: a minute's wait for another writer
_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}


def open_store(url: str, *, migrate: bool, frozen: bool = False) -> Engine:
    """Connect to the results database and see that its schema is ours.

    Parameters
    ----------
    url : str
        ``sqlite:///results.db`` or ``postgresql://user@host/database``.
    migrate : bool
        Whether a database that is new or of an earlier version is brought up to date. Only
        publishing and managing keys do so; a reader is told what to do instead.
    frozen : bool
        Whether the file is read as it stands (:func:`is_frozen`).

    Raises
    ------
    StoreTooNew
        A later version of Clientela wrote it.
    StoreError
        It cannot be reached, is no results database, or is of an earlier version.
    MissingExtra
        PostgreSQL without the extra ``postgres``.
    """
    target = parse(url)
    if not migrate:
        _must_exist(target)
    _must_hold_something(target)
    engine = _engine(target, frozen=frozen)
    try:
        with translate_failures(url):
            _bring_up_to_date(engine, url, migrate)
    except BaseException:
        engine.dispose()
        raise
    return engine


def is_absent(url: str) -> bool:
    """Check whether the results are a file that no run has made: one that fails leaves none."""
    target = parse(url)
    return target.get_backend_name() == "sqlite" and not Path(str(target.database)).exists()


def parse(url: str) -> URL:
    """Read a URL and name the driver we use for its database.

    Raises
    ------
    StoreError
        It is no URL, or of a database we do not write to.

    Examples
    --------
    >>> url = parse("postgresql://ana@localhost/shop")
    >>> url.drivername, url.query["options"]
    ('postgresql+psycopg', '-c timezone=UTC -c search_path=clientela')
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = URL.create("none")
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None or (parsed.get_backend_name() == "sqlite" and not _is_file(parsed)):
        raise StoreRefused(
            "not the URL of a results database",
            where=show_url(url),
            do="give sqlite:///FILE or postgresql://USER@HOST/DATABASE",
        )
    target = add_password(parsed.set(drivername=driver), STORE_PASSWORD)
    return target if target.get_backend_name() == "sqlite" else set_schema(target)


@contextmanager
def connect_to_read(url: str, *, migrate: bool = False) -> Iterator[Connection]:
    """Connect to read, for as long as the block lasts; errors are those of :func:`open_store`."""
    engine = open_store(url, migrate=migrate)
    try:
        with translate_failures(url), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def transaction(url: str, *, migrate: bool) -> Iterator[Connection]:
    """Connect for one transaction that writes, done when the block ends and undone if it fails."""
    engine = open_store(url, migrate=migrate)
    try:
        with translate_failures(url), connect_to_write(engine) as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def connect_to_write(engine: Engine) -> Connection:
    """Connect for a transaction that writes, which on SQLite takes the lock at its start.

    A transaction that begins by reading and then writes fails at once, without waiting, where
    another one wrote in between.
    """
    return engine.connect().execution_options(sqlite_begin="BEGIN IMMEDIATE")


def _is_file(url: URL) -> bool:
    return url.database not in (None, "", ":memory:") and not url.query


def _must_exist(url: URL) -> None:
    """Refuse a missing file, which SQLite would make."""
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_file():
        raise _nothing_yet(str(url.database))


def _must_hold_something(url: URL) -> None:
    """Refuse a file of no bytes, which SQLite would take for a beginning, unless it is one."""
    if url.get_backend_name() != "sqlite":
        return
    path = Path(str(url.database))
    with suppress(FileNotFoundError):
        state = path.stat()
        if not state.st_size and time.time() - state.st_mtime > BUSY_TIMEOUT_S:
            raise StoreError(
                "the results database has lost its content: it is a file of no bytes",
                where=str(path),
                do="restore it from a backup; to begin without it, move the file away",
            )


def _nothing_yet(where: str) -> StoreError:
    return StoreError(
        "there is no results database yet", where=where, do="publish one with 'clientela run FILE'"
    )


def connect_database(url: str) -> Engine:
    """Connect to a database of ours that is no results database; it is made where there is none."""
    engine = _engine(parse(url))
    if engine.dialect.name == "sqlite":
        with translate_failures(url):
            _set_up_sqlite(engine)
    return engine


def is_frozen(path: Path) -> bool:
    """Return whether a SQLite file must be read as it stands, as its folder may not be written.

    SQLite makes files beside its own even to read, where others may be writing.
    """
    log = path.with_name(f"{path.name}-wal")
    effective = os.access in os.supports_effective_ids
    writable = os.access(path.parent, os.W_OK, effective_ids=effective)
    return not writable and not (log.exists() and log.stat().st_size)


def connect_file(path: str, *, frozen: bool, **options: Any) -> sqlite3.Connection:
    """Connect to a SQLite file, or to one as it stands."""
    place = f"file:{quote(str(Path(path).absolute()))}?immutable=1" if frozen else path
    connection: sqlite3.Connection = sqlite3.connect(
        place, uri=frozen, timeout=BUSY_TIMEOUT_S, **options
    )
    return connection


def _engine(url: URL, *, frozen: bool = False) -> Engine:
    if url.get_backend_name() == "sqlite":
        path = str(url.database)
        options = {"check_same_thread": False}
        engine = create_engine(
            url,
            creator=lambda: connect_file(path, frozen=frozen, **options),
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(url, hide_parameters=True)  # errors are logged, and rows name people
    except ModuleNotFoundError:
        raise MissingExtra.of("postgres", "a results database in PostgreSQL") from None


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    """Set what SQLite forgets between connections.

    Publishing is one commit a run, so waiting for the disk (FULL) costs one flush, and a result
    that was announced survives a power cut, which NORMAL does not promise.
    """
    connection.isolation_level = None  # the driver would begin transactions of its own
    for pragma in ("foreign_keys = ON", "synchronous = FULL", "journal_size_limit = 67108864"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options: Any = connection.get_execution_options()
    connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN"))


def _bring_up_to_date(engine: Engine, url: str, migrate: bool) -> None:
    with engine.connect() as connection:
        check_usage(connection)
        revision = revisions.read_revision(connection)
    supported = revisions.list_revisions()
    if revision == supported[-1]:
        return
    if revision is not None and revision not in supported:
        raise StoreTooNew(
            f"the results database has schema {revision}; this version knows up to {supported[-1]}",
            where=show_url(url),
            do="upgrade clientela",
        )
    if not migrate:
        raise _nothing_yet(show_url(url)) if revision is None else _too_old(url)
    from clientela.store.upgrade import upgrade  # Alembic loads only where it is needed

    if engine.dialect.name == "sqlite":
        _set_up_sqlite(engine)
    with connect_to_write(engine) as connection, connection.begin():
        upgrade(connection)


def _set_up_sqlite(engine: Engine) -> None:
    """Set what a SQLite file remembers: readers that never wait for the writer, larger pages.

    A row of customers takes some 500 bytes; pages of 8 KB hold enough of them to keep the tree
    shallow.
    """
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("PRAGMA page_size = 8192")
        cursor.execute("PRAGMA journal_mode = WAL")


def _too_old(url: str) -> StoreError:
    return StoreError(
        "the results database is of an earlier version",
        where=show_url(url),
        do="bring it up to date with the next 'clientela run'",
    )
