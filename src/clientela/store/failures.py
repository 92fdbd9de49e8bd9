"""Database failures in the words of ``clientela.errors``.

Only what the environment causes is translated; a broken constraint or a wrong statement is a fault
of ours and passes through.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from clientela.config.database_url import show_url
from clientela.errors import DiskFull, PlatformError, StoreError, StoreRefused

_WAIT = "wait until the other writer is done and try again"
_SQLITE_NO_ROOM = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,  # also a quota or a limit on the size of files
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
_SQLITE_ADVICE = {
    sqlite3.SQLITE_BUSY: _WAIT,
    sqlite3.SQLITE_READONLY: "give write permission to the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "check the path and its permissions",
    sqlite3.SQLITE_NOTADB: "give the URL of another file, or move this one away",
    sqlite3.SQLITE_CORRUPT: "restore the file from a copy, or move it away and run again",
}
_SQLITE_OTHER_SCHEMA = re.compile(r"no such (table|column)|table \w+ has no column")
_POSTGRES_OTHER_SCHEMA = ("42703", "42P01")  # undefined_column, undefined_table
_POSTGRES_DISK_FULL = "53100"
_POSTGRES_ADVICE = {
    "55P03": _WAIT,  # lock_not_available
    "08": "check that the server runs and the URL is right",  # connection exceptions
    "25": "give a user and a server that may write",  # such as a read-only transaction
    "28": "check user and password",  # invalid authorization
    "3D": "create the database, or correct its name in the URL",  # invalid catalog name
    "3F": "create the schema, or correct its name",  # invalid schema name
    "42501": "grant the user the rights that the PostgreSQL guide names",  # insufficient privilege
    "53": "give the server more room or connections",  # insufficient resources
    "57": "try again once the server is up",  # such as admin_shutdown
    None: "check that the server runs and the URL is right",  # no connection, so no state
}
_POSTGRES_REFUSES = ("25", "28", "3D", "3F", "42501")
_CONNECTION_STATES = (  # psycopg gives no state before there is a connection, only the words
    (re.compile(r"database \S+ does not exist"), "3D"),
    (re.compile(r"authentication failed|no password|role \S+ does not exist|pg_hba"), "28"),
)


@contextmanager
def translate_failures(url: str) -> Iterator[None]:
    """Turn failures of the environment inside the block into StoreError or DiskFull."""
    try:
        yield
    except DBAPIError as error:
        raise _of(error.orig, url) or error from error
    except Exception as error:
        failure = _of(error, url)
        if failure is None:
            raise
        raise failure from error


def _of(error: BaseException | None, url: str) -> PlatformError | None:
    """Return our error for a driver's; None where the environment is not to blame."""
    if isinstance(error, sqlite3.DatabaseError):
        return _of_sqlite(error, url)
    if isinstance(error, Exception) and hasattr(error, "sqlstate"):
        return _of_postgres(error, url)
    return None


def _of_sqlite(error: sqlite3.DatabaseError, url: str) -> PlatformError | None:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code in _SQLITE_NO_ROOM:
        return _disk_full(url)
    if code == sqlite3.SQLITE_ERROR and _SQLITE_OTHER_SCHEMA.match(str(error)):
        return _other_schema(str(error), url)
    primary = code & 0xFF  # extended codes keep the primary one in the low byte
    if primary in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISUSE):
        return None
    advice = _SQLITE_ADVICE.get(primary, "try again")
    return StoreError(str(error), where=show_url(url), do=advice)


def _of_postgres(error: Exception, url: str) -> PlatformError | None:
    state = getattr(error, "sqlstate", None)
    if state in _POSTGRES_OTHER_SCHEMA:
        return _other_schema(str(error).splitlines()[0], url)
    if state == _POSTGRES_DISK_FULL:
        return _disk_full(url)
    if state is None:
        state = next((code for words, code in _CONNECTION_STATES if words.search(str(error))), None)
    operational = any(kind.__name__ == "OperationalError" for kind in type(error).__mro__)
    advice = _POSTGRES_ADVICE.get(state) or _POSTGRES_ADVICE.get((state or "")[:2])
    if advice is None and not operational:
        return None
    lines = str(error).splitlines() or [type(error).__name__]
    if state is None:
        text = f"PostgreSQL cannot be reached: {lines[0].removeprefix('connection failed: ')}"
    else:
        text = " ".join(" ".join(lines).split())
    refused = (state or "").startswith(_POSTGRES_REFUSES)
    kind = StoreRefused if refused else StoreError
    return kind(text, where=show_url(url), do=advice or "try again")


def _other_schema(text: str, url: str) -> StoreError:
    """Explain what the revision hides: before a release its tables change under one number."""
    return StoreError(
        f"the results database was made by another build of this version: {text}",
        where=show_url(url),
        do="move it away, or give another by --store, and run again",
    )


def _disk_full(url: str) -> DiskFull:
    return DiskFull(
        "there is no room left for the results; the earlier ones stay as they were",
        where=show_url(url),
        do="free some space, or lower store.keep_runs",
    )
