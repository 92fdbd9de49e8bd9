"""Plain driver connections for reading, one a thread.

SQLAlchemy compiles the statements once; running them on the driver itself keeps a look-up at
microseconds.
"""

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Dialect
from sqlalchemy.dialects import sqlite

from clientela.store.connect import BUSY_TIMEOUT_S, parse
from clientela.store.failures import translated

MAPPED_BYTES = 1 << 40  # as much as SQLite allows: a look-up of 100 ids then takes 0.6 of the time

Parameters = Mapping[str, Any]


class Session(Protocol):
    """Runs compiled statements; each sees one state of the database."""

    dialect: Dialect

    def rows(self, statement: str, parameters: Parameters) -> Sequence[tuple[Any, ...]]:
        """Run a statement and give its rows."""

    def close(self) -> None:
        """Close the connections of all threads."""


class _PerThread:
    """A connection for each thread that asks, and the means to close them all."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._local = threading.local()
        self._lock = threading.Lock()
        self._all: list[Any] = []

    def get(self) -> Any:
        try:
            return self._local.connection
        except AttributeError:
            return self.renew()

    def renew(self) -> Any:
        self._local.connection = self._connect()
        with self._lock:
            self._all.append(self._local.connection)
        return self._local.connection

    def close(self) -> None:
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()


class SqliteSession:
    """Reads of a SQLite file, which never wait for a writer."""

    dialect: Dialect = sqlite.dialect(paramstyle="named")

    def __init__(self, url: str, path: str) -> None:
        self._url = url
        self._path = path
        self._connections = _PerThread(self._open)

    def rows(self, statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """Run a statement and give its rows."""
        try:
            found: list[tuple[Any, ...]] = (
                self._connections.get().execute(statement, parameters).fetchall()
            )
        except sqlite3.Error:
            with translated(self._url):
                raise
        return found

    def close(self) -> None:
        """Close the connections of all threads."""
        self._connections.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        return connection


class PostgresSession:
    """Reads of a PostgreSQL database; a connection that the server dropped is made anew."""

    def __init__(self, url: str) -> None:
        self.dialect: Dialect = parse(url).get_dialect()()
        self._url = url
        self._connections = _PerThread(self._open)

    def rows(self, statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """Run a statement and give its rows."""
        with translated(self._url):
            connection = self._connections.get()
            try:
                return self._run(connection, statement, parameters)
            except Exception:
                if not connection.broken:
                    raise
            return self._run(self._connections.renew(), statement, parameters)

    def close(self) -> None:
        """Close the connections of all threads."""
        self._connections.close()

    def _run(
        self, connection: Any, statement: str, parameters: Parameters
    ) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = connection.execute(statement, parameters).fetchall()
        return found

    def _open(self) -> Any:
        import psycopg

        url = parse(self._url).set(drivername="postgresql")
        return psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True, options="-c timezone=UTC"
        )
