"""Reading the results database: what the API and the reports ask."""

from pathlib import Path

from sqlalchemy import select

from clientela.store.connect import connect_to_read, is_frozen, open_store, parse
from clientela.store.reader import Reader
from clientela.store.row_types import KeyRow, Pointer, Row, RunReading, SegmentRow, State
from clientela.store.schema import metadata
from clientela.store.session import PostgresSession, SqliteSession

__all__ = [
    "KeyRow",
    "Pointer",
    "Reader",
    "Row",
    "RunReading",
    "SegmentRow",
    "State",
    "check_columns",
    "open_reader",
]


def check_columns(url: str) -> None:
    """Ask for each column of the results database, and for no row.

    Raises
    ------
    StoreError
        Another build made it, and one is missing; or as ``connect.open_store`` without migration.
    """
    with connect_to_read(url) as connection:
        for table in metadata.sorted_tables:
            connection.execute(select(table).limit(0))


def open_reader(url: str, *, momentary: bool = False) -> Reader:
    """Open the results database for reading.

    Parameters
    ----------
    momentary : bool
        Whether it is read at once and closed: then a file in a folder that may not be written is
        read too, as it stands.

    Raises
    ------
    StoreTooNew, StoreError, MissingExtra
        As ``connect.open_store`` without migration.
    """
    target = parse(url)
    is_file = target.get_backend_name() == "sqlite"
    frozen = momentary and is_file and is_frozen(Path(str(target.database)))
    open_store(url, migrate=False, frozen=frozen).dispose()
    if is_file:
        return Reader(SqliteSession(url, str(target.database), frozen=frozen))
    return Reader(PostgresSession(url))
