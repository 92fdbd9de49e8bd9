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
from clientela.serving.routes.customers import fetch_part
from clientela.store.access_log import AccessLog, LogRow
from clientela.store.persons import list_ids
from clientela.store.read import Reader, open_reader

BATCH_ROWS = 10_000  # by convention: rows of a list read at a time
FETCHES: dict[str, Callable[[Any], Fetch]] = {
    "list_customers": fetch_part,
    "download_customers": fetch_part,
    "list_segment_customers": fetch_part,
    "list_programme_members": partial(fetch_list, "members"),
    "list_customers_at_risk": lambda _: fetch_list("at-risk"),
    "list_action_customers": partial(fetch_list, "action"),
    "list_likely_customers": partial(fetch_list, "propensity"),
}
"""How each list is read again, by its operation and the part that was taken."""


def find_reached(log: AccessLog, store_url: str, key_id: str, since: dt.datetime) -> dict[str, Any]:
    """Find the persons that a key reached since a moment.

    Returns
    -------
    dict
        ``persons``: ids; ``unknown``: how many more the log names who are in no kept run;
        ``requests``, ``first``, ``last`` and ``addresses``; ``lists_lost``: lists of runs that are
        no longer kept.
    """
    rows = [row for row in log.read(actor=key_id, since=since) if row.status < 400]
    hashes = {person for row in rows for person in row.persons.split()}
    names = {log.hash_person(id_): id_ for id_ in list_ids(store_url)} if hashes else {}
    persons = {names[person] for person in hashes if person in names}
    lost = []
    with closing(open_reader(store_url)) as reader:
        for row in rows:
            try:
                persons.update(_read_list(reader, row))
            except InputError:
                lost.append(f"{row.at.isoformat()} {row.operation}")
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
    }


def _read_list(reader: Reader, row: LogRow) -> Iterator[str]:
    """Yield who stood in a file; a page names its persons itself."""
    detail: dict[str, Any] = json.loads(row.detail) if row.detail else {}
    if "part" not in detail or row.operation not in FETCHES:
        return
    fetch, after = FETCHES[row.operation](detail["part"]), None
    while rows := fetch(reader, after, BATCH_ROWS, detail["run_id"]).content:
        yield from (str(content["customer_id"]) for content in rows)
        after = str(rows[-1]["customer_id"])
