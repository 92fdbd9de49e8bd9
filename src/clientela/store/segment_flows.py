"""How customers moved between segments from a run to a later one."""

from functools import cache

from sqlalchemy import and_, bindparam, func, select

from clientela.store import schema
from clientela.store.queries import RUN_ID, Query
from clientela.store.reader import Reader
from clientela.store.row_types import Row

MOST_COUNTED = 200_000  # by convention: two runs of so many are counted in a second


@cache
def _select_flows() -> Query:
    """Ask how many customers stand in each pair of segments, and for their money."""
    now, then = schema.customers.alias("now"), schema.customers.alias("then_customers")
    same = and_(then.c.customer_id == now.c.customer_id, then.c.run_id == bindparam("since"))
    ends = then.c.segment.label("from_segment"), now.c.segment.label("to_segment")
    counts = func.count().label("customers"), func.sum(now.c.revenue).label("revenue")
    query = select(*ends, *counts).join_from(now, then, same, isouter=True)
    return query.where(now.c.run_id == RUN_ID).group_by(*ends).order_by(*ends)


def read_flows(
    reader: Reader, since: str | None, until: str | None = None
) -> tuple[str | None, list[Row]]:
    """Read the moves from a run to another, and from which run they are.

    Those from the run before are stored; others are counted, unless there are too many customers:
    then the stored ones come instead.

    Parameters
    ----------
    since : str, optional
        An earlier run, whose customers are kept; the one before if absent.
    until : str, optional
        A later one; the published one if absent.
    """
    reading = reader.table("segment_migrations", until)
    stored = str(reading.content[0]["previous_run_id"]) if reading.content else None
    if since in (None, stored) or reading.run.customers > MOST_COUNTED:
        return stored, reading.content
    return since, reader.ask(_select_flows(), run_id=reading.run.run_id, since=since)
