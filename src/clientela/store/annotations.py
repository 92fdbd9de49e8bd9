"""What people write beside the results: notes on days of charts, and the revenue they plan."""

import datetime as dt
import re
import secrets

from sqlalchemy import delete, func, insert, select

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.connect import transaction
from clientela.store.lock import lock
from clientela.store.reader import Reader
from clientela.store.row_types import Row

ID_BYTES = 6  # by convention: 48 bits name a note apart
LONGEST_NOTE = 60  # by convention: what stands beside a mark of a chart
MOST_NOTES = 200  # by convention: a note a week for four years
MOST_AMOUNT = 1e12  # what the database's money holds, with two digits to spare
_MONTH = re.compile(r"\d{4}-\d{2}")


def add_note(url: str, day: str, text: str, by: str, now: dt.datetime) -> str:
    """Write a note on a day, and return its id.

    Raises
    ------
    InputError
        The day is none, the text too long, or there are too many notes.
    """
    check_text(text, LONGEST_NOTE, "text")
    note_id = secrets.token_hex(ID_BYTES)
    row = {"note_id": note_id, "day": _read_day(day), "text": text.strip()}
    table = schema.chart_notes
    with transaction(url, migrate=False) as connection:
        lock(connection)
        if (connection.scalar(select(func.count()).select_from(table)) or 0) >= MOST_NOTES:
            raise InputError(f"there are {MOST_NOTES} notes already", do="remove one of them")
        connection.execute(insert(table).values(row | {"created_by": by, "created_at": now}))
    return note_id


def remove_note(url: str, note_id: str) -> None:
    """Remove a note; one that is gone already stays so."""
    with transaction(url, migrate=False) as connection:
        connection.execute(
            delete(schema.chart_notes).where(schema.chart_notes.c.note_id == note_id)
        )


def read_notes(reader: Reader) -> list[Row]:
    """Return the notes, by day."""
    table = schema.chart_notes
    return reader.ask(select(table).order_by(table.c.day, table.c.note_id))


def set_target(url: str, month: str, amount: float | None, by: str, now: dt.datetime) -> None:
    """Plan the revenue of a month, or by None no longer.

    Raises
    ------
    InputError
        The month is none, or the amount is no revenue.
    """
    day = _read_day(f"{month}-01" if _MONTH.fullmatch(month) else month).replace(day=1)
    if amount is not None and not 0 < amount < MOST_AMOUNT:
        raise InputError("a planned revenue is above zero", where="amount")
    table = schema.revenue_targets
    with transaction(url, migrate=False) as connection:
        lock(connection)
        connection.execute(delete(table).where(table.c.month == day))
        if amount is not None:
            row = {"month": day, "amount": amount, "changed_by": by, "changed_at": now}
            connection.execute(insert(table).values(row))


def read_targets(reader: Reader) -> list[Row]:
    """Return the planned revenue of the months, by month."""
    table = schema.revenue_targets
    return reader.ask(select(table).order_by(table.c.month))


def check_text(text: str, longest: int, where: str) -> None:
    """Raise unless a text is short and printable.

    Raises
    ------
    InputError
        It is empty, too long, or holds what cannot be seen.
    """
    if not text.strip() or len(text) > longest or not text.isprintable():
        raise InputError(f"write 1 to {longest} printable characters", where=where)


def _read_day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no day", where="day", do="write 2024-12-31") from None
