"""What people do to customers of a list: give or take a tag, leave them out of every list.

Each change can be undone as a whole. Tags and exclusions stand beside the runs, by customer, and go
with the person; an objection of the person's own is no change of these, and nothing here ends it.
"""

import datetime as dt
import secrets
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import msgspec
from sqlalchemy import Connection, Table, delete, func, insert, select, update

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.annotations import check_text
from clientela.store.connect import transaction
from clientela.store.lock import lock
from clientela.store.reader import Reader
from clientela.store.row_types import Row

if TYPE_CHECKING:  # it loads Arrow, which a server that only looks up does without
    from clientela.store.erasures import People

NAMES = "customer_id"
ChangeKind: TypeAlias = Literal["tag", "untag", "exclude"]
KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
ID_BYTES = 6  # by convention: 48 bits name a change apart
LONGEST_TAG = 40  # by convention: what stands beside an id on a phone
MOST_TAGS = 200  # by convention: more are no choice but an archive
SHOWN_CHANGES = 20  # by convention: a screen; the table has all
BATCH = 10_000  # by convention, a MB bound at a time
_CHANGES, _TAGS, _EXCLUSIONS = schema.list_changes, schema.customer_tags, schema.exclusions


class ListChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done to customers; a tag has a name, an exclusion none."""

    kind: ChangeKind
    tag: str | None = None


def change_customers(
    url: str, change: ListChange, ids: Collection[str], people: "People", by: str, now: dt.datetime
) -> str:
    """Do something to some customers, and return the id of the change.

    Parameters
    ----------
    people : tuple
        Read before the ids were (:func:`clientela.store.erasures.read_people`).

    Raises
    ------
    InputError
        The tag is none or one too many, nobody of them is changed by it, or somebody was erased.
    """
    from clientela.store.erasures import refuse_changed_people

    if (change.kind == "exclude") == bool((change.tag or "").strip()):
        raise InputError("a tag needs a name, and an exclusion has none", where="tag")
    change_id = secrets.token_hex(ID_BYTES)
    with transaction(url, migrate=False) as connection:
        lock(connection)
        refuse_changed_people(connection, ids, people)
        tag = None if change.tag is None else _find_tag(connection, change)
        holders = _list_holders(connection, tag)
        changed = [id_ for id_ in ids if (id_ in holders) == (change.kind == "untag")]
        if not changed:
            raise InputError("this changes nobody", where="customers", do="choose other customers")
        row = {"change_id": change_id, "kind": change.kind, "tag": tag, "customers": len(changed)}
        connection.execute(insert(_CHANGES).values(row | {"changed_by": by, "changed_at": now}))
        _write(connection, change.kind, change_id, tag, changed)
        _tell_servers(connection)
    return change_id


def _find_tag(connection: Connection, change: ListChange) -> str:
    """Return a tag as it is written already, be it in other letters, or as a new one."""
    tag = (change.tag or "").strip()
    check_text(tag, LONGEST_TAG, "tag")
    tags = {
        str(name).casefold(): str(name)
        for name in connection.scalars(select(_TAGS.c.tag).distinct())
    }
    if tag.casefold() not in tags and len(tags) >= MOST_TAGS:
        raise InputError(f"there are {MOST_TAGS} tags already", do="use one of them")
    return tags.get(tag.casefold(), tag)


def _list_holders(connection: Connection, tag: str | None) -> set[str]:
    """List who has a tag, or by None who is left out of lists."""
    query = select(_EXCLUSIONS.c[NAMES])
    if tag is not None:
        query = select(_TAGS.c[NAMES]).where(_TAGS.c.tag == tag, _TAGS.c.removed_in.is_(None))
    return set(connection.scalars(query))


def _write(
    connection: Connection, kind: ChangeKind, change_id: str, tag: str | None, ids: Sequence[str]
) -> None:
    for first in range(0, len(ids), BATCH):
        part = ids[first : first + BATCH]
        if kind == "untag":
            tag_rows = _TAGS.c.tag == tag, _TAGS.c.removed_in.is_(None), _TAGS.c[NAMES].in_(part)
            connection.execute(update(_TAGS).where(*tag_rows).values(removed_in=change_id))
            continue
        table: Table = _TAGS if kind == "tag" else _EXCLUSIONS
        own = {"change_id": change_id} | ({"tag": tag} if kind == "tag" else {})
        connection.execute(insert(table), [own | {NAMES: id_} for id_ in part])


def _tell_servers(connection: Connection) -> None:
    """Tell servers that other customers are listed or tagged now."""
    from clientela.store.run_files import note_listing

    run_id = connection.scalar(select(schema.current_run.c.run_id))
    if run_id is not None:
        note_listing(connection, run_id)


def undo_change(url: str, change_id: str, by: str, now: dt.datetime) -> None:
    """Undo a change: who was changed by it stands as before, unless another change did the same.

    Raises
    ------
    InputError
        There is no such change, or it is undone already.
    """
    this = _CHANGES.c.change_id == change_id
    with transaction(url, migrate=False) as connection:
        lock(connection)
        undone = update(_CHANGES).where(this, _CHANGES.c.undone_at.is_(None))
        if not connection.execute(undone.values(undone_by=by, undone_at=now)).rowcount:
            raise InputError(f"there is no change '{change_id}' to undo", where="change_id")
        for table in (_TAGS, _EXCLUSIONS):
            connection.execute(delete(table).where(table.c.change_id == change_id))
        removed_tags = update(_TAGS).where(_TAGS.c.removed_in == change_id)
        connection.execute(removed_tags.values(removed_in=None))
        _tell_servers(connection)


def read_tags(reader: Reader) -> list[Row]:
    """Return the tags in use, by name, with how many customers have each."""
    counts = select(_TAGS.c.tag, func.count(_TAGS.c[NAMES].distinct()).label("customers"))
    counts = counts.where(_TAGS.c.removed_in.is_(None)).group_by(_TAGS.c.tag)
    return sorted(reader.ask(counts), key=lambda row: str(row["tag"]).casefold())


def read_list_changes(reader: Reader, change_id: str | None = None) -> list[Row]:
    """Return the latest changes, the latest first, or the one of an id."""
    latest = select(_CHANGES).order_by(_CHANGES.c.changed_at.desc(), _CHANGES.c.change_id)
    if change_id is not None:
        latest = latest.where(_CHANGES.c.change_id == change_id)
    return reader.ask(latest.limit(SHOWN_CHANGES))
