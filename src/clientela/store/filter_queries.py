"""Counts and pages of the customers that a filter leaves, in SQLAlchemy."""

import difflib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, and_, bindparam, func, or_, select, true
from sqlalchemy.sql.expression import ColumnElement, FromClause

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.contact_filter import may_be_listed
from clientela.store.filter_attributes import PREFIX
from clientela.store.filter_compile import compile_filter
from clientela.store.filters import DERIVED, Filter, list_filter_columns
from clientela.store.queries import NO_OFFSET, RUN_ID, Query, select_rows

SUMS = ("revenue", "expected_revenue")


def count_filter(tree: Filter | None, dialect: str) -> Query:
    """Ask how many customers of a run a filter leaves, and what they brought and may bring."""
    return count_customers(_narrow(tree, dialect))


def count_customers(narrowed: Sequence[ColumnElement[bool]]) -> Query:
    """Ask how many customers of a run meet conditions, and for their money."""
    return sum_customers(schema.customers).where(schema.customers.c.run_id == RUN_ID, *narrowed)


def sum_customers(customers: FromClause) -> Query:
    """Ask how many rows a table of customers has, and for their money."""
    sums = [func.sum(customers.c[name]).label(name) for name in SUMS]
    return select(func.count().label("customers"), *sums).select_from(customers)


def select_attribute_line() -> Query:
    """Ask for the attributes of any customer of a run who has some, as JSON text."""
    column = schema.customers.c.attributes
    query = select(column.label("line")).where(schema.customers.c.run_id == RUN_ID)
    return query.where(column.is_not(None)).limit(1)


def page_filter(tree: Filter | None, sort: str | None, dialect: str, *, after: bool) -> Query:
    """Ask for a run's customers that a filter leaves, the first or those after one.

    Parameters
    ----------
    tree : Filter or None
        Checked; None leaves everybody.
    sort : str or None
        A column, largest first where a minus stands before it; absent values come last and equal
        ones by id. By id if None.
    dialect : str
        The database.
    after : bool
        Whether the page begins after the customer whose id is bound as ``after``.

    Raises
    ------
    InputError
        There is no such column to sort by.
    """
    return page_customers(_narrow(tree, dialect), sort, after=after)


def page_customers(
    narrowed: Sequence[ColumnElement[bool]], sort: str | None, *, after: bool
) -> Query:
    """Ask for a run's customers that meet conditions, ordered and begun as :func:`page_filter`."""
    customers = schema.customers
    rows = select_rows(customers).where(*narrowed)
    if sort is None:
        place = customers.c.customer_id > bindparam("after", type_=Text)
    else:
        place = _place_after(check_column(sort), descending=sort.startswith("-"))
    column = None if sort is None else customers.c[check_column(sort)]
    query = rows.order_by(*list_order(column, customers.c.customer_id, sort))
    query = query.limit(bindparam("limit")).offset(NO_OFFSET)
    return query.where(place) if after else query


def list_order(
    column: ColumnElement[Any] | None, key: ColumnElement[Any], sort: str | None
) -> list[ColumnElement[Any]]:
    """Return what customers are ordered by: a column, absent values last, and a key."""
    if column is None or sort is None:
        return [key]
    order = column.desc() if sort.startswith("-") else column.asc()
    return [order.nulls_last(), key]


def _narrow(tree: Filter | None, dialect: str) -> list[ColumnElement[bool]]:
    customers = schema.customers
    asked = [] if tree is None else [compile_filter(tree, customers, dialect)]
    return [may_be_listed(customers), *asked]


def check_sort(sort: str | None) -> None:
    """Raise unless customers can be sorted so; whether a run has an attribute, its file knows.

    Raises
    ------
    InputError
        There is no such column.
    """
    if sort is not None and not sort.removeprefix("-").startswith(PREFIX):
        check_column(sort)


def check_column(sort: str) -> str:
    """Return the name of the column of an order.

    Raises
    ------
    InputError
        There is no such column.
    """
    name = sort.removeprefix("-")
    columns = [column for column in list_filter_columns() if column not in DERIVED]
    if name not in columns:
        near = difflib.get_close_matches(name, columns, n=3)
        raise InputError(
            f"customers cannot be sorted by {name!r}",
            where="sort",
            do=f"try {', '.join(near)}" if near else "see GET /v1/filters/columns",
        )
    return name


def _place_after(name: str, *, descending: bool) -> ColumnElement[bool]:
    """Return where rows stand behind one customer, whose value is looked up by the id."""
    customers, last = schema.customers, schema.customers.alias("last")
    column, customer_id = customers.c[name], customers.c.customer_id
    after = bindparam("after", type_=Text)
    value = (
        select(last.c[name])
        .where(last.c.run_id == RUN_ID, last.c.customer_id == after)
        .scalar_subquery()
    )
    beyond = column < value if descending else column > value
    level = and_(column.is_not_distinct_from(value), customer_id > after)
    return or_(beyond, level, and_(column.is_(None), value.is_not(None))) & true()
