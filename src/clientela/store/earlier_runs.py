"""Runs to compare the published one with: the one before, and one of the same season."""

import datetime as dt
from typing import cast

from sqlalchemy import bindparam, select

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.connect import connect_to_read
from clientela.store.reader import Reader
from clientela.store.row_types import Row


def find_current_run(url: str) -> str | None:
    """Return the id of the published run; None before the first.

    Raises
    ------
    StoreError
        The database cannot be used.
    """
    with connect_to_read(url, migrate=True) as connection:
        run_id: str | None = connection.scalar(select(schema.current_run.c.run_id))
    return run_id


def find_run_before(reader: Reader) -> str | None:
    """Return the run before the published one, where it is of the same past and still kept."""
    runs = reader.runs(2)
    if len(runs) == 1 or runs[0].is_anew:
        return None
    try:
        reader.read_list("customers", None, None, 1, runs[1].run_id)
    except InputError:
        return None
    return runs[1].run_id


def read_segment_sizes(reader: Reader, segment: int) -> list[Row]:
    """Return size and revenue of a segment in the runs of this past, the earliest first."""
    runs, segments = schema.runs, schema.segments
    query = (
        select(runs.c.run_id, runs.c.as_of, segments.c.customers, segments.c.revenue)
        .join_from(segments, runs, segments.c.run_id == runs.c.run_id)
        .where(segments.c.segment == bindparam("segment"), runs.c.run_id >= _find_first(reader))
    )
    return reader.ask(query.order_by(runs.c.run_id), segment=segment)


def _find_first(reader: Reader) -> str:
    """Return the run that began this past; an empty text where the first of all did."""
    return next((run.run_id for run in reader.runs() if run.is_anew), "")


def find_run_near(reader: Reader, day: dt.date, most_days: int) -> str | None:
    """Return the run of this past that looks from the day next to one, so many days apart."""
    span, runs = dt.timedelta(days=most_days), schema.runs
    spanned = select(runs.c.run_id, runs.c.as_of).where(
        runs.c.as_of.between(day - span, day + span), runs.c.run_id >= _find_first(reader)
    )
    rows = reader.ask(spanned.order_by(runs.c.run_id.desc()))
    nearest = min(rows, key=lambda row: abs(cast(dt.date, row["as_of"]) - day), default=None)
    return None if nearest is None else str(nearest["run_id"])
