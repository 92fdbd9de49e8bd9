"""Names, colours and notes that people give to segments, and which are shown as one.

Segments that are shown as one stay segments: each keeps its number, and its name goes after theirs.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

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
LONGEST_NOTE = 200  # by convention: two lines of a card
JOINT = " / "
"""Stands between the name of segments that are shown as one and that of each."""
NAMES = ("name_en", "name_pt_br")
GIVEN = (*NAMES, "colour", "merged_as", "note")
SegmentLabels = Mapping[int, Mapping[str, Any]]
_Stored = Mapping[str, Any]


def label_segment(
    url: str,
    segment: int,
    *,
    names: Mapping[str, str],
    colour: int | None,
    note: str | None = None,
    by: str,
    now: dt.datetime,
) -> None:
    """Name a segment, colour it and write a note; an empty name gives back the one of its own.

    The published run has the name at once, wherever it names its segments, and later runs take it
    over, in their texts too: a segment that goes on keeps its number.

    Parameters
    ----------
    names : mapping
        ``name_en``, ``name_pt_br`` or both; a name that is not there stays.
    colour : int, optional
        A place of the palette; None for that of its number.
    note : str, optional
        What people want to remember of it; None leaves what was written.

    Raises
    ------
    InputError
        There is no such segment, a text is too long, a name another's, or there is no such colour.
    """
    for name in filter(None, map(str.strip, names.values())):
        check_text(name, LONGEST_NAME, "name")
    if note and note.strip():
        check_text(note, LONGEST_NOTE, "note")
    if colour is not None and not 0 <= colour < COLOURS:
        raise InputError(f"there are {COLOURS} colours", where="colour")
    with transaction(url, migrate=False) as connection:
        lock(connection)
        rows = {row["segment"]: row for row in _read_segments(connection)}
        _check_names(names, [row for number, row in rows.items() if number != segment])
        label: dict[str, object] = {name: text.strip() or None for name, text in names.items()}
        label |= {"colour": colour} | ({} if note is None else {"note": note.strip() or None})
        _keep(connection, rows, segment, label, by, now)


def merge_segments(
    url: str, segments: Collection[int], name: str, by: str, now: dt.datetime
) -> None:
    """Show segments as one under a name, or by an empty name each by itself again.

    Raises
    ------
    InputError
        There is no such segment, fewer than two would be shown as one, or the name is too long.
    """
    if name.strip():
        check_text(name, LONGEST_NAME, "name")
    with transaction(url, migrate=False) as connection:
        lock(connection)
        rows = {row["segment"]: row for row in _read_segments(connection)}
        other_rows = [row for number, row in rows.items() if number not in segments]
        joined = any(str(row["name_en"]).startswith(name.strip() + JOINT) for row in other_rows)
        if not segments or (name.strip() and len(set(segments)) < 2 and not joined):
            raise InputError("two segments at least are shown as one", where="segment")
        if not joined:
            _check_names({"name": name}, other_rows)
        for segment in sorted(set(segments)):
            label = {"merged_as": name.strip() or None}
            _keep(connection, rows, segment, label, by, now)


def join_names(merged_as: str | None, name: str) -> str:
    """Return the name of a segment after the one under which it is shown with others.

    Examples
    --------
    >>> join_names("Ativos", "Campeões"), join_names(None, "Campeões")
    ('Ativos / Campeões', 'Campeões')
    """
    return f"{merged_as}{JOINT}{name}" if merged_as else name


def _read_segments(connection: Connection) -> Sequence[_Stored]:
    table, current = schema.segments, schema.current_run
    query = select(table).join_from(table, current, table.c.run_id == current.c.run_id)
    return [dict(row) for row in connection.execute(query).mappings()]


def _check_names(names: Mapping[str, str], others: Sequence[_Stored]) -> None:
    used_names = {
        part.casefold() for row in others for name in NAMES for part in str(row[name]).split(JOINT)
    }
    for name in names.values():
        if name.strip().casefold() in used_names:
            raise InputError(
                f"another segment is called {name.strip()!r}", do="choose another name"
            )


def _keep(
    connection: Connection,
    rows: Mapping[int, _Stored],
    segment: int,
    changes: Mapping[str, object],
    by: str,
    now: dt.datetime,
) -> None:
    """Keep what was given to a segment beside what was before; the published run has its name."""
    table, current, labels = schema.segments, schema.current_run, schema.segment_labels
    if segment not in rows:
        raise InputError(f"there is no segment {segment}", where="segment")
    before = connection.execute(select(labels).where(labels.c.segment == segment)).mappings()
    own = {f"own_{name}": rows[segment][name] for name in NAMES}
    label: dict[str, Any] = dict.fromkeys(GIVEN) | own | dict(before.first() or {}) | dict(changes)
    shown = {
        name: join_names(label["merged_as"], label[name] or label[f"own_{name}"]) for name in NAMES
    }
    run_id = select(current.c.run_id).scalar_subquery()
    of_run = (table.c.run_id == run_id, table.c.segment == segment)
    connection.execute(update(table).where(*of_run).values(shown | {"colour": label["colour"]}))
    connection.execute(delete(labels).where(labels.c.segment == segment))
    row = label | {"segment": segment, "changed_by": by, "changed_at": now}
    connection.execute(insert(labels).values(row))


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
    return {row["segment"]: {name: row[name] for name in GIVEN} for row in rows}


def read_label(reader: Reader, segment: int) -> Row | None:
    """Return what people gave to a segment; None where they did not."""
    table = schema.segment_labels
    rows = reader.ask(select(table).where(table.c.segment == segment))
    return rows[0] if rows else None


def read_given(reader: Reader) -> dict[int, Row]:
    """Return what people gave to segments, by segment."""
    rows = reader.ask(select(schema.segment_labels))
    return {cast(int, row["segment"]): row for row in rows}
