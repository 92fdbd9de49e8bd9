"""API keys: shown once, stored as a hash, revoked at once.

A secret reads ``clk_<key id>_<32 random bytes>``. With 256 random bits a plain SHA-256 is safe:
there is nothing to guess, so a slow password hash would only slow every request.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import insert, select, update

from clientela.errors import InputError
from clientela.store.connect import connect_to_read, transaction
from clientela.store.reader import Reader
from clientela.store.row_types import KeyRow
from clientela.store.schema import api_keys

PREFIX = "clk_"
KEY_ID_BYTES = 6  # by convention: 48 bits name a key apart, and are no secret
SECRET_BYTES = 32  # 256 bits: no guess in any time
_ID_ENDS = len(PREFIX) + 2 * KEY_ID_BYTES


class Key(NamedTuple):
    """A key that was presented and is valid."""

    key_id: str
    name: str
    scopes: frozenset[str]


def create(url: str, name: str, scopes: Sequence[str], now: dt.datetime) -> str:
    """Store a new key and give its secret, which nobody can read again.

    The database is made where there is none, so that keys may come before the first run.
    """
    key_id = secrets.token_hex(KEY_ID_BYTES)
    secret = f"{PREFIX}{key_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
    row = {
        "key_id": key_id,
        "name": name,
        "hash": _digest(secret),
        "scopes": " ".join(sorted(set(scopes))),
        "created_at": now,
    }
    with transaction(url, migrate=True) as connection:
        connection.execute(insert(api_keys), row)
    return secret


def list_keys(url: str) -> list[KeyRow]:
    """Return all keys, revoked ones included, oldest first."""
    query = select(*api_keys.columns).order_by(api_keys.c.created_at, api_keys.c.key_id)
    with connect_to_read(url) as connection:
        return [KeyRow._make(row) for row in connection.execute(query)]


def revoke(url: str, key_id: str, now: dt.datetime) -> None:
    """End a key's life; the next request with it is refused. A second time changes nothing.

    Raises
    ------
    InputError
        There is no such key.
    """
    this = api_keys.c.key_id == key_id
    ended = update(api_keys).where(this, api_keys.c.revoked_at.is_(None)).values(revoked_at=now)
    with transaction(url, migrate=False) as connection:
        existing_id = connection.scalar(select(api_keys.c.key_id).where(this))
        connection.execute(ended)
    if existing_id is None:
        raise InputError("there is no such key", where=key_id, do="see 'clientela keys list'")


def check(reader: Reader, secret: str) -> Key | None:
    """Return the key of a secret; None where it is malformed, unknown or revoked."""
    if not secret.startswith(PREFIX) or not secret.isascii():
        return None
    row = reader.live_key(secret[len(PREFIX) : _ID_ENDS])
    if row is None or not hmac.compare_digest(row.hash, _digest(secret)):
        return None
    return Key(row.key_id, row.name, frozenset(row.scopes.split()))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
