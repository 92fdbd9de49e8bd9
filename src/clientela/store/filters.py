"""The one filter over customers: a tree, its text, and its SQL.

API, lists and saved audiences ask the same way. In JSON a filter is the tree, for people text:

    segment = 2 and (orders > 3 or insider in ('member', 'leaving')) and not churn_band = 'gone'

``bought`` is no column of customers but what they ever bought, returned or not: ``bought = 'A1'``
holds for who did, ``bought != 'A1'`` for who did not, ``bought in ('A1', 'B2')`` for who bought any
of them. The run's DuckDB file alone knows (:mod:`clientela.store.filter_file`). Attributes of the
firm's own are asked as ``attributes.city = 'Recife'`` (:mod:`clientela.store.filter_attributes`).

A condition on a value that is absent does not hold, ``not`` of it does, and ``!=`` holds for what
is absent too: the same on every database.
"""

import datetime as dt
import difflib
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal, TypeAlias, cast

import msgspec
from sqlalchemy import (
    BigInteger,
    Date,
    Double,
    Text,
    and_,
    column,
    func,
    literal,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.sql.expression import ColumnElement, FromClause

from clientela.contract.result_table import LANGS
from clientela.contract.results import RESULT_TABLES
from clientela.contract.tables import MONEY, Column, DType
from clientela.errors import InputError
from clientela.store.filter_attributes import (
    EXAMPLES,
    PREFIX,
    Kind,
    check_attributes,
    get_kind,
    select_attribute,
    write_attribute,
)

Value: TypeAlias = str | float | int | bool | None
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in"]

# By convention: far above what people write, far below where a database's parser gives up
MOST_CONDITIONS = 100
# SQLite takes expressions 1,000 deep, and each value is a level
MOST_VALUES = 800
# By convention: nobody reads groups in groups any deeper
DEEPEST = 10
# By convention: fits into a URL, which servers and proxies cut at 8 KB
LONGEST_TEXT = 4_000

NUMBERS: tuple[DType, ...] = ("int64", "float64", MONEY)
TEXTS: tuple[DType, ...] = ("string", "id")
ORDERED = ("<", "<=", ">", ">=")
EXACT = 2**53  # up to here a double holds every whole number
BOUGHT = "bought"
PURCHASES = table("purchases", column("product_id", Text), column("row"), schema="run")


class Condition(
    msgspec.Struct, frozen=True, tag="condition", tag_field="is", forbid_unknown_fields=True
):
    """What one column must be: ``in`` takes a list of values, all else one; days are ISO texts."""

    column: str
    op: Operator
    value: Value | tuple[Value, ...]


class FilterGroup(
    msgspec.Struct, frozen=True, tag="group", tag_field="is", forbid_unknown_fields=True
):
    """Filters of which all (``and``) or any (``or``) must hold."""

    join: Literal["and", "or"]
    of: tuple["Filter", ...]


class Negation(msgspec.Struct, frozen=True, tag="not", tag_field="is", forbid_unknown_fields=True):
    """A filter that must not hold."""

    of: "Filter"


Filter: TypeAlias = Condition | FilterGroup | Negation


def list_filter_columns() -> dict[str, Column]:
    """Map what a filter may ask for, columns of customers and ``bought``, by its name."""
    customers = next(table for table in RESULT_TABLES if table.name == "customers")
    kinds = (*NUMBERS, *TEXTS, "boolean", "date")
    columns = {
        column.name: column
        for column in customers.columns
        if column.dtype in kinds and not column.name.endswith(LANGS)
    }
    return columns | {BOUGHT: Column(BOUGHT, "string", meaning="filter.bought")}


def check_filter(tree: Filter) -> None:
    """Raise unless each condition names a column and values of its type.

    Raises
    ------
    InputError
        A column is unknown, a value of another type, or the filter too large.
    """
    columns = list_filter_columns()
    conditions = list_conditions(tree)
    if len(conditions) > MOST_CONDITIONS:
        raise InputError(
            f"the filter has {len(conditions)} conditions, and {MOST_CONDITIONS} are the most",
            where="filter",
            do="use 'in' for many values of a column",
        )
    values = sum(len(set(list_values(condition))) for condition in conditions)
    if values > MOST_VALUES:
        raise InputError(
            f"the filter has {values} values, and {MOST_VALUES} are the most",
            where="filter",
            do="ask for what these customers have in common",
        )
    for condition in conditions:
        _check_condition(condition, columns)


def hide_ids(tree: Filter) -> Filter:
    """Return a filter without the ids of customers that it names."""
    if isinstance(tree, Condition):
        is_id = tree.column == "customer_id"
        return msgspec.structs.replace(tree, value="") if is_id else tree
    if isinstance(tree, Negation):
        return Negation(hide_ids(tree.of))
    return FilterGroup(tree.join, tuple(map(hide_ids, tree.of)))


def list_conditions(tree: Filter, depth: int = 0) -> list[Condition]:
    """List the conditions of a filter, in order.

    Raises
    ------
    InputError
        Groups stand in groups too deeply, or a group is empty.
    """
    if isinstance(tree, Condition):
        return [tree]
    if depth == DEEPEST:
        raise refuse_depth()
    parts = tree.of if isinstance(tree, FilterGroup) else (tree.of,)
    if not parts:
        raise InputError("a group of the filter is empty", where="filter", do="leave it out")
    return [condition for part in parts for condition in list_conditions(part, depth + 1)]


def refuse_depth() -> InputError:
    """Return the error of a filter whose groups stand in groups too deeply."""
    return InputError(
        f"the filter nests deeper than {DEEPEST} groups", where="filter", do="flatten it"
    )


def compile_filter(tree: Filter, customers: FromClause, dialect: str) -> ColumnElement[bool]:
    """Return the SQL condition of a filter, its values bound.

    Parameters
    ----------
    tree : Filter
        Checked by :func:`check_filter`.
    customers : FromClause
        The table ``customers`` or one like it.
    dialect : str
        The database: ``sqlite``, ``postgresql`` (whose text also serves DuckDB).
    """
    if isinstance(tree, Condition):
        return _compile_condition(tree, customers, dialect)
    if isinstance(tree, Negation):
        # not "not": that would be unknown, so false, where the value is absent
        return compile_filter(tree.of, customers, dialect).is_not(true())
    parts = [compile_filter(part, customers, dialect) for part in tree.of]
    return and_(*parts) if tree.join == "and" else or_(*parts)


def list_attributes(tree: Filter) -> list[tuple[str, Condition]]:
    """List the conditions of a filter on attributes, each with its attribute's name."""
    return [
        (condition.column.removeprefix(PREFIX), condition)
        for condition in list_conditions(tree)
        if condition.column.startswith(PREFIX)
    ]


def check_attribute_values(tree: Filter, kinds: Mapping[str, Kind]) -> None:
    """Raise unless a run has each attribute of a filter, of the kind that it asks for.

    Raises
    ------
    InputError
        There is no such attribute among ``kinds``, or a value is of another kind.
    """
    check_attributes({name for name, _ in list_attributes(tree)}, kinds)
    for name, condition in list_attributes(tree):
        value = list_values(condition)[0]
        if value is not None and get_kind(value) != kinds[name]:
            raise InputError(
                f"{write_value(value)} is no value of the column {write_attribute(name)}",
                where="filter",
                do=f"write it like {EXAMPLES[kinds[name]]}",
            )


def list_values(condition: Condition) -> tuple[Value, ...]:
    """List the values of a condition: one, or those of ``in``."""
    return condition.value if isinstance(condition.value, tuple) else (condition.value,)


def _find_column(condition: Condition, columns: dict[str, Column]) -> Column | None:
    """Return the column of a condition; an attribute's is of the kind of its first value."""
    name = condition.column
    if not name.startswith(PREFIX):
        return columns.get(name)
    if not name.removeprefix(PREFIX).isprintable() or name == PREFIX:
        return None
    kind = get_kind(next(iter(list_values(condition)), None))
    return Column(name, "float64" if kind == "number" else "string", nullable=True)


def _check_condition(condition: Condition, columns: dict[str, Column]) -> None:
    column = _find_column(condition, columns)
    if column is None:
        near = difflib.get_close_matches(condition.column, columns, n=3)
        raise InputError(
            f"no column of customers is called {condition.column!r}",
            where="filter",
            do=f"try {', '.join(near)}" if near else "see GET /v1/filters/columns",
        )
    many = isinstance(condition.value, tuple)
    if many != (condition.op == "in"):
        raise InputError(
            f"'in' takes a list and no other operator does ({condition.column})",
            where="filter",
            do="write: segment in (1, 2)",
        )
    if condition.column == BOUGHT and condition.value is None:
        raise InputError(
            "a product is needed to ask who bought it", where="filter", do="write: bought = 'A1'"
        )
    unordered = column.dtype == "boolean" or condition.column == BOUGHT or condition.value is None
    if condition.op in ORDERED and unordered:
        raise InputError(
            f"{write_filter(condition)} compares what has no order",
            where="filter",
            do="use = or !=",
        )
    for value in list_values(condition):
        if value is None and not many:
            continue
        _check_value(column, value)


def _check_value(column: Column, value: Value) -> None:
    """Raise unless a value has the type of its column."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if column.dtype in NUMBERS:
        fits, example = is_number and abs(cast(float, value)) <= sys.float_info.max, "12.5"
    elif column.dtype == "boolean":
        fits, example = isinstance(value, bool), "true"
    elif column.dtype == "date":
        fits, example = isinstance(value, str) and _is_day(value), "2024-12-31"
    else:
        fits, example = isinstance(value, str) and _is_storable(value), "'text'"
    if not fits:
        raise InputError(
            f"{write_value(value)} is no value of the column {column.name}",
            where="filter",
            do=f"write it like {example}",
        )


def _is_storable(text: str) -> bool:
    """Check whether every database can hold a text."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _compile_condition(
    condition: Condition, customers: FromClause, dialect: str
) -> ColumnElement[bool]:
    if condition.column == BOUGHT:
        return _compile_bought(condition, customers)
    column, kind = _select_column(condition, customers, dialect)
    if kind in TEXTS and dialect == "postgresql":
        column = column.collate("C")  # the order of bytes, as SQLite and DuckDB have it
    if condition.op == "in":
        # once each: each is a level of the expression
        values = dict.fromkeys(list_values(condition))
        return or_(*(column == _bind(kind, value) for value in values))
    value = cast(Value, condition.value)
    if value is None:
        return column.is_(None) if condition.op == "=" else column.is_not(None)
    bound = _bind(kind, value)
    comparisons = {
        "=": column == bound,
        "!=": column.is_distinct_from(bound),
        "<": column < bound,
        "<=": column <= bound,
        ">": column > bound,
        ">=": column >= bound,
    }
    return comparisons[condition.op]


