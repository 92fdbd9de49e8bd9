"""Which runs keep all of their rows: the last ones and the last of each month."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from clientela.store import schema

_LARGE = (
    schema.customers,
    schema.no_purchases,
    schema.quarantine,
    schema.programme_members,
    schema.customer_map,
    schema.answers,
)


def drop_old_rows(connection: Connection, keep_runs: int) -> None:
    """Delete the rows about single customers, and the answers, of runs that are no longer kept.

    The rows of ``runs`` and all totals stay. A month is that of ``as_of``.
    """
    runs = connection.execute(
        select(schema.runs.c.run_id, schema.runs.c.as_of).order_by(schema.runs.c.run_id)
    ).all()
    kept = _kept(runs, keep_runs)
    for run in runs:
        if run.run_id not in kept:
            for table in _LARGE:
                connection.execute(delete(table).where(table.c.run_id == run.run_id))


def _kept(runs: Sequence[Row[Any, Any]], keep_runs: int) -> set[str]:
    latest = {run.run_id for run in runs[-keep_runs:]}
    return latest | set({(run.as_of.year, run.as_of.month): run.run_id for run in runs}.values())
