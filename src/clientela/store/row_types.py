"""The shapes of what the results database answers."""

import datetime as dt
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from clientela.store.record import RunRecord

T = TypeVar("T")
Row = dict[str, object]
Pointer = tuple[str, str | None, str | None]
"""The published run, and the versions of its ids and of who may be listed."""
Erasures = tuple[int, frozenset[str]]
"""The number of the last receipt, and who waits to be erased."""
State = tuple[RunRecord, Pointer, Erasures]
"""What a look-up must know of the published run."""


class SegmentRow(NamedTuple):
    """What a look-up tells of a customer."""

    customer_id: str
    segment: int | None
    segment_confidence: float | None
    rfm_segment: str | None
    r_score: int | None
    f_score: int | None
    m_score: int | None
    insider: str | None = None


class KeyRow(NamedTuple):
    """A stored API key; the secret itself is stored nowhere."""

    key_id: str
    name: str
    hash: str
    roles: str
    owner: str | None
    networks: str | None
    daily_budget: int | None
    created_at: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None


class LiveSession(NamedTuple):
    """Whose session it is."""

    user_id: str
    name: str
    roles: str
    created_at: dt.datetime
    expires_at: dt.datetime


class UserRow(NamedTuple):
    """Somebody who may log in."""

    user_id: str
    name: str
    roles: str
    password_hash: str | None
    subject: str | None
    created_at: dt.datetime
    disabled_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class RunReading(Generic[T]):
    """What was read, and of which run."""

    run: RunRecord
    content: T
