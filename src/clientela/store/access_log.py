"""The access log: who saw whom, each row chained to the one before, in a database of its own.

A row names persons by a keyed hash, so that the log tells nothing without the key, and goes on
telling once a person is erased. Changed, added or missing rows break the chain; what was cut off
because its time is over ends at a signed checkpoint. The last rows of all may be cut off unseen:
who wants to notice that too keeps the hash that ``clientela audit verify`` prints.
"""

import datetime as dt
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    Index,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from clientela.errors import StoreError
from clientela.store.connect import connect_database, connect_to_write
from clientela.store.failures import translate_failures
from clientela.store.lock import lock
from clientela.store.postgres_schema import create_schema
from clientela.store.schema import UtcDateTime

KEY_BYTES = 32  # 256 bits: no guess in any time
BATCH_ROWS = 10_000  # by convention, some MB checked at a time
PERSON_BYTES = 8  # 64 bits: of a million persons two share a hash once in 37 million logs
BEGIN = hashlib.sha256(b"clientela access log").hexdigest()  # what the first row is chained to

START, STOP = "server_start", "server_stop"

_metadata = MetaData()
_log = Table(
    "access_log",
    _metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("persons", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("status", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("ix_access_log_actor_at", "actor", "at"),
)
_checkpoints = Table(
    "access_checkpoints",
    _metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False),
    Column("cut_at", UtcDateTime, nullable=False),
    Column("signature", Text, nullable=False),
)
_usage = Table(
    "access_usage",
    _metadata,
    Column("day", Date, primary_key=True),
    Column("actor", Text, primary_key=True),
    Column("spent", BigInteger, nullable=False),
)


class Access(NamedTuple):
    """One request: who, what, whom.

    Parameters
    ----------
    at : datetime.datetime
        Aware.
    actor : str
        Id of the key; empty where everybody on the machine may ask.
    operation : str
        Name of the operation, as the API's document has it.
    persons : sequence of str, or str
        Ids of customers, hashed when they are written; or their hashes with spaces between.
    detail : mapping
        Of a list: run, filter and range, so that who stood in it can be rebuilt.
    status : int
        HTTP status of the answer.
    address : str
        Where the request came from.
    """

    at: dt.datetime
    actor: str
    operation: str
    persons: Sequence[str]
    detail: Mapping[str, Any]
    status: int
    address: str


class LogRow(NamedTuple):
    """A row as it is stored: persons hashed, detail as JSON."""

    position: int
    at: dt.datetime
    actor: str
    operation: str
    persons: str
    detail: str
    status: int
    address: str
    hash: str

    def chain(self, before: str) -> str:
        """Return the hash that the row must have after the row before."""
        return _chain(before, self[:-1])


class AccessLog:
    """The log of a database, and the key of the hashes in it.

    Parameters
    ----------
    url : str
        A SQLite file or PostgreSQL database, made where there is none.
    key_file : Path
        Holds the key, readable by its owner alone; made with the first row where there is none.
    keep_days : int, optional
        How long rows are kept by :meth:`cut_old`; for ever if absent.

    Raises
    ------
    StoreError
        The database cannot be used.
    """

    def __init__(self, url: str, key_file: Path, keep_days: int | None = None) -> None:
        self._url, self._keep_days = url, keep_days
        self._key_file, self._had_begun = key_file, key_file.exists()
        self._key: bytes | None = None
        self._digest: hashlib.blake2b | None = None
        self._engine = connect_database(url)
        with self._writing() as connection:
            if connection.dialect.name == "postgresql":
                create_schema(connection)
            _metadata.create_all(connection)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _load_key(self) -> bytes:
        if self._key is None:
            self._key = _read_key(self._key_file)
        return self._key

    def _load_digest(self) -> "hashlib.blake2b":
        """Return the digest of no text by the key: to copy it takes less than to begin anew."""
        if self._digest is None:
            self._digest = hashlib.blake2b(key=self._load_key(), digest_size=PERSON_BYTES)
        return self._digest

    def hash_person(self, customer_id: str) -> str:
        """Return the name of a person in the log."""
        digest = self._load_digest().copy()
        digest.update(customer_id.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def append(
        self, entries: Sequence[Access], spent: Mapping[str, int] | None = None
    ) -> dict[str, int]:
        """Write rows in one transaction, and return what the actors have spent of the day in all.

        Parameters
        ----------
        entries : sequence of Access
            In the order they happened.
        spent : mapping
            What actors spent since the last call, of the day of the last entry.

        Raises
        ------
        StoreError
            The database cannot be written.
        """
        if not entries:
            return {}
        with self._writing() as connection:
            self._append(connection, entries)
            return _add_usage(connection, entries[-1].at.astimezone(dt.UTC).date(), spent or {})

    def replace_persons(self, replaced: Mapping[str, str], entry: Access) -> int:
        """Replace ids of customers in all rows, behind a signed row; return how many rows changed.

        The chain is made anew. The row that is appended, whose ``detail`` is added to, holds the
        end of the chain as it was and its signature, so that who noted it finds it there.

        Raises
        ------
        StoreError
            The chain is broken: what was changed before could not be seen any more.
        """
        _, end = self.verify()
        hashes = {self.hash_person(old): self.hash_person(new) for old, new in replaced.items()}
        with self._writing() as connection:
            position, before = self._read_checkpoint(connection)
            changed, is_noted = 0, False
            mark = msgspec.json.encode(entry.detail).decode().strip("{}")
            for row in _iterate(connection):
                is_noted |= row.operation == entry.operation and mark in row.detail
                persons = [hashes.get(name, name) for name in row.persons.split()]
                renamed = row._replace(persons=" ".join(persons))
                changed += renamed != row
                before, position = renamed.chain(before), row.position
                if before != row.hash:
                    this = update(_log).where(_log.c.position == row.position)
                    connection.execute(this.values(persons=renamed.persons, hash=before))
            if changed or not is_noted:
                signed = {"chain": end, "signature": self._sign(position, end)}
                self._append(connection, [entry._replace(detail={**entry.detail, **signed})])
        return changed

    def _append(self, connection: Connection, entries: Sequence[Access]) -> None:
        position, before = _read_end(connection)
        rows = []
        self._load_key()  # made with the first row: a log with a key and without rows has lost them
        for number, entry in enumerate(entries, start=position + 1):
            content = self._describe(number, entry)
            before = _chain(before, content)
            rows.append((*content, before))
        _insert_rows(connection, rows)

    def read(
        self,
        *,
        actor: str | None = None,
        since: dt.datetime | None = None,
        limit: int | None = None,
    ) -> list[LogRow]:
        """Return rows, the latest last; with a limit the latest of them."""
        query = select(_log).order_by(_log.c.position.desc()).limit(limit)
        if actor is not None:
            query = query.where(_log.c.actor == actor)
        if since is not None:
            query = query.where(_log.c.at >= since)
        with translate_failures(self._url), self._engine.connect() as connection:
            return [LogRow._make(row) for row in connection.execute(query)][::-1]

    def read_last_use(self) -> dict[str, dt.datetime]:
        """Return when each actor asked last."""
        query = select(_log.c.actor, func.max(_log.c.at)).group_by(_log.c.actor)
        with translate_failures(self._url), self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def count_kills(self) -> int:
        """Count the servers that ended without a word, each with its last look-ups unwritten."""
        counted = select(func.count()).select_from(_log)
        with translate_failures(self._url), self._engine.connect() as connection:
            starts, stops = (
                connection.scalar(counted.where(_log.c.operation == operation)) or 0
                for operation in (START, STOP)
            )
        return max(starts - stops, 0)

    def verify(self) -> tuple[int, str]:
        """Check the whole chain; return how many rows it has, and the hash of the last.

        Raises
        ------
        StoreError
            A row was changed, added or taken out, or all are gone, or a checkpoint is not ours.
        """
        with translate_failures(self._url), self._engine.connect() as connection:
            position, before = self._read_checkpoint(connection)
            rows = 0
            for row in _iterate(connection):
                if row.position != position + 1 or row.hash != row.chain(before):
                    raise StoreError(
                        f"the access log was changed at row {row.position}",
                        where=f"{row.at.isoformat()}, after row {position}",
                        do="keep the file, and look for who may write it: "
                        "until there the log is as it was written",
                    )
                position, before, rows = row.position, row.hash, rows + 1
        if not position and self._had_begun:
            raise StoreError(
                "the access log has lost its rows: its key is there, and a server writes a row as "
                "it starts",
                where=str(self._key_file),
                do="restore the log from a backup, and look for who may write it",
            )
        return rows, before

    def cut_old(self, now: dt.datetime) -> int:
        """Delete the rows whose time is over, as :meth:`cut` does; return how many."""
        if self._keep_days is None:
            return 0
        until = now - dt.timedelta(days=self._keep_days)
        return self.cut(until, now) if self._is_older(until) else 0

    def cut(self, until: dt.datetime, now: dt.datetime) -> int:
        """Delete the rows before a moment, behind a signed checkpoint; return how many.

        Raises
        ------
        StoreError
            The chain is broken: what is cut off could never be checked again.
        """
        self.verify()
        with self._writing() as connection:
            query = select(_log.c.position, _log.c.hash).where(_log.c.at < until)
            last = connection.execute(query.order_by(_log.c.position.desc()).limit(1)).first()
            if last is None:
                return 0
            position, end = last
            connection.execute(delete(_checkpoints))
            checkpoint = {"position": position, "hash": end, "cut_at": now}
            signature = {"signature": self._sign(position, end)}
            connection.execute(insert(_checkpoints), checkpoint | signature)
            removed = connection.execute(delete(_log).where(_log.c.position <= position))
            connection.execute(delete(_usage).where(_usage.c.day < until.date()))
            return removed.rowcount

    def _is_older(self, until: dt.datetime) -> bool:
        """Return whether the first row is from before a moment: checking the chain takes longer."""
        first = select(_log.c.at).order_by(_log.c.position).limit(1)
        with translate_failures(self._url), self._engine.connect() as connection:
            at = connection.scalar(first)
        return at is not None and at < until

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            translate_failures(self._url),
            connect_to_write(self._engine) as connection,
            connection.begin(),
        ):
            lock(connection)
            yield connection

    def _describe(self, position: int, entry: Access) -> tuple[Any, ...]:
        """Return the values of a row without its hash."""
        hashed = isinstance(entry.persons, str)
        persons = entry.persons if hashed else " ".join(map(self.hash_person, entry.persons))
        detail = msgspec.json.encode(entry.detail).decode() if entry.detail else ""
        at = entry.at.astimezone(dt.UTC)
        return (position, at, entry.actor, entry.operation, persons, detail, *entry[5:])

    def _sign(self, position: int, end: str) -> str:
        return hmac.digest(self._load_key(), f"{position} {end}".encode(), "sha256").hex()

    def _read_checkpoint(self, connection: Connection) -> tuple[int, str]:
        row = connection.execute(select(_checkpoints)).first()
        if row is None:
            return 0, BEGIN
        if not hmac.compare_digest(row.signature, self._sign(row.position, row.hash)):
            raise StoreError(
                "the checkpoint of the access log is not signed with its key",
                where=f"row {row.position}",
                do="give the key that belongs to the log, or look for who may write it",
            )
        return row.position, row.hash


def _chain(before: str, content: Sequence[Any]) -> str:
    return hashlib.sha256(before.encode() + msgspec.json.encode(content)).hexdigest()


def _insert_rows(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows; into SQLite as its driver does, in a third of the time."""
    if connection.dialect.name != "sqlite":
        connection.execute(insert(_log), [LogRow._make(row)._asdict() for row in rows])
        return
    # Moments as SQLAlchemy's type writes them, for it reads them
    plain = [
        (row[0], row[1].replace(tzinfo=None).isoformat(" ", "microseconds"), *row[2:])
        for row in rows
    ]
    connection.exec_driver_sql(str(insert(_log).compile(dialect=connection.dialect)), plain)


def _read_end(connection: Connection) -> tuple[int, str]:
    """Return where the chain goes on: the last row, or the checkpoint it was cut off at."""
    for table in (_log, _checkpoints):
        columns = select(table.c.position, table.c.hash).order_by(table.c.position.desc())
        row = connection.execute(columns.limit(1)).first()
        if row is not None:
            return row.position, row.hash
    return 0, BEGIN


def _iterate(connection: Connection) -> Iterator[LogRow]:
    position = 0
    while True:
        query = select(_log).where(_log.c.position > position).order_by(_log.c.position)
        rows = connection.execute(query.limit(BATCH_ROWS)).all()
        if not rows:
            return
        yield from map(LogRow._make, rows)
        position = rows[-1].position


def _add_usage(connection: Connection, day: dt.date, spent: Mapping[str, int]) -> dict[str, int]:
    for actor, cost in spent.items():
        this = (_usage.c.day == day) & (_usage.c.actor == actor)
        more = update(_usage).where(this).values(spent=_usage.c.spent + cost)
        if not connection.execute(more).rowcount:
            connection.execute(insert(_usage), {"day": day, "actor": actor, "spent": cost})
    rows = connection.execute(select(_usage.c.actor, _usage.c.spent).where(_usage.c.day == day))
    return {row.actor: row.spent for row in rows}


def _read_key(file: Path) -> bytes:
    """Read the key, or make one that its owner alone can read."""
    file.parent.mkdir(parents=True, exist_ok=True)  # a server may start before the first run
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(file.read_text("ascii").strip())
    with os.fdopen(handle, "w", encoding="ascii") as target:
        key = secrets.token_bytes(KEY_BYTES)
        target.write(key.hex() + "\n")
    return key
