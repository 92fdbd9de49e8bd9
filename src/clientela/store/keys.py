"""API keys: shown once, stored as a hash, revoked at once.

A secret reads ``clk_<key id>_<32 random bytes>``. With 256 random bits a plain SHA-256 is safe:
there is nothing to guess, so a slow password hash would only slow every request.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from clientela.store.read import KeyRow, Reader


class Key(NamedTuple):
    """A key that was presented and is valid."""

    key_id: str
    name: str
    scopes: frozenset[str]


def create(url: str, name: str, scopes: Sequence[str], now: dt.datetime) -> str:
    """Store a new key and give its secret, which nobody can read again."""
    raise NotImplementedError


def list_keys(url: str) -> list[KeyRow]:
    """Give all keys, revoked ones included, oldest first."""
    raise NotImplementedError


def revoke(url: str, key_id: str, now: dt.datetime) -> None:
    """End a key's life; the next request with it is refused.

    Raises
    ------
    InputError
        There is no such key.
    """
    raise NotImplementedError


def check(reader: Reader, secret: str) -> Key | None:
    """Give the key of a secret; None where it is malformed, unknown or revoked."""
    raise NotImplementedError
