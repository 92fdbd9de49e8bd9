"""Names and colours that people give to segments, in place of those that a run gave."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.annotations import check_text
from clientela.store.connect import connect_to_read, is_absent, transaction
from clientela.store.lock import lock
from clientela.store.reader import Reader
from clientela.store.row_types import Row

LONGEST_NAME = 40  # by convention: what fits beside a bar on a phone
COLOURS = 8
"""The palette of charts has so many, told apart by the colour-blind."""
NAMES = ("name_en", "name_pt_br")
SegmentLabels = Mapping[int, Mapping[str, Any]]
_Stored = Mapping[str, Any]


def label_segment(
    url: str,
    segment: int,
    *,
    names: Mapping[str, str],
    colour: int | None,
    by: str,
    now: dt.datetime,
) -> None:
    """Name a segment and give it a colour; an empty name gives back the one it had of itself.

    The published run has the name at once, wherever it names its segments, and later runs take it
    over, in their texts too: a segment that goes on keeps its number.

    Parameters
    ----------
    names : mapping
        ``name_en``, ``name_pt_br`` or both; a name that is not there stays.
    colour : int, optional
        A place of the palette; None for that of its number.

    Raises
    ------
    InputError
        There is no such segment, a name is too long or another's, or there is no such colour.
    """
    for name in filter(None, map(str.strip, names.values())):
        check_text(name, LONGEST_NAME, "name")
    if colour is not None and not 0 <= colour < COLOURS:
        raise InputError(f"there are {COLOURS} colours", where="colour")
    with transaction(url, migrate=False) as connection:
        lock(connection)
        rows = _read_segments(connection)
        own = next((row for row in rows if row["segment"] == segment), None)
        if own is None:
            raise InputError(f"there is no segment {segment}", where="segment")
        _check_names(names, [row for row in rows if row is not own])
        label = _read_label(connection, segment)
        own_names = {name: names.get(name, label[name] or "").strip() or None for name in NAMES}
        first = {f"own_{name}": label[f"own_{name}"] or own[name] for name in NAMES}
        shown = {name: own_names[name] or first[f"own_{name}"] for name in NAMES}
        _write(connection, segment, {**shown, "colour": colour})
        row = {"segment": segment, "colour": colour, "changed_by": by, "changed_at": now}
        connection.execute(insert(schema.segment_labels).values(row | own_names | first))


def _read_segments(connection: Connection) -> Sequence[_Stored]:
    table, current = schema.segments, schema.current_run
    query = select(table).join_from(table, current, table.c.run_id == current.c.run_id)
    return [dict(row) for row in connection.execute(query).mappings()]


def _check_names(names: Mapping[str, str], others: Sequence[_Stored]) -> None:
    used_names = {str(row[name]).casefold() for row in others for name in NAMES}
    for name in names.values():
        if name.strip().casefold() in used_names:
            raise InputError(
                f"another segment is called {name.strip()!r}", do="choose another name"
            )


def _read_label(connection: Connection, segment: int) -> _Stored:
    """Return what was given to a segment before; nothing of it where nothing was."""
    table = schema.segment_labels
    label = connection.execute(select(table).where(table.c.segment == segment)).mappings().first()
    return (
        dict(label)
        if label
        else {name: None for column in NAMES for name in (column, f"own_{column}")}
    )


def _write(connection: Connection, segment: int, label: Mapping[str, object]) -> None:
    """Label a segment of the published run, and forget what was given to it before."""
    table, current, labels = schema.segments, schema.current_run, schema.segment_labels
    run_id = select(current.c.run_id).scalar_subquery()
    of_run = (table.c.run_id == run_id, table.c.segment == segment)
    connection.execute(update(table).where(*of_run).values(label))
    connection.execute(delete(labels).where(labels.c.segment == segment))


def read_labels(url: str) -> SegmentLabels:
    """Return what people gave to segments, by segment, for a run to take over.

    Raises
    ------
    StoreError
        The database cannot be used.
    """
    if is_absent(url):
        return {}
    table = schema.segment_labels
    with connect_to_read(url, migrate=True) as connection:
        rows = connection.execute(select(table)).mappings().all()
    return {row["segment"]: {name: row[name] for name in (*NAMES, "colour")} for row in rows}


def read_label(reader: Reader, segment: int) -> Row | None:
    """Return what people gave to a segment; None where they did not."""
    table = schema.segment_labels
    rows = reader.ask(select(table).where(table.c.segment == segment))
    return rows[0] if rows else None
