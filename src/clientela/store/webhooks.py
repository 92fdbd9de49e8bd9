"""Deliveries of webhooks: queued with the run that they tell of, tried again, given up, replayed.

A delivery says which webhook is told of which group between which runs. Whom it names is read when
it is sent, so that nobody who was erased or must not be listed since then is sent.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, exists, func, insert, select, update

from clientela.errors import InputError, StoreError
from clientela.store import schema
from clientela.store.audience_queries import Audience, select_audience_changes, select_audiences
from clientela.store.audience_reader import find_audience, read_changes, read_members
from clientela.store.audiences import refuse_unknown
from clientela.store.change_queries import read_group_changes, select_group_changes
from clientela.store.connect import connect_to_read, transaction
from clientela.store.lock import lock
from clientela.store.queries import Query
from clientela.store.reader import Reader
from clientela.store.row_types import Row

AUDIENCES, PROGRAMME, SEGMENTS = "audiences", "programme", "segments"
_TABLE = schema.webhook_deliveries


class Delivery(NamedTuple):
    """A row of the table ``webhook_deliveries``."""

    position: int
    webhook: str
    event: str
    run_id: str
    since_run_id: str
    attempts: int
    created_at: dt.datetime
    due_at: dt.datetime
    delivered_at: dt.datetime | None
    dead_at: dt.datetime | None
    failure: str | None

    @property
    def is_whole(self) -> bool:
        """Whether it tells of all whom the group holds, not of who entered and left."""
        return self.run_id == self.since_run_id

    @property
    def state(self) -> str:
        """Return ``delivered``, ``dead`` or ``waiting``."""
        if self.delivered_at is not None:
            return "delivered"
        return "waiting" if self.dead_at is None else "dead"


def queue_deliveries(
    connection: Connection,
    webhooks: Mapping[str, Sequence[str]],
    run_id: str,
    previous_run_id: str,
    now: dt.datetime,
) -> None:
    """Queue what each webhook is to tell of a run, inside its publishing transaction.

    Groups that nobody entered or left are left out; all are where the run before is not kept.

    Parameters
    ----------
    webhooks : mapping
        Events of each, by name: ``programme``, ``segments``, ``audiences/ID`` and so on.
    """
    customers = schema.customers
    has_former = select(exists().where(customers.c.run_id == previous_run_id))
    if not webhooks or not connection.scalar(has_former):
        return
    bound = {"run_id": run_id, "since": previous_run_id, "limit": 1}
    changed = [
        group
        for group, query in _list_groups(connection, (run_id, previous_run_id))
        if any(covers(events, group) for events in webhooks.values())
        and connection.execute(query, bound).first() is not None
    ]
    deliveries = [
        (name, group)
        for name, events in webhooks.items()
        for group in changed
        if covers(events, group)
    ]
    _queue(connection, deliveries, run_id, previous_run_id, now)


def queue_audience(url: str, webhook: str, audience_id: str, now: dt.datetime) -> None:
    """Queue all of an audience for a webhook, as if they had entered it with the published run.

    Raises
    ------
    InputError
        There is no such audience.
    StoreError
        Nothing is published yet.
    """
    with transaction(url, migrate=False) as connection:
        lock(connection)
        known = schema.audiences.c.audience_id == audience_id
        if not connection.scalar(select(exists().where(known))):
            raise refuse_unknown(audience_id)
        run_id = connection.scalar(select(schema.current_run.c.run_id))
        if run_id is None:
            raise StoreError("nothing is published yet", do="run `clientela run FILE`")
        _queue(connection, [(webhook, f"{AUDIENCES}/{audience_id}")], run_id, run_id, now)


def _queue(
    connection: Connection,
    deliveries: Sequence[tuple[str, str]],
    run_id: str,
    since_run_id: str,
    now: dt.datetime,
) -> None:
    """Add deliveries, each a webhook and a group, behind those that stand there."""
    last = connection.scalar(select(func.max(_TABLE.c.position))) or 0
    fixed = {"run_id": run_id, "since_run_id": since_run_id, "attempts": 0}
    for position, (webhook, group) in enumerate(deliveries, last + 1):
        row = {"position": position, "webhook": webhook, "event": group, **fixed}
        connection.execute(insert(_TABLE), row | {"created_at": now, "due_at": now})


def covers(events: Sequence[str], group: str) -> bool:
    """Return whether a webhook with such events is told of a group.

    Examples
    --------
    >>> covers(["audiences"], "audiences/loyal"), covers(["segments/2"], "segments/1")
    (True, False)
    """
    return group in events or group.partition("/")[0] in events


def _list_groups(connection: Connection, runs: Sequence[str]) -> Iterator[tuple[str, Query]]:
    """Yield each group that a run knows, with the query of who entered and left it."""
    yield PROGRAMME, select_group_changes(None)
    table = schema.segments
    numbers = select(table.c.segment).where(table.c.run_id.in_(runs)).distinct()
    for number in connection.scalars(numbers.order_by(table.c.segment)):
        yield f"{SEGMENTS}/{number}", select_group_changes(number)
    for row in connection.execute(select_audiences()).mappings():
        audience = Audience(**{str(name): row[name] for name in row})
        query = select_audience_changes(audience, connection.dialect.name)
        yield f"{AUDIENCES}/{audience.audience_id}", query


def read_members_moved(
    reader: Reader, delivery: Delivery, after: str | None, limit: int
) -> list[Row]:
    """Return a page of who entered and left, by id, as far as they may be listed now.

    Raises
    ------
    InputError
        The audience was removed, or the customers of a run are no longer kept.
    """
    kind, _, name = delivery.event.partition("/")
    since, run_id = delivery.since_run_id, delivery.run_id
    if kind == AUDIENCES:
        audience = find_audience(reader, name)
        if delivery.is_whole:
            members = read_members(reader, audience, after, limit, run_id).content
            return [row | {"change": "entered"} for row in members]
        return read_changes(reader, audience, since, after, limit, run_id).content
    segment = int(name) if kind == SEGMENTS else None
    return read_group_changes(reader, segment, since, after, limit, run_id).content


def list_deliveries(
    url: str, waits_for: str | None = None, *, event: str | None = None
) -> list[Delivery]:
    """Return all deliveries, or those that wait for a webhook, or of an event, oldest first."""
    query = select(*(_TABLE.c[name] for name in Delivery._fields)).order_by(_TABLE.c.position)
    if event is not None:
        query = query.where(_TABLE.c.event == event)
    if waits_for is not None:
        query = query.where(
            _TABLE.c.webhook == waits_for,
            _TABLE.c.delivered_at.is_(None),
            _TABLE.c.dead_at.is_(None),
        )
    with connect_to_read(url) as connection:
        return [Delivery._make(row) for row in connection.execute(query)]


def claim_delivery(url: str, delivery: Delivery, due_at: dt.datetime) -> bool:
    """Count an attempt before it is made; False where another process has begun it.

    Who is killed in the middle of it leaves a delivery that is due again at ``due_at``.
    """
    unchanged = (_TABLE.c.position == delivery.position) & (_TABLE.c.attempts == delivery.attempts)
    values = {"attempts": delivery.attempts + 1, "due_at": due_at}
    with transaction(url, migrate=False) as connection:
        waiting = unchanged & _TABLE.c.delivered_at.is_(None) & _TABLE.c.dead_at.is_(None)
        return connection.execute(update(_TABLE).where(waiting).values(values)).rowcount == 1


def settle_delivery(
    url: str, position: int, failure: str | None, *, done_at: dt.datetime | None
) -> None:
    """Write how an attempt ended; with a failure and no ``done_at`` there will be another."""
    ended = "delivered_at" if failure is None else "dead_at"
    with transaction(url, migrate=False) as connection:
        row = update(_TABLE).where(_TABLE.c.position == position)
        connection.execute(row.values({"failure": failure, ended: done_at}))


def replay_deliveries(url: str, positions: Sequence[int], now: dt.datetime) -> int:
    """Queue deliveries again, or without positions all dead ones; return how many.

    Raises
    ------
    InputError
        A position is none, or its delivery still waits.
    """
    ended = _TABLE.c.delivered_at.is_not(None) | _TABLE.c.dead_at.is_not(None)
    wanted = (
        _TABLE.c.position.in_(positions) & ended if positions else _TABLE.c.dead_at.is_not(None)
    )
    values = {"attempts": 0, "due_at": now, "delivered_at": None, "dead_at": None, "failure": None}
    with transaction(url, migrate=False) as connection:
        lock(connection)
        replayed = connection.execute(update(_TABLE).where(wanted).values(values)).rowcount
        if positions and replayed < len(set(positions)):
            raise InputError(
                "a delivery of these numbers is not there, or has not ended",
                where=", ".join(map(str, positions)),
                do="see 'clientela webhooks list'",
            )
    return replayed
