"""One writer a prefix of S3: an object that names who holds it, since when and until when.

S3 knows no locks, but writes an object only if it is not there, or is still the version that was
read. Who was killed lets go of nothing, so each lock expires.
"""

import datetime as dt
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from clientela.errors import ClientelaError, Locked
from clientela.files.object_store import explain_failures, open_bucket

LOCK_NAME = ".clientela-lock.json"
VALID_HOURS = 6  # longer than the four after which the schedules of deploy/ end a run


def name_process() -> str:
    """Name this process as others are told who holds a lock."""
    return f"process {os.getpid()} on {platform.node()}"


@contextmanager
def lock_prefix(prefix: str, now: dt.datetime) -> Iterator[str | None]:
    """Hold a prefix of S3 alone; a lock that expired is taken over.

    Yields who held a lock that expired, for the caller to say; None where nobody did.

    Parameters
    ----------
    prefix : str
        ``s3://bucket/prefix/``.
    now : datetime
        The moment, aware.

    Raises
    ------
    Locked
        Another holds it, or took it over before the block was through.
    """
    import obstore
    from obstore.exceptions import AlreadyExistsError

    store, key = open_bucket(f"{prefix.rstrip('/')}/{LOCK_NAME}")
    until = now + dt.timedelta(hours=VALID_HOURS)
    row: dict[str, str | None] = {
        "owner": name_process(),
        "since": now.isoformat(),
        "until": until.isoformat(),
    }
    owner = None
    with explain_failures(prefix):
        try:
            e_tag = obstore.put(store, key, msgspec.json.encode(row), mode="create")["e_tag"]
        except AlreadyExistsError:
            owner, read = _find_expired(store, key, prefix, now)
            e_tag = _replace(store, key, row, read, prefix)
    free = row | {"owner": None}
    try:
        yield owner
    except BaseException:
        with suppress(ClientelaError):  # what went wrong first is told
            _replace(store, key, free, e_tag, prefix)
        raise
    _replace(store, key, free, e_tag, prefix)


def _find_expired(
    store: Any, key: str, prefix: str, now: dt.datetime
) -> tuple[str | None, str | None]:
    """Return who held a lock whose time is over, None where it was let go, and its version."""
    holder, e_tag = _read(store, key)
    if holder["owner"] is not None and dt.datetime.fromisoformat(holder["until"]) > now:
        raise _describe(holder, prefix)
    return holder["owner"], e_tag


def _replace(
    store: Any, key: str, row: dict[str, str | None], e_tag: str | None, prefix: str
) -> str | None:
    """Write a lock in place of a version that was read, unless another was quicker."""
    import obstore
    from obstore.exceptions import PreconditionError

    mode: Any = {"e_tag": e_tag}
    with explain_failures(prefix):
        try:
            return obstore.put(store, key, msgspec.json.encode(row), mode=mode)["e_tag"]
        except PreconditionError:
            raise _describe(_read(store, key)[0], prefix) from None


def _read(store: Any, key: str) -> tuple[dict[str, Any], str | None]:
    import obstore

    answer = obstore.get(store, key)
    return msgspec.json.decode(bytes(answer.bytes()), type=dict[str, Any]), answer.meta["e_tag"]


def _describe(holder: dict[str, Any], prefix: str) -> Locked:
    who = holder["owner"] or "a process that let go of it since"
    return Locked(
        f"another run holds the place in S3: {who}, since {holder['since'][:16]}, "
        f"until {holder['until'][:16]} UTC",
        where=prefix,
        do="wait for it to end, then run again; a lock whose time is over is taken over",
    )
