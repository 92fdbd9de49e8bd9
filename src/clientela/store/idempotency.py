"""Requests that create something, known by their ``Idempotency-Key``: sent again, done once.

Neither keys nor bodies are stored, and no answer: what was created is named, and read again. A body
may hold a password, so its hash is that of passwords.
"""

import datetime as dt
import hashlib
from contextlib import suppress

from argon2.exceptions import VerifyMismatchError
from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.expression import ColumnElement

from clientela.store.connect import connect_to_read, transaction
from clientela.store.passwords import HASHER
from clientela.store.schema import idempotency_keys

KEPT = dt.timedelta(hours=24)  # by convention, as of other services: nobody sends again later
LEASE = dt.timedelta(minutes=2)  # twice what a writer waits for the database, as a renewal may
_TABLE = idempotency_keys


def find_request(
    url: str, caller: str, key: str, content: bytes, now: dt.datetime
) -> tuple[bool, str | None] | None:
    """Return what a caller's key was used for; None where it is new, or too long ago.

    Returns
    -------
    bool, str or None
        Whether the request had this content, and what it created; None while it runs.
    """
    query = select(_TABLE.c.request_hash, _TABLE.c.resource).where(
        _is_of(caller, key), ~_is_over(now)
    )
    with connect_to_read(url) as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    with suppress(VerifyMismatchError):
        return HASHER.verify(row.request_hash, content), row.resource
    return False, row.resource


def claim_key(url: str, caller: str, key: str, content: bytes, now: dt.datetime) -> bool:
    """Keep a key for a request that begins; False where another one was quicker."""
    row = {
        "caller": caller,
        "key_hash": _digest(key),
        "request_hash": HASHER.hash(content),
        "created_at": now,
    }
    with transaction(url, migrate=False) as connection:
        connection.execute(delete(_TABLE).where(_is_over(now)))
        try:
            with connection.begin_nested():
                connection.execute(insert(_TABLE), row)
        except IntegrityError:
            return False
    return True


def renew_key(url: str, caller: str, key: str, since: dt.datetime, now: dt.datetime) -> bool:
    """Keep a key for a request that still runs; False where another one has taken it over.

    Parameters
    ----------
    since : datetime
        When it was claimed or renewed last: the request's own claim.
    """
    this = and_(_is_of(caller, key), _TABLE.c.created_at == since)
    with transaction(url, migrate=False) as connection:
        changed = connection.execute(update(_TABLE).where(this).values(created_at=now))
    return changed.rowcount == 1


def settle_key(url: str, caller: str, key: str, since: dt.datetime, resource: str | None) -> None:
    """Write what a request created; None sets its key free, as nothing was.

    A claim that another request has taken over since is left to that one.
    """
    this = and_(_is_of(caller, key), _TABLE.c.created_at == since)
    with transaction(url, migrate=False) as connection:
        if resource is None:
            connection.execute(delete(_TABLE).where(this))
        else:
            connection.execute(update(_TABLE).where(this).values(resource=resource))


def _is_of(caller: str, key: str) -> ColumnElement[bool]:
    return and_(_TABLE.c.caller == caller, _TABLE.c.key_hash == _digest(key))


def _is_over(now: dt.datetime) -> ColumnElement[bool]:
    """Select keys of yesterday, and those whose server died in the middle."""
    stuck = and_(_TABLE.c.resource.is_(None), _TABLE.c.created_at < now - LEASE)
    return or_(_TABLE.c.created_at < now - KEPT, stuck)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
