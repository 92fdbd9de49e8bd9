"""Whom a key reached: the persons of the access log, and those of the lists it took away.

The communication of an incident to the authority and to the persons (LGPD art. 48) needs them.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Any

from clientela.errors import InputError
from clientela.serving.listing import Fetch, fetch_list
from clientela.serving.routes.audiences import fetch_members
from clientela.serving.routes.customers import fetch_part
from clientela.store.access_log import AccessLog, LogRow
from clientela.store.audience_reader import find_audience
from clientela.store.experiments import read_arms
from clientela.store.persons import list_ids, list_withheld
from clientela.store.read import Reader, open_reader

ARMS = "download_arms"  # the operation, whose file is of stored arms and of no run
BATCH_ROWS = 10_000  # by convention: rows of a list read at a time
FETCHES: dict[str, Callable[[Any], Fetch]] = {
    "list_customers": fetch_part,
    "download_customers": fetch_part,
    "list_segment_customers": fetch_part,
    "list_programme_members": partial(fetch_list, "members"),
    "list_customers_at_risk": lambda _: fetch_list("at-risk"),
    "list_action_customers": partial(fetch_list, "action"),
    "list_likely_customers": partial(fetch_list, "propensity"),
    "list_audience_members": fetch_members,
}
"""How each list is read again, by its operation and the part that was taken."""


def find_reached(log: AccessLog, store_url: str, key_id: str, since: dt.datetime) -> dict[str, Any]:
    """Find the persons that a key reached since a moment.

    Returns
    -------
    dict
        ``persons``: ids; ``unknown``: how many more the log names who are in no kept run;
        ``requests``, ``first``, ``last`` and ``addresses``; ``lists_lost``: lists that cannot be
        read again, as their run or audience is gone; ``lists_changed``: those of audiences that may
        have named others then; ``withheld``: ids of customers who stand in no list now, whatever
        they stood in before they objected.
    """
    rows = [row for row in log.read(actor=key_id, since=since) if row.status < 400]
    hashes = {person for row in rows for person in row.persons.split()}
    names = {log.hash_person(id_): id_ for id_ in list_ids(store_url)} if hashes else {}
    persons = {names[person] for person in hashes if person in names}
    lost, changed = list[str](), list[str]()
    files = [row for row in rows if _is_file(row)]
    with closing(open_reader(store_url)) as reader:
        for row in files:
            try:
                persons.update(_read_list(reader, row))
                changed += [_name_list(row)] if _may_differ(reader, row) else []
            except InputError:
                lost.append(_name_list(row))
    return {
        "key_id": key_id,
        "since": since.isoformat(),
        "requests": len(rows),
        "first": rows[0].at.isoformat() if rows else None,
        "last": rows[-1].at.isoformat() if rows else None,
        "addresses": sorted({row.address for row in rows}),
        "persons": sorted(persons),
        "unknown": len(hashes - set(names)),
        "lists_lost": lost,
        "lists_changed": changed,
        "withheld": sorted(list_withheld(store_url) - persons) if files else [],
    }


def _is_file(row: LogRow) -> bool:
    """Check whether a row is of a file; pages, and lists by product, name their persons."""
    return not row.persons and ("part" in _read_detail(row) or row.operation == ARMS)


def _read_list(reader: Reader, row: LogRow) -> Iterator[str]:
    """Yield who stood in a file.

    Raises
    ------
    InputError
        Its run or audience is gone, or nothing reads it again.
    """
    detail = _read_detail(row)
    if row.operation == ARMS:
        yield from (
            str(member["customer_id"]) for member in read_arms(reader, detail["experiment"])
        )
        return
    if row.operation not in FETCHES:
        raise InputError("nothing reads the list again", where=row.operation)
    fetch, after = FETCHES[row.operation](detail["part"]), None
    while rows := fetch(reader, after, BATCH_ROWS, detail["run_id"]).content:
        yield from (str(content["customer_id"]) for content in rows)
        after = str(rows[-1]["customer_id"])


def _may_differ(reader: Reader, row: LogRow) -> bool:
    """Check whether an audience may have named others: it was changed, or consents were."""
    if row.operation != "list_audience_members":
        return False
    audience = find_audience(reader, _read_detail(row)["part"])
    return audience.changed_at > row.at or audience.channel is not None


def _name_list(row: LogRow) -> str:
    return f"{row.at.isoformat()} {row.operation}"


def _read_detail(row: LogRow) -> dict[str, Any]:
    detail: dict[str, Any] = json.loads(row.detail) if row.detail else {}
    return detail
