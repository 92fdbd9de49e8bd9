"""The segment of every customer in the published run, to be compared with the next one."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from sqlalchemy import Row, select

from clientela.store import schema
from clientela.store.connect import connect_to_read

SCHEMA = pa.schema(
    [("customer_id", pa.string()), ("segment", pa.int64()), ("revenue", pa.float64())]
)


class Assignments(NamedTuple):
    """The published run, the model it used, and ``customer_id``, ``segment``, ``revenue``."""

    run_id: str
    model_id: str | None
    rows: pa.Table


def assignments(url: str) -> Assignments | None:
    """Read the segments of the published run; None before the first.

    Raises
    ------
    StoreError
        The database cannot be used.
    """
    with connect_to_read(url, migrate=True) as connection:
        run = connection.execute(
            select(schema.runs.c.run_id, schema.runs.c.model_id).join(schema.current_run)
        ).first()
        if run is None:
            return None
        columns = [schema.customers.c[name] for name in SCHEMA.names]
        rows = connection.execute(
            select(*columns).where(schema.customers.c.run_id == run.run_id)
        ).all()
    return Assignments(run.run_id, run.model_id, _table(rows))


def _table(rows: Sequence[Row[Any]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ([] for _ in SCHEMA)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, schema=SCHEMA)
