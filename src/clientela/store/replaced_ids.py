"""Pseudonyms in the results database, replaced by those under a further key."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import cast

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    insert,
    or_,
    select,
    update,
)

from clientela.store import schema
from clientela.store.connect import connect_to_read, transaction
from clientela.store.erasures import NAMES, list_tables_of_persons
from clientela.store.lock import lock
from clientela.store.run_files import note_ids, rewrite_files

BATCH = 10_000  # by convention, a MB bound at a time
_replaced = Table(
    "replaced_ids",
    MetaData(),
    Column("old", Text, primary_key=True),
    Column("new", Text, nullable=False),
    prefixes=["TEMPORARY"],
)


def list_ids(url: str) -> set[str]:
    """Return the ids of customers in all runs and records."""
    with connect_to_read(url, migrate=True) as connection:
        return {
            text
            for table in (*list_tables_of_persons(), schema.erasure_requests)
            for text in connection.scalars(select(table.c[NAMES]).distinct())
            if text is not None
        }


def list_recorded_ids(url: str) -> set[str]:
    """Return the ids in what no run replaces: ledger, experiments' arms, objections, tags."""
    contacts = schema.contacts
    objects = or_(contacts.c.suppressed, contacts.c.no_profiling)
    queries = (
        select(schema.programme_memberships.c[NAMES]),
        select(schema.experiment_members.c[NAMES]),
        select(contacts.c[NAMES]).where(objects),
        select(schema.customer_tags.c[NAMES]),
        select(schema.exclusions.c[NAMES]),
    )
    with connect_to_read(url, migrate=True) as connection:
        return {id_ for query in queries for id_ in connection.scalars(query.distinct())}


def replace_ids(
    url: str, replaced: Mapping[str, str], replace: Callable[[str], str]
) -> dict[str, int]:
    """Replace ids of customers wherever they stand, in one transaction; return rows by table.

    Parameters
    ----------
    replaced : mapping
        The new id of each old one.
    replace : callable
        Replaces the ids in a text.
    """
    with transaction(url, migrate=True) as connection:
        lock(connection)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        _replaced.create(connection)
        pairs = [{"old": old, "new": new} for old, new in replaced.items()]
        for first in range(0, len(pairs), BATCH):
            connection.execute(insert(_replaced), pairs[first : first + BATCH])
        rows = {
            table.name: _replace_column(connection, table)
            for table in (*list_tables_of_persons(), schema.erasure_requests)
        }
        rows["texts"] = sum(
            _replace_texts(connection, table, replace) for table in schema.metadata.sorted_tables
        )
        if any(rows.values()):
            rows["run_files"] = rewrite_files(connection, (), replaced)
            note_ids(connection)
        _replaced.drop(connection)
    return {name: count for name, count in rows.items() if count}


def _replace_column(connection: Connection, table: Table) -> int:
    column = table.c[NAMES]
    new = select(_replaced.c.new).where(_replaced.c.old == column).scalar_subquery()
    change = update(table).where(column.in_(select(_replaced.c.old))).values({NAMES: new})
    return connection.execute(change).rowcount


def _replace_texts(connection: Connection, table: Table, replace: Callable[[str], str]) -> int:
    """Replace the ids within texts; rows by the million hold them in their own column alone."""
    if NAMES in table.primary_key.columns:
        return 0
    exact = [column for column in table.columns if isinstance(column.type, Text | BigInteger)]
    key = list(table.primary_key.columns) or exact
    texts = [
        column
        for column in exact
        if isinstance(column.type, Text) and not column.primary_key and column.name != NAMES
    ]
    count = 0
    for row in connection.execute(select(*key, *texts)).all() if texts else ():
        parts = cast("list[str | None]", list(row[len(key) :]))
        changed = {
            column.name: new
            for column, text in zip(texts, parts, strict=True)
            if text is not None and (new := replace(text)) != text
        }
        if changed:
            here = [column == value for column, value in zip(key, row[: len(key)], strict=True)]
            count += connection.execute(update(table).where(*here).values(changed)).rowcount
    return count


def restart_experiment(url: str, name: str, as_of: dt.date) -> bool:
    """Let an experiment whose arms follow the ids begin anew after a day; whether there is one."""
    day = (as_of + dt.timedelta(days=1)).isoformat()
    table = schema.experiments
    with transaction(url, migrate=True) as connection:
        lock(connection)
        row = connection.execute(select(table.c.design).where(table.c.name == name)).first()
        if row is None:
            return False
        design = json.loads(row.design)
        if design["start"] != day:
            earlier = [*design.get("earlier_starts", []), design["start"]]
            changed = json.dumps(design | {"start": day, "earlier_starts": earlier})
            values = {"design": changed, "as_of": as_of}
            connection.execute(update(table).where(table.c.name == name).values(values))
        return True
