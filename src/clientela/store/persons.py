"""What the results database holds of one person, of all kept runs and records."""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select, update

from clientela.store import schema
from clientela.store.connect import connect_to_read, transaction
from clientela.store.contact_filter import may_be_listed
from clientela.store.erasures import NAMES, list_tables_of_persons
from clientela.store.run_files import note_listing


def read_person(url: str, ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a person by table; empty fields are left out.

    Raises
    ------
    StoreError
        The database cannot be used, or is not there.
    """
    wanted = sorted(ids)
    with connect_to_read(url) as connection:
        by_table = {
            table.name: [
                {name: _plain(value) for name, value in row.items() if value is not None}
                for row in connection.execute(select(table).where(table.c[NAMES].in_(wanted)))
                .mappings()
                .all()
            ]
            for table in list_tables_of_persons()
        }
    return {name: rows for name, rows in by_table.items() if rows}


def list_ids(url: str) -> set[str]:
    """Return the ids of all persons of whom anything is kept.

    Raises
    ------
    StoreError
        The database cannot be used, or is not there.
    """
    with connect_to_read(url) as connection:
        return {
            id_
            for table in list_tables_of_persons()
            for id_ in connection.scalars(select(table.c[NAMES]).distinct())
            if id_ is not None
        }


def list_withheld(url: str) -> set[str]:
    """Return the customers of all kept runs who may not be listed, by what is known now.

    Raises
    ------
    StoreError
        The database cannot be used, or is not there.
    """
    customers = schema.customers
    withheld = select(customers.c.customer_id).distinct().where(~may_be_listed(customers))
    with connect_to_read(url) as connection:
        return set(connection.scalars(withheld))


def write_contact(url: str, customer_id: str, values: Mapping[str, Any]) -> None:
    """Change the contact data of the published run, so that no list waits for the next one."""
    table = schema.contacts
    with transaction(url, migrate=False) as connection:
        run_id = connection.scalar(select(schema.current_run.c.run_id))
        if run_id is None:
            return
        this = (table.c.run_id == run_id) & (table.c.customer_id == customer_id)
        if not connection.execute(update(table).where(this).values(**values)).rowcount:
            row = {"run_id": run_id, NAMES: customer_id, **values}
            connection.execute(insert(table), row)
        note_listing(connection, run_id)


def hide_profile(url: str, customer_id: str, plain: Collection[str]) -> None:
    """Take the judgements on a person out of the published run: all but some plain columns."""
    customers, members = schema.customers, schema.programme_members
    judged = [name for name, column in customers.c.items() if column.nullable and name not in plain]
    with transaction(url, migrate=False) as connection:
        run_id = connection.scalar(select(schema.current_run.c.run_id))
        for table in (customers, members):
            this = (table.c.run_id == run_id) & (table.c.customer_id == customer_id)
            if table is members:
                connection.execute(delete(table).where(this))
            else:
                connection.execute(update(table).where(this).values(dict.fromkeys(judged)))


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
