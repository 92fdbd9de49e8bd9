"""Publishing a run: everything in one transaction, so readers see all of it or none."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, Row, delete, exists, insert, select
from sqlalchemy.exc import DBAPIError

from clientela.config.database_url import show_url
from clientela.errors import ClientelaError, StoreError
from clientela.store import schema
from clientela.store.audience_queries import AudienceDraft
from clientela.store.audiences import publish_audiences
from clientela.store.connect import connect_to_write, open_store
from clientela.store.failures import translate_failures
from clientela.store.load import check_money, load_rows
from clientela.store.lock import lock
from clientela.store.programme import Membership, Review, add_records
from clientela.store.record import RunRecord
from clientela.store.run_files import drop_files, insert_file, write_filter_file
from clientela.store.webhooks import queue_deliveries

TIDY_TIMEOUT_MS = 5_000  # readers in the middle of an answer; the next run tidies otherwise

TABLES = schema.OF_A_RUN


def publish(  # noqa: PLR0913 - all that a run publishes, by keyword
    url: str,
    record: RunRecord,
    tables: Mapping[str, pa.Table],
    *,
    memberships: Sequence[Membership] = (),
    reviews: Sequence[Review] = (),
    audiences: Mapping[str, AudienceDraft] | None = None,
    webhooks: Mapping[str, Sequence[str]] | None = None,
    keep_runs: int = 10,
    keep_from: dt.date | None = None,
    purchases: Path | None = None,
    file_of: str | None = None,
) -> None:
    """Write a run and make it the current one.

    The database is made or brought up to date first. Then one transaction writes the record and the
    rows, moves the pointer of ``current_run`` and deletes what retention no longer keeps; killed at
    any moment, it leaves the earlier run whole and current.

    Parameters
    ----------
    tables : mapping
        Table of the store to its rows, without ``run_id``; a table left out stays empty.
    memberships, reviews : sequence
        What the run adds to the programme's ledger.
    audiences : mapping, optional
        Those that a file declares, by id; no other declared one stays.
    webhooks : mapping, optional
        Events of each webhook, by its name: who entered and left what.
    keep_runs : int
        Runs whose rows of customers stay, besides the last of each month.
    keep_from : datetime.date, optional
        First day whose runs keep their customers; the run that is published always does.
    purchases : Path, optional
        Parquet of ``customer_id`` and ``product_id``, a file or a folder of folders: with it the
        file for filters is published too, and written beside it first. Without it servers make one
        that knows no products.

    Raises
    ------
    StoreError
        The database cannot be used, or holds this run already: a run is published once.
    DiskFull
        There is no room.
    ClientelaError
        A table or column the store does not have.
    """
    unknown = sorted(set(tables) - {table.name for table in TABLES})
    if unknown:
        raise ClientelaError(f"the store has no table {', '.join(unknown)}")
    engine = open_store(url, migrate=True)
    file = write_filter_file(tables["customers"], purchases) if purchases else None
    try:
        with translate_failures(url):
            with connect_to_write(engine) as connection, connection.begin():
                lock(connection)
                _refuse_twice(connection, record.run_id, url)
                previous_id = connection.scalar(select(schema.current_run.c.run_id))
                _write(connection, record, tables, keep_runs, keep_from, file_of)
                add_records(connection, record.run_id, memberships, reviews)
                publish_audiences(
                    connection, audiences or {}, record.run_id, previous_id, record.finished_at
                )
                if previous_id is not None:
                    queue_deliveries(
                        connection, webhooks or {}, record.run_id, previous_id, record.finished_at
                    )
                if file is not None:
                    insert_file(connection, record.run_id, file)
            _tidy(engine)
    finally:
        engine.dispose()


def _refuse_twice(connection: Connection, run_id: str, url: str) -> None:
    if connection.scalar(select(exists().where(schema.runs.c.run_id == run_id))):
        raise StoreError(
            f"the run {run_id} is already published", where=show_url(url), do="start a new run"
        )


def _write(
    connection: Connection,
    record: RunRecord,
    tables: Mapping[str, pa.Table],
    keep_runs: int,
    keep_from: dt.date | None,
    file_of: str | None,
) -> None:
    values = vars(record)
    check_money(pa.array([record.net_amount]), "runs.net_amount")
    texts = {name: json.dumps(values[name], allow_nan=False) for name in ("seconds", "summary")}
    connection.execute(insert(schema.runs), values | texts)
    # Before the load, so that it reuses their pages and the file does not grow.
    drop_old_rows(connection, keep_runs, keep_from)
    connection.execute(delete(schema.contacts))
    drop_files(connection, record.run_id, file_of)
    if record.is_anew:  # its segments are others, whatever their numbers
        connection.execute(delete(schema.segment_labels))
    for table in TABLES:
        if table.name in tables:
            load_rows(connection, table, ("run_id", record.run_id), tables[table.name])
    connection.execute(delete(schema.current_run))
    connection.execute(insert(schema.current_run), {"id": 1, "run_id": record.run_id})


def _tidy(engine: Engine) -> None:
    """Make room for the next run: empty SQLite's log, free PostgreSQL's deleted rows.

    Nothing depends on it: the run is published, and the next one would grow the files at worst.
    """
    tidy = engine.execution_options(isolation_level="AUTOCOMMIT")
    with suppress(DBAPIError), tidy.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {TIDY_TIMEOUT_MS}")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            connection.exec_driver_sql("VACUUM (ANALYZE) customers, programme_members")


_LARGE = (
    schema.customers,
    schema.no_purchases,
    schema.quarantine,
    schema.programme_members,
    schema.customer_map,
    schema.answers,
    schema.profiles,
)


def drop_old_rows(connection: Connection, keep_runs: int, keep_from: dt.date | None = None) -> None:
    """Delete the rows about single customers, answers and profiles of runs that are no longer kept.

    The rows of ``runs`` and all totals stay. A month is that of ``as_of``.
    """
    runs = connection.execute(
        select(schema.runs.c.run_id, schema.runs.c.as_of).order_by(schema.runs.c.run_id)
    ).all()
    retained_ids = _select_runs(runs, keep_runs, keep_from)
    for run in runs:
        if run.run_id not in retained_ids:
            for table in _LARGE:
                connection.execute(delete(table).where(table.c.run_id == run.run_id))


def _select_runs(
    runs: Sequence[Row[Any, Any]], keep_runs: int, keep_from: dt.date | None
) -> set[str]:
    # The last one is published in this transaction, whatever day it looks from.
    last = {run.run_id for run in runs[-1:]}
    runs = [run for run in runs if keep_from is None or run.as_of >= keep_from]
    latest = last | {run.run_id for run in runs[-keep_runs:]}
    return latest | set({(run.as_of.year, run.as_of.month): run.run_id for run in runs}.values())
