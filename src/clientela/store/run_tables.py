"""Tables of the published run as Arrow, for a run that publishes them again."""

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, select

from clientela.store import schema
from clientela.store.arrow_schemas import arrow_schema, build_table
from clientela.store.connect import connect_to_read

SLICE_ROWS = 20_000  # by convention, some MB of Python's objects at a time


def read_summary(url: str) -> tuple[str, dict[str, Any]] | None:
    """Return the published run's id and its headline facts; None before the first.

    Raises
    ------
    StoreError
        The database cannot be used.
    """
    runs, current = schema.runs, schema.current_run
    query = select(runs.c.run_id, runs.c.summary).join_from(
        runs, current, runs.c.run_id == current.c.run_id
    )
    with connect_to_read(url, migrate=True) as connection:
        row = connection.execute(query).first()
    return row and (row.run_id, json.loads(row.summary))


def read_tables(url: str, run_id: str, names: Iterable[str]) -> dict[str, pa.Table]:
    """Return tables of a run, without ``run_id``, as publishing takes them.

    Raises
    ------
    StoreError
        The database cannot be used.
    """
    with connect_to_read(url) as connection:
        return {name: _read_table(connection, run_id, name) for name in names}


def _read_table(connection: Connection, run_id: str, name: str) -> pa.Table:
    table, arrow = schema.metadata.tables[name], arrow_schema(name)
    columns = [table.c[column] for column in arrow.names]
    rows = connection.execute(select(*columns).where(table.c.run_id == run_id))
    parts = [build_table(part, arrow) for part in rows.partitions(SLICE_ROWS)]
    return pa.concat_tables([arrow.empty_table(), *parts])
