"""Who is told of an audience or a saved view, and when: what was sent is marked before it goes."""

import datetime as dt
import secrets
from typing import Any, cast

import msgspec
from sqlalchemy import delete, exists, func, insert, select, update

from clientela.contract.access import RIGHTS
from clientela.contract.subscriptions import Bound, Every, Measure, Wording
from clientela.errors import InputError
from clientela.store import schema
from clientela.store.connect import connect_to_read, transaction
from clientela.store.lock import lock
from clientela.store.reader import Reader
from clientela.store.row_types import Row

ID_BYTES = 6  # by convention: 48 bits name a subscription apart
MOST_SUBSCRIPTIONS = 500  # by convention: ten for each of fifty people
_TABLE = schema.subscriptions
_OWNERS = {"audience": schema.audiences.c.audience_id, "view": schema.saved_views.c.view_id}


class SubscriptionDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person wants to be told.

    Parameters
    ----------
    subject : str
        ``audience:ID`` or ``view:ID``.
    every : str
        How often: each ``day``, ``week`` or ``month`` with a run; ``alert`` once a number is
        reached.
    lang : "en" or "pt_BR"
        In which language.
    measure, bound, threshold : str, str and int
        Of an alert: which count, whether it is to be ``at_least`` or ``at_most`` so many.
    """

    subject: str
    every: Every = "week"
    lang: Wording = "en"
    measure: Measure | None = None
    bound: Bound | None = None
    threshold: int | None = None


def subscribe(url: str, draft: SubscriptionDraft, user_id: str, by: str, now: dt.datetime) -> str:
    """Keep a wish to be told, and return its id.

    Raises
    ------
    InputError
        There is no such audience or view, an alert is not said whole, or there are too many.
    """
    subscription_id = secrets.token_hex(ID_BYTES)
    alert_parts = [part is not None for part in (draft.measure, draft.bound, draft.threshold)]
    is_whole = all(alert_parts) if draft.every == "alert" else not any(alert_parts)
    if not is_whole or (draft.threshold or 0) < 0:
        raise InputError("an alert needs a count, a bound and a number", where="threshold")
    kind, _, part = draft.subject.partition(":")
    if kind == "view" and draft.measure in ("entered", "left"):
        raise InputError("who entered and left is known of audiences alone", where="measure")
    with transaction(url, migrate=False) as connection:
        lock(connection)
        if kind not in _OWNERS or not connection.scalar(
            select(exists().where(_OWNERS[kind] == part))
        ):
            raise InputError(
                f"there is no {draft.subject!r}", do="name audience:ID or view:ID", where="subject"
            )
        if (connection.scalar(select(func.count()).select_from(_TABLE)) or 0) >= MOST_SUBSCRIPTIONS:
            raise InputError(f"there are {MOST_SUBSCRIPTIONS} subscriptions already")
        stamp = {"user_id": user_id, "created_by": by, "created_at": now}
        row = msgspec.structs.asdict(draft) | stamp | {"subscription_id": subscription_id}
        connection.execute(insert(_TABLE).values(row))
    return subscription_id


def unsubscribe(url: str, subscription_id: str, user_id: str | None = None) -> int:
    """Remove a subscription, of one person alone where one is named; return how many went."""
    own = _TABLE.c.subscription_id == subscription_id
    if user_id is not None:
        own &= _TABLE.c.user_id == user_id
    with transaction(url, migrate=False) as connection:
        return connection.execute(delete(_TABLE).where(own)).rowcount


def read_subscriptions(reader: Reader, user_id: str | None = None) -> list[Row]:
    """Return the subscriptions, of one person alone where one is named, the oldest first."""
    query = select(_TABLE).order_by(_TABLE.c.created_at, _TABLE.c.subscription_id)
    return reader.ask(query if user_id is None else query.where(_TABLE.c.user_id == user_id))


def is_due(row: Row, now: dt.datetime) -> bool:
    """Return whether a regular one is to be sent: once a day, a week or a month.

    Examples
    --------
    >>> sent = dt.datetime(2012, 1, 31, 9, tzinfo=dt.UTC)
    >>> later = [sent + dt.timedelta(hours=hours) for hours in (1, 24, 24 * 7)]
    >>> rows = [{"sent_at": sent, "every": every} for every in ("day", "week", "month")]
    >>> [[is_due(row, day) for day in later] for row in rows]
    [[False, True, True], [False, False, True], [False, True, True]]
    """
    sent = cast("dt.datetime | None", row["sent_at"])
    if sent is None:
        return True
    if row["every"] == "week":
        return now.date() - sent.date() >= dt.timedelta(weeks=1)
    length = len("2012-01" if row["every"] == "month" else "2012-01-31")
    return now.date().isoformat()[:length] > sent.date().isoformat()[:length]


def claim(url: str, row: Row, changes: dict[str, Any]) -> bool:
    """Mark a subscription as dealt with, unless another process did so since it was read."""
    same = [
        _TABLE.c[name].is_not_distinct_from(row[name])
        for name in ("subscription_id", "sent_at", "run_id")
    ]
    with transaction(url, migrate=False) as connection:
        lock(connection)
        return connection.execute(update(_TABLE).where(*same).values(**changes)).rowcount == 1


def note_failure(url: str, row: Row, failure: str) -> None:
    """Bring a subscription back to what it was, with why it was not sent."""
    names = ("sent_at", "run_id", "held")
    values = {name: row[name] for name in names} | {"failure": failure}
    this = _TABLE.c.subscription_id == row["subscription_id"]
    with transaction(url, migrate=False) as connection:
        connection.execute(update(_TABLE).where(this).values(**values))


def may_be_told(url: str, user_id: str) -> bool:
    """Return whether somebody may still be told: not who left or lost the right to audiences."""
    users = schema.users
    with connect_to_read(url) as connection:
        row = connection.execute(select(users).where(users.c.user_id == user_id)).first()
    if row is None:
        return True
    roles: list[Any] = row.roles.split()
    return row.disabled_at is None and any("audiences" in RIGHTS[role] for role in roles)
