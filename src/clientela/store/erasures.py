"""Erasure in the results database: who asked, what goes, and the receipt that stays.

A request names the person until all is done, so that a killed erasure goes on; then it gives way to
a receipt that names nobody.
"""

import datetime as dt
import json
import re
import sqlite3
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, Delete, Engine, Table, delete, func, insert, or_, select, update

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.connect import connect_to_read, open_store, transaction
from clientela.store.failures import translate_failures
from clientela.store.lock import lock
from clientela.store.mentions import blank_mentions, blank_texts, list_text_columns
from clientela.store.queries import IDS
from clientela.store.run_files import rewrite_files

NAMES = "customer_id"
MAP = "customer_map"
SCRUB_TRIES = 20  # by convention: ten seconds' patience with readers in the middle of an answer
SCRUB_PAUSE_S = 0.5  # by convention: readers are done within milliseconds


People = tuple[int | None, tuple[str, ...]]
"""The last erasure's receipt, and the versions of the ids in runs."""


class ErasureRequest(NamedTuple):
    """A person to be erased, as ``erasure_requests`` holds them."""

    position: int
    customer_id: str
    requested_at: dt.datetime
    requested_by: str
    spellings: dict[str, list[str]] | None


def request_erasure(
    url: str, ids: Sequence[str], by: str, now: dt.datetime, *, migrate: bool = False
) -> None:
    """Queue people, who answer 410 from now on; who is queued already stays as they are."""
    table = schema.erasure_requests
    with transaction(url, migrate=migrate) as connection:
        lock(connection)
        queued = set(connection.scalars(select(table.c.customer_id)))
        last = max(
            connection.scalar(select(func.max(owner.c.position))) or 0
            for owner in (table, schema.erasures)
        )
        rows = [
            {"position": last + number, NAMES: id_, "requested_at": now, "requested_by": by}
            for number, id_ in enumerate(dict.fromkeys(ids), 1)
            if id_ not in queued
        ]
        if rows:
            connection.execute(insert(table), rows)


def read_requests(url: str) -> list[ErasureRequest]:
    """Return who waits for their erasure, in order."""
    table = schema.erasure_requests
    columns = [table.c[name] for name in ErasureRequest._fields]
    with connect_to_read(url, migrate=True) as connection:
        rows = connection.execute(select(*columns).order_by(table.c.position)).all()
    return [
        ErasureRequest._make((*others, None if spellings is None else json.loads(spellings)))
        for *others, spellings in rows
    ]


def read_people(url: str) -> People:
    """Return what changes as people are erased, or get other ids.

    To be read before people, of whom something is written by :func:`refuse_changed_people`.
    """
    with connect_to_read(url) as connection:
        return _read_people(connection)


def _read_people(connection: Connection) -> People:
    versions = select(schema.run_files.c.version).where(schema.run_files.c.name == IDS)
    return (
        connection.scalar(select(func.max(schema.erasures.c.position))),
        tuple(connection.scalars(versions.order_by(schema.run_files.c.run_id))),
    )


def read_waiting(url: str) -> set[str]:
    """Return the ids of those who wait to be erased, as they asked and as the tables spell them."""
    with connect_to_read(url) as connection:
        return _list_waiting(connection)


def _list_waiting(connection: Connection) -> set[str]:
    table, waiting = schema.erasure_requests, set[str]()
    for name, spellings in connection.execute(select(table.c.customer_id, table.c.spellings)):
        waiting |= {name, *json.loads(spellings or "{}").get("ids", ())}
    return waiting


def refuse_changed_people(connection: Connection, ids: Collection[str], people: People) -> None:
    """Raise, in the transaction that writes of people, if some of them are gone since.

    Raises
    ------
    InputError
        Somebody was erased since they were read, or one of them waits for it, or all have other
        ids.
    """
    if _read_people(connection) != people or not _list_waiting(connection).isdisjoint(ids):
        raise InputError(
            "people were erased since they were read, wait for it, or have other ids",
            do="run the command again; clientela forget --queued erases who waits",
        )


def note_spellings(url: str, position: int, spellings: Mapping[str, Sequence[str]]) -> None:
    """Write what a request looks for, before the tables that tell it are rewritten."""
    table = schema.erasure_requests
    values = {"spellings": json.dumps(spellings)}
    with transaction(url, migrate=False) as connection:
        connection.execute(update(table).where(table.c.position == position).values(values))


def list_tables_of_persons() -> list[Table]:
    """Return the tables that have a column of customers, but the requests themselves."""
    return [
        table
        for table in schema.metadata.sorted_tables
        if NAMES in table.c and table is not schema.erasure_requests
    ]


def list_changed_tables() -> list[Table]:
    """Return the tables that an erasure may change."""
    rewritten = (schema.erasure_requests, schema.customer_map, schema.run_files)
    owners = list_tables_of_persons()
    return [
        table
        for table in schema.metadata.sorted_tables
        if table in owners or table in rewritten or list_text_columns(table)
    ]


