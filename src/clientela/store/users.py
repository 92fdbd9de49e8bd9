"""People who log in: who they are, what they may do, and their sessions.

A session's token is 32 random bytes, so a plain SHA-256 of it is stored, as of an API key. Roles
are read with every request: what an administrator changes holds at once.
"""

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update

from clientela.contract.access import PERSON_PREFIX, Caller, Role, budget_of, rights_of
from clientela.errors import InputError
from clientela.store.connect import connect_to_read, transaction
from clientela.store.keys import SECRET_BYTES, check_name
from clientela.store.passwords import hash_password, verify_password
from clientela.store.reader import Reader
from clientela.store.row_types import LiveSession, UserRow
from clientela.store.schema import sessions, users

SESSION_HOURS = 12  # by convention: a working day; each request of a later hour renews it
MOST_SESSION_DAYS = 7  # by convention: then everybody logs in again, renewed or not
RENEW_AFTER = dt.timedelta(hours=1)  # by convention: one write an hour and person
_USER_ID = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")


def add_user(
    url: str,
    user_id: str,
    name: str,
    roles: Sequence[Role],
    password: str | None,
    now: dt.datetime,
) -> None:
    """Store a new user; without a password they log in by the firm's accounts alone.

    Raises
    ------
    InputError
        The id or name cannot be, or is taken; or the password will not do.
    """
    user_id = normalise_user_id(user_id)
    check_name(name)
    stored = None if password is None else hash_password(password, user_id)
    row = {
        "user_id": user_id,
        "name": name,
        "roles": _join_roles(roles),
        "password_hash": stored,
        "created_at": now,
    }
    with transaction(url, migrate=True) as connection:
        if connection.scalar(select(users.c.user_id).where(users.c.user_id == user_id)):
            raise InputError(
                "there is such a user already",
                where=user_id,
                do="change them with 'clientela users', or take another id",
            )
        connection.execute(insert(users), row)


def list_users(url: str) -> list[UserRow]:
    """Return all users, disabled ones included, oldest first."""
    query = select(*users.columns).order_by(users.c.created_at, users.c.user_id)
    with connect_to_read(url) as connection:
        return [UserRow._make(row) for row in connection.execute(query)]


def set_password(url: str, user_id: str, password: str) -> None:
    """Replace a user's password and end their sessions."""
    _change(url, user_id, password_hash=hash_password(password, normalise_user_id(user_id)))


def set_roles(url: str, user_id: str, roles: Sequence[Role]) -> None:
    """Replace a user's roles; the next request of an open session has them."""
    _change(url, user_id, end_sessions=False, roles=_join_roles(roles))


def disable_user(url: str, user_id: str, now: dt.datetime) -> None:
    """Refuse a user from now on; their sessions end at once."""
    _change(url, user_id, disabled_at=now)


def enable_user(url: str, user_id: str) -> None:
    """Let a disabled user log in again."""
    _change(url, user_id, disabled_at=None)


def bind_subject(url: str, user_id: str, subject: str) -> None:
    """Remember whose account of the firm's a user is, so that nobody else's becomes it."""
    _change(url, user_id, end_sessions=False, subject=subject)


def authenticate(user: UserRow | None, password: str) -> bool:
    """Check a password; it takes as long whoever there is, and whoever is disabled."""
    right = verify_password(user and user.password_hash, password)
    return right and user is not None and user.disabled_at is None


def open_session(url: str, user_id: str, now: dt.datetime) -> str:
    """Begin a session and return its token; the user's sessions that have ended are forgotten."""
    token = secrets.token_urlsafe(SECRET_BYTES)
    row = {
        "hash": hash_token(token),
        "user_id": user_id,
        "created_at": now,
        "expires_at": now + dt.timedelta(hours=SESSION_HOURS),
    }
    with transaction(url, migrate=False) as connection:
        connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
        connection.execute(insert(sessions), row)
    return token


def renew_session(url: str, token: str, now: dt.datetime, created_at: dt.datetime) -> None:
    """Put off the end of a session, as far as its age allows."""
    latest = created_at + dt.timedelta(days=MOST_SESSION_DAYS)
    ends = min(now + dt.timedelta(hours=SESSION_HOURS), latest)
    this = sessions.c.hash == hash_token(token)
    with transaction(url, migrate=False) as connection:
        connection.execute(update(sessions).where(this).values(expires_at=ends))


def close_session(url: str, token: str) -> None:
    """End a session at once."""
    with transaction(url, migrate=False) as connection:
        connection.execute(delete(sessions).where(sessions.c.hash == hash_token(token)))


def check_session(
    reader: Reader, token: str, now: dt.datetime
) -> tuple[Caller, dt.datetime | None] | None:
    """Return who a session's token belongs to, and since when where it is to be renewed.

    None where the token is unknown, has ended, or its user is disabled.
    """
    session = reader.live_session(hash_token(token))
    if session is None or session.expires_at <= now:
        return None
    age_limit = session.created_at + dt.timedelta(days=MOST_SESSION_DAYS)
    due = now > session.expires_at - dt.timedelta(hours=SESSION_HOURS) + RENEW_AFTER
    caller = build_caller(session, csrf=hash_token("csrf" + token))
    return caller, session.created_at if due and session.expires_at < age_limit else None


def build_caller(user: UserRow | LiveSession, *, csrf: str = "") -> Caller:
    """Return a person as who asks, with the rights of their roles."""
    caller_id, rights = PERSON_PREFIX + user.user_id, rights_of(user.roles)
    return Caller(caller_id, user.name, rights, budget_of(user.roles), csrf=csrf)


def hash_token(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def normalise_user_id(text: str) -> str:
    """Return a user's id as it is stored: an e-mail address or a short name, in small letters.

    Raises
    ------
    InputError
        It is neither.

    Examples
    --------
    >>> normalise_user_id(" Ana@Shop.example ")
    'ana@shop.example'
    """
    user_id = text.strip().lower()
    if not _USER_ID.fullmatch(user_id):
        raise InputError(
            "a user's id is an e-mail address or a short name",
            where=repr(text[:40]),
            do="use letters a to z, digits and . _ @ + -, up to 100",
        )
    return user_id


def _join_roles(roles: Sequence[Role]) -> str:
    if not roles:
        raise InputError("a user needs a role", do="give one by --role, such as analyst")
    return " ".join(sorted(set(roles)))


def _change(url: str, user_id: str, *, end_sessions: bool = True, **values: object) -> None:
    user_id = normalise_user_id(user_id)
    with transaction(url, migrate=False) as connection:
        this = users.c.user_id == user_id
        if not connection.execute(update(users).where(this).values(**values)).rowcount:
            raise InputError(
                "there is no such user", where=user_id, do="see 'clientela users list'"
            )
        if end_sessions:
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
