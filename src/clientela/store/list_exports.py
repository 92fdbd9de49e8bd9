"""Of which run a list of changes was written last, so that the next one begins there."""

import datetime as dt

from sqlalchemy import delete, insert, select

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.connect import transaction
from clientela.store.lock import lock
from clientela.store.reader import Reader

_TABLE = schema.list_exports


def find_last_export(reader: Reader, address: str) -> str | None:
    """Return the run of the last list; None where there is none, or its customers are not kept."""
    rows = reader.ask(select(_TABLE.c.run_id).where(_TABLE.c.place == address))
    run_id = str(rows[0]["run_id"]) if rows else None
    if run_id is None:
        return None
    try:
        reader.read_list("customers", None, None, 1, run_id)
    except InputError:
        return None
    return run_id


def note_export(url: str, address: str, run_id: str, now: dt.datetime) -> None:
    """Write of which run a list was written."""
    row = {"place": address, "run_id": run_id, "exported_at": now}
    with transaction(url, migrate=False) as connection:
        lock(connection)
        connection.execute(delete(_TABLE).where(_TABLE.c.place == address))
        connection.execute(insert(_TABLE).values(row))
