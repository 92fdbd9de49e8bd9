"""Rows into PostgreSQL: COPY, from CSV that Arrow writes."""

import io
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Table

from clientela.store.fit import Owner, filled

if TYPE_CHECKING:
    import psycopg

_AS_WRITTEN = csv.WriteOptions(include_header=False)  # nulls bare, every text in quotes


def load(
    connection: "psycopg.Connection", table: Table, owner: Owner, rows: pa.RecordBatch
) -> None:
    """Copy fitted rows under their owner, in the transaction of the connection."""
    from psycopg import sql

    names = [owner.column, *filled(rows)]
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    owners = pa.array([owner.value] * rows.num_rows)
    columns = [owners, *(rows[name] for name in names[1:])]
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(_csv(pa.RecordBatch.from_arrays(columns, names)))


def _csv(rows: pa.RecordBatch) -> memoryview:
    buffer = io.BytesIO()
    csv.write_csv(rows, buffer, _AS_WRITTEN)
    return buffer.getbuffer()
