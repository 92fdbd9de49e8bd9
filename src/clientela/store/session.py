"""Plain driver connections for reading, from any thread.

SQLAlchemy compiles the statements once; running them on the driver itself keeps a look-up at
microseconds.
"""

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from sqlalchemy import Dialect
from sqlalchemy.dialects import sqlite

from clientela.config.database_url import show_url
from clientela.errors import StoreError
from clientela.store.connect import connect_file, parse
from clientela.store.failures import translate_failures

MAPPED_BYTES = 1 << 40  # as much as SQLite allows: a look-up of 100 ids then takes 0.6 of the time

READ_ONLY = "-c default_transaction_read_only=on"
# By convention: the threads of a small machine; PostgreSQL takes a hundred of all its clients
PINNED_CONNECTIONS = 4

Parameters = Mapping[str, Any]


class Session(Protocol):
    """Runs compiled statements; each sees one state of the database."""

    dialect: Dialect

    def rows(self, statement: str, parameters: Parameters) -> Sequence[tuple[Any, ...]]:
        """Run a statement and return its rows."""

    def read_version(self) -> int | None:
        """Return what differs once anything was written since; None where only asking tells."""

    def pin(self, statement: str) -> "Session":
        """Begin a session that sees the present state alone, which a statement tells apart."""

    def close(self) -> None:
        """Close the connections."""


class _Pool:
    """Connections at rest, as many as were ever asked at once.

    Not one a thread: servers end idle threads, and their connections would stay behind.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._resting: deque[Any] = deque()  # appends and pops are atomic
        self._closed = False

    def take(self) -> Any:
        try:
            return self._resting.pop()
        except IndexError:
            return self._connect()

    def give_back(self, connection: Any) -> None:
        self._resting.append(connection)
        if self._closed:
            self.close()

    def close(self) -> None:
        self._closed = True
        while self._resting:
            self._resting.pop().close()


class PinnedSession:
    """Reads of one state of a database, whatever is written meanwhile.

    Parameters
    ----------
    dialect, url
        Of the database.
    connect : callable
        Opens a connection to it.
    begin : str
        Begins a transaction that keeps the state of its first statement.
    statement : str
        Tells states apart.
    """

    def __init__(
        self, dialect: Dialect, url: str, connect: Callable[[], Any], begin: str, statement: str
    ) -> None:
        self.dialect = dialect
        self._url = url
        with translate_failures(url):
            connections = _begin_together(connect, begin, statement)
        self._closed = False
        self._resting: SimpleQueue[Any] = SimpleQueue()
        for connection in connections:
            self._resting.put(connection)

    def rows(self, statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows; wait where all connections are at work."""
        connection = self._resting.get()
        try:
            with translate_failures(self._url):
                rows: list[tuple[Any, ...]] = connection.execute(statement, parameters).fetchall()
        finally:
            self._resting.put(connection)
            if self._closed:
                self.close()
        return rows

    def read_version(self) -> None:
        """Return None: it is closed before it could be asked twice."""

    def pin(self, statement: str) -> Session:
        """Return the session, whose state stays as it is."""
        return self

    def close(self) -> None:
        """Close the connections, those at work once they are done."""
        self._closed = True
        with suppress(Empty):
            while True:
                self._resting.get_nowait().close()


def _begin_together(connect: Callable[[], Any], begin: str, statement: str) -> list[Any]:
    """Begin transactions that see the same state: anew where something is written in between."""
    while True:
        connections: list[Any] = []
        try:
            for _ in range(PINNED_CONNECTIONS):
                connections.append(connect())
                connections[-1].execute(begin)
            states = {tuple(each.execute(statement).fetchall()) for each in connections}
        except BaseException:
            _close(connections)
            raise
        if len(states) == 1:
            return connections
        _close(connections)


def _close(connections: Sequence[Any]) -> None:
    for connection in connections:
        connection.close()


class SqliteSession:
    """Reads of a SQLite file, which never wait for a writer."""

    dialect: Dialect = sqlite.dialect(paramstyle="named")

    def __init__(self, url: str, path: str, *, frozen: bool = False) -> None:
        self._url = url
        self._path = path
        self._frozen = frozen
        self._written = os.stat(path).st_mtime_ns if frozen else 0
        self._pool = _Pool(self._open)
        self._watch: sqlite3.Connection | None = None
        self._watching = threading.Lock()
        self._closed = False

    def rows(self, statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        try:
            connection = self._pool.take()
            try:
                rows: list[tuple[Any, ...]] = connection.execute(statement, parameters).fetchall()
            finally:
                self._pool.give_back(connection)
        except sqlite3.Error:
            with translate_failures(self._url):
                raise
        if self._frozen and os.stat(self._path).st_mtime_ns != self._written:
            raise StoreError(
                "the results were written while they were read",
                where=show_url(self._url),
                do="run the command again",
            )
        return rows

    def read_version(self) -> int | None:
        """Return what differs once any process committed since.

        Each connection counts the commits of others by itself, so one connection is asked always,
        and none once it was closed: an application may be started again.
        """
        if self._frozen:
            return None
        try:
            with self._watching:
                if self._closed:
                    return None
                if self._watch is None:
                    self._watch = self._open()
                version: int = self._watch.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            with translate_failures(self._url):
                raise
        return version

    def pin(self, statement: str) -> Session:
        """Begin a session that sees the present state alone."""
        return PinnedSession(self.dialect, self._url, self._open, "BEGIN", statement)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()
        with self._watching:
            self._closed = True
            if self._watch is not None:
                self._watch.close()

    def _open(self) -> sqlite3.Connection:
        connection = connect_file(
            self._path, frozen=self._frozen, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        return connection


class PostgresSession:
    """Reads of a PostgreSQL database; a connection that the server dropped is made anew."""

    def __init__(self, url: str) -> None:
        self.dialect: Dialect = parse(url).get_dialect()()
        self._url = url
        self._pool = _Pool(self._open)

    def rows(self, statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        with translate_failures(self._url):
            connection = self._pool.take()
            try:
                return self._run(connection, statement, parameters)
            except Exception:
                if not connection.broken:
                    raise
            return self._run(self._open(), statement, parameters)

    def read_version(self) -> None:
        """Return None: PostgreSQL counts no commits that it would tell."""

    def pin(self, statement: str) -> Session:
        """Begin a session that sees the present state alone."""
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        return PinnedSession(self.dialect, self._url, self._open, begin, statement)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _run(
        self, connection: Any, statement: str, parameters: Parameters
    ) -> list[tuple[Any, ...]]:
        try:
            rows: list[tuple[Any, ...]] = connection.execute(statement, parameters).fetchall()
        finally:
            if connection.broken:
                connection.close()
            else:
                self._pool.give_back(connection)
        return rows

    def _open(self) -> Any:
        import psycopg

        arguments: Any = self.dialect.create_connect_args(parse(self._url))[1]
        options = f"{arguments.pop('options')} {READ_ONLY}"
        return psycopg.connect(**arguments, autocommit=True, options=options)
