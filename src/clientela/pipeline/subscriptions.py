"""Telling people of audiences and views they subscribed to: counts and a link, and no customer."""

import datetime as dt
from contextlib import closing
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qs, urlsplit

from clientela.errors import ClientelaError, InputError
from clientela.i18n import Lang, format_amount, format_date, format_number, t
from clientela.monitoring.notify import send_message
from clientela.store.audience_reader import find_audience, read_sizes
from clientela.store.filter_text import read_filter
from clientela.store.read import Reader, Row, open_reader
from clientela.store.record import RunRecord
from clientela.store.saved_views import read_views
from clientela.store.subscriptions import (
    claim,
    is_due,
    may_be_told,
    note_failure,
    read_subscriptions,
)

PAGE = "app/subscriptions"


class Told(NamedTuple):
    """What is told of a subject: its name, its page, and its counts where they are known."""

    name: str
    page: str
    counts: dict[str, Any]


def send_subscriptions(url: str, address: str, now: dt.datetime) -> dict[str, Any]:
    """Send what is due, each once; what fails is sent again with the next command.

    Parameters
    ----------
    url : str
        The results database.
    address : str
        Where the dashboard is, for the links.

    Returns
    -------
    dict
        ``sent``, ``failed``, and the ``failure`` of the last one that failed.
    """
    counts: dict[str, Any] = {"sent": 0, "failed": 0, "failure": ""}
    with closing(open_reader(url, momentary=True)) as reader:
        run = reader.current_run()
        for row in read_subscriptions(reader) if run else ():
            changes = _judge(reader, row, cast(RunRecord, run), now)
            if changes is None or not may_be_told(url, str(row["user_id"])):
                continue
            news, values = changes
            if not claim(url, row, values | {"failure": None}) or "sent_at" not in values:
                continue
            try:
                send_message(*_write(news, row, address, cast(RunRecord, run)), str(row["user_id"]))
                counts["sent"] += 1
            except ClientelaError as error:
                note_failure(url, row, str(error.what))
                counts |= {"failed": counts["failed"] + 1, "failure": str(error.what)}
    return counts


def _judge(
    reader: Reader, row: Row, run: RunRecord, now: dt.datetime
) -> tuple[Told, dict[str, Any]] | None:
    """Say what is to be told, and what is then on record; None where nothing changed."""
    run_id = run.run_id
    message = _read_subject(reader, str(row["subject"]))
    if message is None:
        return None
    if row["every"] != "alert":
        return (message, {"sent_at": now, "run_id": run_id}) if is_due(row, now) else None
    count = message.counts.get(str(row["measure"]))
    if row["run_id"] == run_id or count is None:
        return None
    threshold = cast(int, row["threshold"])
    holds = count >= threshold if row["bound"] == "at_least" else count <= threshold
    # of a number that stays where it is, one is told once; who moved, moved anew in each run
    is_news = holds and (row["measure"] != "customers" or not row["held"])
    return message, {"run_id": run_id, "held": holds} | ({"sent_at": now} if is_news else {})


def _read_subject(reader: Reader, subject: str) -> Told | None:
    """Read what is known of an audience or a view; None where it is gone."""
    kind, _, part = subject.partition(":")
    if kind == "audience":
        try:
            audience = find_audience(reader, part)
        except InputError:
            return None
        sizes = read_sizes(reader).get(part, [])
        return Told(audience.name, f"audience?id={part}", dict(sizes[-1]) if sizes else {})
    views = {str(view["view_id"]): view for view in read_views(reader)}
    if part not in views:
        return None
    address = str(views[part]["address"])
    return Told(str(views[part]["name"]), address, _count_view(reader, address))


def _count_view(reader: Reader, address: str) -> dict[str, Any]:
    """Count the customers of a view that filters them; nothing where the database cannot."""
    parts = urlsplit(address)
    filters = parse_qs(parts.query).get("filter", [])
    if parts.path != "customers" or not filters:
        return {}
    try:
        return dict(reader.filter_count(read_filter(filters[0])).content)
    except InputError:  # what was bought, the dashboard's file alone knows
        return {}


def _write(message: Told, row: Row, address: str, run: RunRecord) -> tuple[str, str]:
    """Write the title and the text of a message."""
    lang = cast(Lang, row["lang"])
    lines = [t("subscription.day", lang, day=format_date(run.as_of, lang))]
    for name in ("customers", "entered", "left"):
        if message.counts.get(name) is not None:
            count = format_number(message.counts[name], lang)
            lines.append(t(f"subscription.{name}", lang, count=count))
    if message.counts.get("revenue") is not None:
        revenue = format_amount(message.counts["revenue"], lang, run.currency)
        lines.append(t("subscription.revenue", lang, revenue=revenue))
    root = address.rstrip("/")
    mark = "&" if "?" in message.page else "?"
    lines += ["", f"{root}/app/{message.page}{mark}lang={lang}"]
    lines.append(t("subscription.stop", lang, link=f"{root}/{PAGE}?lang={lang}"))
    key = "alert" if row["every"] == "alert" else "title"
    return t(f"subscription.{key}", lang, name=message.name), "\n".join(lines)
