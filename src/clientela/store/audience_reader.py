"""What is read of audiences: definitions, members, sizes, who entered and left."""

from typing import Any

import msgspec

from clientela.store import schema
from clientela.store.audience_queries import (
    Audience,
    narrow_to_audience,
    select_audience_changes,
    select_audiences,
    select_members,
    select_sizes,
)
from clientela.store.audiences import refuse_unknown
from clientela.store.filter_queries import count_customers
from clientela.store.queries import RUN_ID
from clientela.store.reader import Reader
from clientela.store.row_types import Row, RunReading


def read_audiences(reader: Reader) -> list[Audience]:
    """Return all audiences, by name."""
    return [msgspec.convert(row, Audience) for row in reader.ask(select_audiences())]


def find_audience(reader: Reader, audience_id: str) -> Audience:
    """Return an audience by its id.

    Raises
    ------
    InputError
        There is none.
    """
    for audience in read_audiences(reader):
        if audience.audience_id == audience_id:
            return audience
    raise refuse_unknown(audience_id)


def read_sizes(reader: Reader) -> dict[str, list[Row]]:
    """Return the sizes of each audience in the runs, the earliest first."""
    sizes: dict[str, list[Row]] = {}
    for row in reader.ask(select_sizes()):
        sizes.setdefault(str(row["audience_id"]), []).append(row)
    return sizes


def read_members(
    reader: Reader, audience: Audience, after: str | None, limit: int, run_id: str | None = None
) -> RunReading[list[Row]]:
    """Return customers of an audience, the largest expected revenue first.

    ``after`` is the last one of the page before, and ``run_id`` as in :meth:`Reader.page`.
    """
    query = select_members(audience, reader.dialect, after=after is not None)
    return reader.ask_of_run(query, run_id, after=after, limit=limit)


def count_members(reader: Reader, audience: Audience) -> RunReading[Row]:
    """Count an audience's customers in the published run, and sum their money."""
    narrowed = narrow_to_audience(
        audience, schema.customers, RUN_ID, reader.dialect, frozen=audience.frozen
    )
    reading = reader.ask_of_run(count_customers(narrowed))
    return RunReading(reading.run, reading.content[0])


def read_changes(
    reader: Reader,
    audience: Audience,
    since: str,
    after: str | None,
    limit: int,
    run_id: str | None = None,
) -> RunReading[list[Row]]:
    """Return who entered and who left between a run and the published one, by id.

    Raises
    ------
    InputError
        The customers of that run are no longer kept, or it never was.
    """
    reader.read_list("customers", None, None, 1, since)
    query: Any = select_audience_changes(audience, reader.dialect, after=after is not None)
    return reader.ask_of_run(query, run_id, since=since, after=after, limit=limit)
