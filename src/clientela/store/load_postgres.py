"""Rows into PostgreSQL: COPY, from CSV that Arrow writes."""

import io
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Table

from clientela.store.fit import filled

if TYPE_CHECKING:
    import psycopg

BATCH_ROWS = 50_000
_AS_WRITTEN = csv.WriteOptions(include_header=False)  # nulls bare, every text in quotes


def load(connection: "psycopg.Connection", table: Table, run_id: str, rows: pa.Table) -> None:
    """Copy fitted rows under a run, in the transaction of the connection."""
    from psycopg import sql

    names = filled(rows)
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, ["run_id", *names]))
    )
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for batch in rows.select(names).to_batches(max_chunksize=BATCH_ROWS):
            runs = pa.array([run_id] * batch.num_rows)
            copy.write(_csv(pa.RecordBatch.from_arrays([runs, *batch.columns], ["run_id", *names])))


def _csv(batch: pa.RecordBatch) -> memoryview:
    buffer = io.BytesIO()
    csv.write_csv(batch, buffer, _AS_WRITTEN)
    return buffer.getbuffer()
