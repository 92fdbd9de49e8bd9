"""Reading the results database: what the API and the reports ask."""

from clientela.store.connect import open_store, parse
from clientela.store.reader import Reader
from clientela.store.row_types import KeyRow, LiveKey, Row, RunReading, SegmentRow
from clientela.store.session import PostgresSession, SqliteSession

__all__ = ["KeyRow", "LiveKey", "Reader", "Row", "RunReading", "SegmentRow", "open_reader"]


def open_reader(url: str) -> Reader:
    """Open the results database for reading.

    Raises
    ------
    StoreTooNew, StoreError, MissingExtra
        As ``connect.open_store`` without migration.
    """
    open_store(url, migrate=False).dispose()
    target = parse(url)
    if target.get_backend_name() == "sqlite":
        return Reader(SqliteSession(url, str(target.database)))
    return Reader(PostgresSession(url))
