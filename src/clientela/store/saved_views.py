"""Pages that people saved for all: an address of the dashboard, with its filters and period."""

import datetime as dt
import secrets

from sqlalchemy import delete, func, insert, select

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.connect import transaction
from clientela.store.lock import lock
from clientela.store.reader import Reader
from clientela.store.row_types import Row

ID_BYTES = 6  # by convention: 48 bits name a view apart
LONGEST_NAME = 100  # by convention: a line of a list
LONGEST_ADDRESS = 4_500  # the longest filter, and a period
MOST_VIEWS = 200  # by convention: more are no choice but an archive
_TABLE = schema.saved_views


def save_view(url: str, name: str, address: str, by: str, now: dt.datetime) -> str:
    """Save an address of the dashboard under a name, and return its id.

    Raises
    ------
    InputError
        The name is none or taken, the address too long or about a person, or there are too many.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(
            f"a view needs a name of 1 to {LONGEST_NAME} printable characters", where="name"
        )
    # what names a person would outlive their erasure
    if len(address) > LONGEST_ADDRESS or "customer_id" in address:
        raise InputError(
            "this page cannot be saved as a view",
            where="address",
            do="save one whose filter is shorter and names no customer",
        )
    view_id = secrets.token_hex(ID_BYTES)
    with transaction(url, migrate=False) as connection:
        lock(connection)
        if (connection.scalar(select(func.count()).select_from(_TABLE)) or 0) >= MOST_VIEWS:
            raise InputError(f"there are {MOST_VIEWS} views already", do="remove one of them")
        if connection.scalar(select(_TABLE.c.view_id).where(_TABLE.c.name == name.strip())):
            raise InputError(f"a view is called {name.strip()!r} already", do="choose another name")
        row = {"view_id": view_id, "name": name.strip(), "address": address}
        connection.execute(insert(_TABLE).values(row | {"created_by": by, "created_at": now}))
    return view_id


def remove_view(url: str, view_id: str) -> None:
    """Remove a view; one that is gone already stays so."""
    with transaction(url, migrate=False) as connection:
        connection.execute(delete(_TABLE).where(_TABLE.c.view_id == view_id))


def read_views(reader: Reader) -> list[Row]:
    """Return the views that people saved, by name."""
    return reader.ask(select(_TABLE).order_by(_TABLE.c.name))
