"""API keys: shown once, stored as a hash, revoked at once.

A secret reads ``clk_<key id>_<32 random bytes>``. With 256 random bits a plain SHA-256 is safe:
there is nothing to guess, so a slow password hash would only slow every request.
"""

import datetime as dt
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence

from sqlalchemy import insert, select, update

from clientela.contract.access import Caller, Role, budget_of, rights_of
from clientela.errors import InputError
from clientela.store.connect import connect_to_read, transaction
from clientela.store.reader import Reader
from clientela.store.row_types import KeyRow
from clientela.store.schema import api_keys

PREFIX = "clk_"
KEY_ID_BYTES = 6  # by convention: 48 bits name a key apart, and are no secret
LONGEST_NAME = 100  # by convention: a line of a list
SECRET_BYTES = 32  # 256 bits: no guess in any time
_ID_ENDS = len(PREFIX) + 2 * KEY_ID_BYTES


def create(
    url: str,
    name: str,
    roles: Sequence[Role],
    now: dt.datetime,
    *,
    owner: str | None = None,
    expires_at: dt.datetime | None = None,
    networks: Sequence[str] = (),
    budget: int | None = None,
) -> str:
    """Store a new key and give its secret, which nobody can read again.

    The database is made where there is none, so that keys may come before the first run.

    Parameters
    ----------
    owner : str, optional
        Who answers for it.
    expires_at : datetime.datetime, optional
        When it ends by itself.
    networks : sequence of str
        Addresses and networks it may come from; any where there are none.
    budget : int, optional
        Look-ups of persons a day; else that of its roles.

    Raises
    ------
    InputError
        A name, network or day that cannot be.
    """
    for text in (name, owner):
        if text is not None:
            check_name(text)
    _check_networks(networks)
    if expires_at is not None and expires_at <= now:
        raise InputError("the key would end before it begins", do="give a later day by --expires")
    key_id = secrets.token_hex(KEY_ID_BYTES)
    secret = f"{PREFIX}{key_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
    row = {
        "key_id": key_id,
        "name": name,
        "hash": _digest(secret),
        "roles": " ".join(sorted(set(roles))),
        "owner": owner,
        "networks": " ".join(networks) or None,
        "daily_budget": budget,
        "created_at": now,
        "expires_at": expires_at,
    }
    with transaction(url, migrate=True) as connection:
        connection.execute(insert(api_keys), row)
    return secret


def get_key_id(secret: str) -> str:
    """Return the id that a secret begins with.

    Examples
    --------
    >>> get_key_id("clk_3f9a12c07b54_…")
    '3f9a12c07b54'
    """
    return secret[len(PREFIX) : _ID_ENDS]


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


def check(reader: Reader, secret: str, now: dt.datetime) -> Caller | None:
    """Return the key of a secret; None where it is malformed, unknown, revoked or has ended."""
    if not secret.startswith(PREFIX) or not secret.isascii():
        return None
    row = reader.live_key(get_key_id(secret))
    if row is None or not hmac.compare_digest(row.hash, _digest(secret)):
        return None
    if row.expires_at is not None and row.expires_at <= now:
        return None
    budget = budget_of(row.roles) if row.daily_budget is None else row.daily_budget
    networks = tuple((row.networks or "").split())
    return Caller(
        row.key_id,
        row.name,
        rights_of(row.roles),
        budget,
        networks,
        has_own_budget=row.daily_budget is not None,
    )


def check_name(name: str) -> None:
    """Refuse names that lists and logs cannot show.

    Raises
    ------
    InputError
        It is empty, too long, or holds what no screen shows.
    """
    if not name.strip():
        raise InputError("a key needs a name", do="say who or what will use it")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(
            f"a name has up to {LONGEST_NAME} letters, and none that cannot be seen",
            where=repr(name[:20]),
            do="say in a few words who or what will use it",
        )


def _check_networks(networks: Sequence[str]) -> None:
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise InputError(
                f"'{network}' is no address or network", do="write it as 10.0.0.7 or 10.0.0.0/8"
            ) from None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