def _select_column(
    condition: Condition, customers: FromClause, dialect: str
) -> tuple[ColumnElement[Any], DType]:
    """Return the column of a condition and its type."""
    if not condition.column.startswith(PREFIX):
        kind = list_filter_columns()[condition.column].dtype
        return customers.c[condition.column], kind
    name = condition.column.removeprefix(PREFIX)
    read = partial(select_attribute, customers, name, dialect=dialect)
    if list_values(condition) == (None,):  # whatever it holds
        return func.coalesce(read("number").cast(Text), read("text")), "string"
    is_number = get_kind(list_values(condition)[0]) == "number"
    return (read("number"), "float64") if is_number else (read("text"), "string")


def _compile_bought(condition: Condition, customers: FromClause) -> ColumnElement[bool]:
    """Return who bought any of some products, or did not buy one."""
    if "row" not in customers.c:
        raise InputError(
            "what was bought is known of the latest run alone",
            where="filter",
            do="leave 'bought' out, or begin without cursor",
        )
    bound = [_bind("string", product) for product in list_values(condition)]
    sales = select(PURCHASES.c.row).where(PURCHASES.c.product_id.in_(bound))
    buyers = customers.c.row.in_(sales)
    return ~buyers if condition.op == "!=" else buyers


def _bind(kind: DType, value: Value) -> ColumnElement[Any]:
    """Bind a value by the type of its column: whole numbers as they are, others as doubles."""
    if kind == "int64" and isinstance(value, int) and abs(value) < EXACT:
        return literal(value, BigInteger)  # DuckDB compares it while it reads: a third less time
    if kind in NUMBERS:
        return literal(float(cast(float, value)), Double)
    if kind == "date":
        return literal(dt.date.fromisoformat(cast(str, value)), Date)
    return literal(value) if kind == "boolean" else literal(value, Text)


def write_filter(tree: Filter) -> str:
    """Write a filter as text that :func:`read_filter` reads as the same.

    Examples
    --------
    >>> write_filter(
    ...     FilterGroup("and", (Condition("orders", ">", 3), Condition("insider", "=", "member")))
    ... )
    "orders > 3 and insider = 'member'"
    """
    if isinstance(tree, Condition):
        name = tree.column.removeprefix(PREFIX)
        column = name if name == tree.column else write_attribute(name)
        return f"{column} {tree.op} {write_value(tree.value)}"
    if isinstance(tree, Negation):
        return f"not {_write_part(tree.of)}"
    return f" {tree.join} ".join(_write_part(part) for part in tree.of)


def _write_part(tree: Filter) -> str:
    text = write_filter(tree)
    return f"({text})" if isinstance(tree, FilterGroup) else text


def write_value(value: Value | tuple[Value, ...]) -> str:
    """Write a value as it stands in a filter.

    Examples
    --------
    >>> write_value(("d'Avila", True, None))
    "('d''Avila', true, null)"
    """
    if isinstance(value, tuple):
        return f"({', '.join(map(write_value, value))})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)
