"""Who entered a group of customers between two runs and who left it, in SQLAlchemy."""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Table, Text, bindparam, exists, literal, or_, select, union_all
from sqlalchemy.sql.expression import ColumnElement, FromClause

from clientela.store import schema
from clientela.store.contact_filter import may_be_listed
from clientela.store.queries import NO_OFFSET, RUN_ID, Query
from clientela.store.reader import Reader
from clientela.store.row_types import Row, RunReading

MEMBERS = ("member", "leaving")
Narrow = Callable[[FromClause, ColumnElement[str]], Sequence[ColumnElement[bool]]]


def select_changes(table: Table, narrow: Narrow, *, after: bool = False) -> Query:
    """Ask who belongs to a group in one of two runs alone: one bound as ``since``, and another.

    Parameters
    ----------
    table : Table
        A table with a row a customer and run.
    narrow : callable
        Returns the conditions under which a row of the table, or of an alias of it, belongs, by
        the run whose rows they are.
    after : bool
        Whether they begin after the customer whose id is bound as ``after``.
    """
    now, then = table.alias("now"), table.alias("then")
    since: ColumnElement[str] = bindparam("since", type_=Text)

    def select_only(
        change: str, first: FromClause, run: ColumnElement[str], other: FromClause
    ) -> Query:
        elsewhere = since if other is then else RUN_ID
        same = other.c.customer_id == first.c.customer_id
        return select(first.c.customer_id, literal(change, Text).label("change")).where(
            first.c.run_id == run,
            *narrow(first, run),
            ~exists()
            .where(other.c.run_id == elsewhere, same, *narrow(other, elsewhere))
            .correlate(first),
        )

    entered = select_only("entered", now, RUN_ID, then)
    left = select_only("left", then, since, now)
    changes = union_all(entered, left).subquery("changes")
    rows = select(*changes.columns).order_by(changes.c.customer_id)
    rows = rows.limit(bindparam("limit")).offset(NO_OFFSET)
    return rows.where(changes.c.customer_id > bindparam("after", type_=Text)) if after else rows


def select_group_changes(segment: int | None, *, after: bool = False) -> Query:
    """Ask who entered and left a segment, or by None the programme, between two runs."""
    table = schema.programme_members if segment is None else schema.customers
    return select_changes(table, partial(_belong, segment=segment), after=after)


def read_group_changes(
    reader: Reader,
    segment: int | None,
    since: str,
    after: str | None,
    limit: int,
    run_id: str | None = None,
) -> RunReading[list[Row]]:
    """Return who entered and left a segment, or by None the programme, between two runs, by id.

    Raises
    ------
    InputError
        The customers of a run are no longer kept, or it never was.
    """
    reader.read_list("customers", None, None, 1, since)
    query = select_group_changes(segment, after=after is not None)
    return reader.ask_of_run(query, run_id, since=since, after=after, limit=limit)


def _belong(
    rows: FromClause, run: ColumnElement[str], segment: int | None
) -> list[ColumnElement[bool]]:
    if segment is None:
        inside = or_(*(rows.c.status == literal(status) for status in MEMBERS))
    else:
        inside = rows.c.segment == literal(segment)
    return [inside, may_be_listed(rows)]
