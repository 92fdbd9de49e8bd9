"""Runs to compare the published one with: the one before, and one of the same season."""

import datetime as dt
from collections.abc import Mapping
from typing import cast

from sqlalchemy import exists, or_, select
from sqlalchemy.sql.expression import ColumnElement

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.connect import connect_to_read
from clientela.store.filter_compile import get_most_days
from clientela.store.filters import PERIODS, PREVIOUS
from clientela.store.reader import Reader
from clientela.store.row_types import Row

MOST_PAST_RUNS = 12  # by convention: a year of months, or the last days


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


def list_champions(url: str) -> dict[str, str]:
    """Return the models that scored the published run, by kind; none before the first.

    Raises
    ------
    StoreError
        The database cannot be used.
    """
    models, current = schema.metadata.tables["models"], schema.current_run
    query = (
        select(models.c.kind, models.c.model_id)
        .join_from(models, current, models.c.run_id == current.c.run_id)
        .where(models.c.role == "champion")
    )
    with connect_to_read(url, migrate=True) as connection:
        return {row.kind: row.model_id for row in connection.execute(query)}


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


def read_segment_sizes(reader: Reader) -> list[Row]:
    """Return size and revenue of the segments in the runs of this past, the earliest first."""
    runs, segments = schema.runs, schema.segments
    columns = (segments.c.segment, segments.c.customers, segments.c.revenue)
    query = (
        select(runs.c.run_id, runs.c.as_of, *columns)
        .join_from(segments, runs, segments.c.run_id == runs.c.run_id)
        .where(runs.c.run_id >= _find_first(reader))
    )
    return reader.ask(query.order_by(runs.c.run_id, segments.c.segment))


def _find_first(reader: Reader) -> str:
    """Return the run that began this past; an empty text where the first of all did."""
    return next((run.run_id for run in reader.runs() if run.is_anew), "")


def list_past(reader: Reader) -> dict[str, dt.date]:
    """Return the day of each run of this past by its id, the published one's first."""
    return _list_runs(reader)


def list_kept(reader: Reader) -> dict[str, dt.date]:
    """Return the runs of :func:`list_past` whose customers are still kept."""
    customers = schema.customers
    return _list_runs(reader, exists().where(customers.c.run_id == schema.runs.c.run_id))


def _list_runs(reader: Reader, *conditions: ColumnElement[bool]) -> dict[str, dt.date]:
    runs = schema.runs
    query = select(runs.c.run_id, runs.c.as_of).where(runs.c.run_id >= _find_first(reader))
    rows = reader.ask(query.where(*conditions).order_by(runs.c.run_id.desc()))
    return {str(row["run_id"]): cast(dt.date, row["as_of"]) for row in rows}


def find_pair(
    kept: Mapping[str, dt.date], before: str | None, after: str | None
) -> tuple[str, str] | None:
    """Return two runs of :func:`list_kept` by their ids; None where there is none to compare.

    Without ids they are the published run and the one before the other.

    Raises
    ------
    InputError
        One is not kept, or they are not in order.

    Examples
    --------
    >>> days = {"c": dt.date(2011, 12, 9), "b": dt.date(2011, 12, 8), "a": dt.date(2011, 12, 7)}
    >>> find_pair(days, "a", None), find_pair(days, None, "b"), find_pair(days, None, "a")
    (('a', 'c'), ('a', 'b'), None)
    """
    for name, run_id in {"before": before, "after": after}.items():
        if run_id and run_id not in kept:
            raise InputError(
                f"no run {run_id!r} is kept with its customers",
                where=name,
                do="choose one of GET /v1/runs that is more recent",
            )
    last = after or next(iter(kept), "")
    first = before or next((run_id for run_id in kept if run_id < last), None)
    if first and first >= last:
        raise InputError(
            f"the run {first} is not before {last}", where="before", do="swap the two runs"
        )
    return (first, last) if first else None


def read_past_figures(reader: Reader) -> dict[str, list[float]]:
    """Return the values of the figures in the latest runs of this past, the earliest first.

    Of several runs that look from one day the last one counts.
    """
    by_day = {day: run_id for run_id, day in reversed(list_past(reader).items())}
    run_ids = [by_day[day] for day in sorted(by_day)][-MOST_PAST_RUNS:]
    figures = schema.figures
    query = select(figures.c.run_id, figures.c.name, figures.c.value)
    of_runs = or_(*(figures.c.run_id == run_id for run_id in run_ids))
    rows = reader.ask(query.where(of_runs).order_by(figures.c.run_id))
    values: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["value"] is not None:
            by_run = values.setdefault(str(row["name"]), {})
            by_run[str(row["run_id"])] = cast(float, row["value"])
    return {
        name: [by_run[run_id] for run_id in run_ids if run_id in by_run]
        for name, by_run in values.items()
    }


def find_run_on(past: Mapping[str, dt.date], day: dt.date) -> str | None:
    """Return the last run of :func:`list_past` that looks from a day or one before it.

    Examples
    --------
    >>> days = {"b": dt.date(2011, 12, 8), "a": dt.date(2011, 11, 8)}
    >>> find_run_on(days, dt.date(2011, 12, 1)), find_run_on(days, dt.date(2011, 11, 1))
    ('a', None)
    """
    return next((run_id for run_id, as_of in past.items() if as_of <= day), None)


def find_run_since(past: Mapping[str, dt.date], since: str) -> str | None:
    """Return the run to compare the published one with; None where none of its time is kept.

    Parameters
    ----------
    past : mapping
        Of :func:`list_past`.
    since : str
        A name of :data:`PERIODS`, or a day as ISO text: the run that looks from the day next to it.

    Raises
    ------
    InputError
        It is neither.

    Examples
    --------
    >>> days = {"c": dt.date(2011, 12, 9), "b": dt.date(2011, 12, 8), "a": dt.date(2010, 12, 9)}
    >>> [find_run_since(days, since) for since in ("run", "30_days", "year", "2010-12-12")]
    ['b', None, 'a', 'a']
    """
    published, *earlier = past
    if since == PREVIOUS:
        return earlier[0] if earlier else None
    days = PERIODS.get(since)
    try:
        day = past[published] - dt.timedelta(days) if days else dt.date.fromisoformat(since)
    except ValueError:
        raise InputError(
            f"there is no period {since!r} to compare with",
            where="since",
            do=f"write {', '.join(PERIODS)} or a day such as 2024-12-31",
        ) from None
    most_days = get_most_days(days)
    near = [run_id for run_id in earlier if abs((past[run_id] - day).days) <= most_days]
    return min(near, key=lambda run_id: abs((past[run_id] - day).days), default=None)
