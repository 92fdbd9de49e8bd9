"""Rows into a table of either database, some at a time."""

from collections.abc import Callable
from typing import Any, cast

import pyarrow as pa
from sqlalchemy import Connection, Table

from clientela.store import load_sqlite
from clientela.store.fit import Owner, fit, slices

SLICE_ROWS = 20_000


def load(connection: Connection, table: Table, owner: Owner, rows: pa.Table) -> None:
    """Fit and write some rows at a time, which bounds what the copies take.

    Raises
    ------
    ClientelaError
        A column the table does not have, or an empty one it needs.
    """
    driver = cast(Any, connection.connection.driver_connection)
    write = _writer(connection)
    for part in slices(rows, table, SLICE_ROWS):
        batch = fit(part, table)
        if batch.num_rows:
            write(driver, table, owner, batch)


def _writer(connection: Connection) -> Callable[[Any, Table, Owner, pa.RecordBatch], None]:
    if connection.dialect.name == "sqlite":
        return load_sqlite.load
    from clientela.store import load_postgres

    return load_postgres.load
