"""What became of an earlier run's list of customers at risk."""

import datetime as dt
from typing import Any, cast

from sqlalchemy import Date, Text, bindparam, case, func, literal, select
from sqlalchemy.sql.expression import ColumnElement

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.contact_filter import may_be_listed
from clientela.store.earlier_runs import find_run_since, list_past
from clientela.store.filters import PREVIOUS
from clientela.store.queries import RUN_ID, Query
from clientela.store.reader import Reader
from clientela.store.row_types import Row

MONTH = "30_days"
GONE = "gone"


def read_past_list(reader: Reader, run_id: str, since: str | None = None) -> Row | None:
    """Return what the customers listed at risk then did until a run; None without such a list.

    ``since_run_id`` and ``since`` are the run of that list and its day, ``listed`` how many of
    its customers a list may name today; of those ``bought`` ordered after that day, with their
    ``revenue`` since, ``listed_again`` are on the list of today, and ``gone`` count as lost.

    Parameters
    ----------
    run_id : str
        The published run.
    since : str, optional
        As of :func:`clientela.store.earlier_runs.find_run_since`; else a month before, and where
        there was no run then, the run before.

    Raises
    ------
    InputError
        ``since`` is no time.
    """
    past = list_past(reader)
    if next(iter(past), None) != run_id:  # published in between
        return None
    periods = [since] if since else [MONTH, PREVIOUS]
    then = next(filter(None, (find_run_since(past, period) for period in periods)), None)
    if then is None:
        return None
    try:
        reader.read_list("customers", None, None, 1, then)
    except InputError:  # whose customers are no longer kept
        return None
    row = reader.ask(select_fate(past[then]), run_id=run_id, since=then)[0]
    if not row["listed"]:
        return None
    amount = cast("float | None", row["revenue"])
    return row | {"since_run_id": then, "since": past[then], "revenue": amount or 0.0}


def select_fate(day: dt.date) -> Query:
    """Ask what customers did after a day on which a run, bound as ``since``, listed them."""
    now, then = schema.customers.alias("now"), schema.customers.alias("then")
    bought = now.c.last_order_date > literal(day, Date)

    def add(condition: ColumnElement[bool], value: Any = 1) -> ColumnElement[Any]:
        return func.coalesce(func.sum(case((condition, value), else_=0)), 0)

    return (
        select(
            func.count().label("listed"),
            add(bought).label("bought"),
            add(bought, now.c.revenue - then.c.revenue).label("revenue"),
            add(now.c.contact_rank.is_not(None)).label("listed_again"),
            add(now.c.churn_band == GONE).label("gone"),
        )
        .join_from(then, now, now.c.customer_id == then.c.customer_id)
        .where(
            then.c.run_id == bindparam("since", type_=Text),
            then.c.contact_rank.is_not(None),
            now.c.run_id == RUN_ID,
            may_be_listed(now),
        )
    )