def erase_rows(
    url: str, ids: Sequence[str], spellings: Sequence[str], pattern: re.Pattern[str] | None
) -> dict[str, int]:
    """Delete the rows of some people of all runs and records, in one transaction.

    Counts that were published, such as those of reviews and designs, stay. The map of a run has no
    ids, so that it goes whole with the first person.

    Parameters
    ----------
    pattern : re.Pattern, optional
        What finds them in texts and in refused lines.

    Returns
    -------
    dict
        Rows by table.
    """
    everyone = [*ids, *spellings]
    with transaction(url, migrate=False) as connection:
        lock(connection)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        runs = _list_runs(connection, everyone)
        erased = {
            table.name: connection.execute(_delete_of(table, everyone)).rowcount
            for table in list_tables_of_persons()
        }
        erased["quarantine"] += _erase_lines(connection, set(everyone), pattern)
        erased |= _erase_maps(connection, runs)
        _detach_memberships(connection, set(everyone))
        erased["texts"] = blank_texts(connection, pattern)
        blank = None if pattern is None else partial(blank_mentions, pattern)
        erased["run_files"] = rewrite_files(connection, everyone, blank=blank)
    return {name: rows for name, rows in erased.items() if rows}


def _delete_of(table: Table, ids: Sequence[str]) -> Delete:
    return delete(table).where(table.c[NAMES].in_(ids))


def _list_runs(connection: Connection, ids: Sequence[str]) -> list[str]:
    customers = schema.customers
    query = select(customers.c.run_id).where(customers.c.customer_id.in_(ids)).distinct()
    return list(connection.scalars(query))


def _erase_lines(
    connection: Connection, spellings: set[str], pattern: re.Pattern[str] | None
) -> int:
    """Delete refused lines that name somebody in their text."""
    table, erased = schema.quarantine, 0
    key = (table.c.run_id, table.c.source, table.c.source_row, table.c.rule)
    for *position, owner, line in connection.execute(
        select(*key, table.c.customer_id, table.c.line)
    ):
        named = pattern is not None and pattern.search(line) is not None
        if named or (owner is None and not spellings.isdisjoint(_list_values(line))):
            here = [column == value for column, value in zip(key, position, strict=True)]
            erased += connection.execute(delete(table).where(*here)).rowcount
    return erased


def _list_values(line: str) -> list[str]:
    try:
        content = json.loads(line)
    except ValueError:
        content = re.split(r"[,;|\t\"]+", line)
    values = content.values() if isinstance(content, dict) else content
    return [str(value).strip() for value in values] if isinstance(content, dict | list) else []


def _erase_maps(connection: Connection, runs: Sequence[str]) -> dict[str, int]:
    """Delete the points of maps that somebody may be among, also those that the report shows."""
    points, answers = schema.customer_map, schema.answers
    return {
        MAP: connection.execute(delete(points).where(points.c.run_id.in_(runs))).rowcount,
        "answers": connection.execute(
            delete(answers).where(answers.c.run_id.in_(runs), answers.c.key == MAP)
        ).rowcount,
    }


def _detach_memberships(connection: Connection, spellings: set[str]) -> None:
    """Take people out of the records of others, with whom they once were taken for one."""
    table = schema.programme_memberships
    columns = (table.c.position, table.c.other_id, table.c.source_ids)
    spoken = or_(table.c.other_id.is_not(None), table.c.source_ids.is_not(None))
    for position, other_id, source_ids in connection.execute(select(*columns).where(spoken)).all():
        remaining = [text for text in json.loads(source_ids or "[]") if text not in spellings]
        values = {
            "other_id": None if other_id in spellings else other_id,
            "source_ids": json.dumps(remaining) if remaining else None,
        }
        if values != {"other_id": other_id, "source_ids": source_ids}:
            connection.execute(update(table).where(table.c.position == position).values(values))


def finish(url: str, position: int, person: str, done_at: dt.datetime, receipt: Any) -> None:
    """Put the receipt in the request's place."""
    table = schema.erasure_requests
    with transaction(url, migrate=False) as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        requests = connection.execute(select(table).where(table.c.position == position)).one()
        connection.execute(delete(table).where(table.c.position == position))
        connection.execute(
            insert(schema.erasures),
            {
                "position": position,
                "person": person,
                "requested_at": requests.requested_at,
                "requested_by": requests.requested_by,
                "done_at": done_at,
                "receipt": json.dumps(receipt),
            },
        )


def scrub(url: str) -> bool:
    """Leave no copy of deleted rows in the database's files; returns whether readers let it.

    SQLite is written anew and its log emptied, PostgreSQL's tables are rewritten.
    """
    engine = open_store(url, migrate=False)
    try:
        with translate_failures(url):
            return _scrub_sqlite(engine) if engine.dialect.name == "sqlite" else _rewrite(engine)
    finally:
        engine.dispose()


def _rewrite(engine: Engine) -> bool:
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection:
        for table in list_changed_tables():
            connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {table.fullname}")
    return True


def _scrub_sqlite(engine: Engine) -> bool:
    # Of the driver itself: what SQLAlchemy runs stands in a transaction, where neither is possible.
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        for _ in range(SCRUB_TRIES):
            with suppress(sqlite3.OperationalError):
                cursor.execute("VACUUM")
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                if not busy:
                    return True
            time.sleep(SCRUB_PAUSE_S)
    return False
