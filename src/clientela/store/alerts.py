"""Alerts: opened once a cause, acknowledged or silenced by a person, closed when it is over."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, update

from clientela.errors import InputError
from clientela.store.connect import connect_to_read, transaction
from clientela.store.lock import lock
from clientela.store.schema import alerts

TEXTS = ("sentence_en", "sentence_pt_br", "advice_en", "advice_pt_br")


class Alert(NamedTuple):
    """A row of the table ``alerts``."""

    position: int
    cause: str
    area: str
    name: str
    run_id: str
    opened_at: dt.datetime
    sentence_en: str | None
    sentence_pt_br: str | None
    advice_en: str | None
    advice_pt_br: str | None
    closed_at: dt.datetime | None
    sent_at: dt.datetime | None
    acknowledged_at: dt.datetime | None
    acknowledged_by: str | None
    silenced_until: dt.datetime | None
    escalated_at: dt.datetime | None

    def is_due(self, now: dt.datetime) -> bool:
        """Check whether it is still to be sent: open, new, and nobody silenced it."""
        return not (self.sent_at or self._is_handled(now))

    def is_overdue(self, now: dt.datetime, hours: float) -> bool:
        """Check whether it was sent so long ago, and nobody looks after it."""
        if self.sent_at is None or self.escalated_at or self._is_handled(now):
            return False
        return now - self.sent_at >= dt.timedelta(hours=hours)

    def _is_handled(self, now: dt.datetime) -> bool:
        is_silent = self.silenced_until is not None and self.silenced_until > now
        return bool(self.closed_at or self.acknowledged_at or is_silent)


def list_open(url: str) -> list[Alert]:
    """Return the alerts that are not over, oldest first.

    Raises
    ------
    StoreError
        The database cannot be used, or is not there.
    """
    columns = [alerts.c[name] for name in Alert._fields]
    query = select(*columns).where(alerts.c.closed_at.is_(None)).order_by(alerts.c.position)
    with connect_to_read(url) as connection:
        return [Alert(*row) for row in connection.execute(query).all()]


def refresh_alerts(
    url: str,
    run_id: str,
    alarms: Iterable[Mapping[str, Any]],
    areas: Sequence[str],
    now: dt.datetime,
) -> None:
    """Open an alert for each new cause, refresh what is open, and close what is over.

    Parameters
    ----------
    alarms : iterable of mapping
        Rows of the table ``checks`` that alarm; the first of a cause speaks for it.
    areas : sequence of str
        What was looked at: alerts of other areas stay as they are.
    """
    causes: dict[str, Mapping[str, Any]] = {}
    for alarm in alarms:
        causes.setdefault(alarm["cause"], alarm)
    with transaction(url, migrate=False) as connection:
        lock(connection)
        open_rows = connection.execute(
            select(alerts.c.position, alerts.c.cause).where(
                alerts.c.closed_at.is_(None), alerts.c.area.in_(areas)
            )
        ).all()
        for row in open_rows:
            values: dict[str, Any] = {"closed_at": now}
            if row.cause in causes:
                alarm = causes.pop(row.cause)
                values = {name: alarm.get(name) for name in TEXTS}
            connection.execute(
                update(alerts).where(alerts.c.position == row.position).values(values)
            )
        last = connection.scalar(select(func.max(alerts.c.position))) or 0
        names = ("cause", "area", "name", *TEXTS)
        for position, alarm in enumerate(causes.values(), last + 1):
            stamp = {"position": position, "run_id": run_id, "opened_at": now}
            row_values = {name: alarm.get(name) for name in names} | stamp
            connection.execute(insert(alerts), row_values)


def mark_sent(
    url: str, positions: Sequence[int], now: dt.datetime, *, escalated: bool = False
) -> None:
    """Write that alerts were sent, or sent on, so that they are not sent again."""
    values = {"escalated_at" if escalated else "sent_at": now}
    with transaction(url, migrate=False) as connection:
        chosen = alerts.c.position.in_(positions)
        connection.execute(update(alerts).where(chosen).values(values))


def acknowledge(url: str, position: int, by: str, now: dt.datetime) -> None:
    """Write who looks after an alert; it is not sent again.

    Raises
    ------
    InputError
        No open alert has this number.
    """
    _change(url, position, {"acknowledged_at": now, "acknowledged_by": by})


def silence(url: str, position: int, until: dt.datetime) -> None:
    """Keep an alert from being sent up to a moment.

    Raises
    ------
    InputError
        No open alert has this number.
    """
    _change(url, position, {"silenced_until": until})


def _change(url: str, position: int, values: Mapping[str, Any]) -> None:
    this = (alerts.c.position == position) & alerts.c.closed_at.is_(None)
    with transaction(url, migrate=False) as connection:
        if not connection.execute(update(alerts).where(this).values(**values)).rowcount:
            raise InputError(
                f"no open alert has the number {position}", do="see 'clientela monitor'"
            )
