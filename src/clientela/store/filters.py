"""The one filter over customers: a tree, its text, and its SQL.

API, lists and saved audiences ask the same way. In JSON a filter is the tree, for people text:

    segment = 2 and (orders > 3 or insider in ('member', 'leaving')) and not churn_band = 'gone'

``bought`` is no column of customers but what they ever bought, returned or not: ``bought = 'A1'``
holds for who did, ``bought != 'A1'`` for who did not, ``bought in ('A1', 'B2')`` for who bought any
of them. The run's DuckDB file alone knows (:mod:`clientela.store.filter_file`). Attributes of the
firm's own are asked as ``attributes.city = 'Recife'`` (:mod:`clientela.store.filter_attributes`).

``past.30_days.segment = 1`` asks for a column as it was in an earlier run, and
``experiments.Autumn = 'control'`` for an arm (:mod:`clientela.store.filter_compile`);
``churn_reason = 'days_since_last'`` holds for whom that speaks for leaving, beside others.
``ordered_in = '2011-11'`` holds for who ordered in that month, ``months_later = 3`` for who ordered
three months after the one of the first order; ``in`` takes several, and any of them counts.
``action = 'win-back-4'`` asks whom an action of the run addresses, and ``tag = 'Wholesale'`` who
has a tag that people gave (:mod:`clientela.store.list_changes`).

A condition on a value that is absent does not hold, ``not`` of it does, and ``!=`` holds for what
is absent too: the same on every database.
"""

import dataclasses
import datetime as dt
import difflib
import re
import sys
from collections.abc import Mapping
from typing import Literal, TypeAlias, cast

import msgspec

from clientela.contract.result_table import LANGS
from clientela.contract.results import RESULT_TABLES
from clientela.contract.tables import MONEY, ORDER_MONTHS, Column, DType
from clientela.errors import InputError
from clientela.store.filter_attributes import (
    EXAMPLES,
    PREFIX,
    Kind,
    check_attributes,
    get_kind,
    quote_name,
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
BOUGHT, REASON, ACTION, TAG = "bought", "churn_reason", "action", "tag"
ORDERED_IN, MONTHS_LATER = "ordered_in", "months_later"
MONTHS = (ORDERED_IN, MONTHS_LATER)
"""What filters ask of the months in which customers ordered: by the calendar, or from the first."""
DERIVED = (BOUGHT, REASON, ACTION, TAG, *MONTHS)
"""What filters ask for beside the columns of customers; nothing is sorted by it."""
NEVER_ABSENT = (BOUGHT, *MONTHS)
PAST, EXPERIMENTS = "past.", "experiments."
SETS = (ACTION, TAG)
"""Columns of which the results database alone knows whose they are."""
ARMS = ("treatment", "control")
# By convention: each is a set of customers that is held beside the file of filters
MOST_SETS = 10
PREVIOUS = "run"
PERIODS = {PREVIOUS: None, "30_days": 30, "90_days": 90, "year": 365}
"""How far one looks back: to the run before, or to the one of so many days before."""
# By convention: a year of months further than any shop's records go
MOST_MONTHS_LATER = 1_200
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_PAST = re.compile(rf"past\.({'|'.join(PERIODS)}|\d{{4}}-\d\d-\d\d|\d{{8}}T\d+)\.(\w+)")


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
        if column.dtype in kinds and not column.name.endswith((*LANGS, ORDER_MONTHS))
    }
    return columns | {
        name: Column(
            name,
            "int64" if name == MONTHS_LATER else "string",
            meaning=f"filter.{name}",
            nullable=name not in NEVER_ABSENT,
        )
        for name in DERIVED
    }


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
    if len(list_sets(tree)) > MOST_SETS:
        raise InputError(
            f"the filter asks for more than {MOST_SETS} pasts and experiments",
            where="filter",
            do="use 'in' for many values of a column",
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


def list_attributes(tree: Filter) -> list[tuple[str, Condition]]:
    """List the conditions of a filter on attributes, each with its attribute's name."""
    return [
        (condition.column.removeprefix(PREFIX), condition)
        for condition in list_conditions(tree)
        if condition.column.startswith(PREFIX)
    ]


def read_past(column: str) -> tuple[str, str] | None:
    """Return since when a filter looks back and at which column; None for one of today.

    Examples
    --------
    >>> read_past("past.30_days.segment"), read_past("past.2011-11-09.insider"), read_past("orders")
    (('30_days', 'segment'), ('2011-11-09', 'insider'), None)
    """
    match = _PAST.fullmatch(column)
    return None if match is None else (match[1], match[2])


def list_sets(tree: Filter) -> list[Condition]:
    """List the conditions that the results database alone knows, each different one once."""
    return [
        condition
        for condition in dict.fromkeys(map(drop_negation, list_conditions(tree)))
        if condition.column.startswith((PAST, EXPERIMENTS)) or condition.column in SETS
    ]


def drop_negation(condition: Condition) -> Condition:
    """Return the condition that holds for whom another does not, where that one is a negation.

    Examples
    --------
    >>> write_filter(drop_negation(Condition("past.run.segment", "!=", 2)))
    'past.run.segment = 2'
    """
    if is_negation(condition):
        return Condition(
            condition.column, "!=" if condition.value is None else "=", condition.value
        )
    return condition


def is_negation(condition: Condition) -> bool:
    """Return whether a condition holds for those who are not there, too."""
    return condition.op == ("=" if condition.value is None else "!=")


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
    name, past = condition.column, read_past(condition.column)
    if past is not None:
        then = None if past[1] in DERIVED else columns.get(past[1])
        return then and dataclasses.replace(then, name=name, nullable=True)
    if name.startswith(EXPERIMENTS):
        return Column(name, "string", nullable=True) if name != EXPERIMENTS else None
    if not name.startswith(PREFIX):
        return columns.get(name)
    if not name.removeprefix(PREFIX).isprintable() or name == PREFIX:
        return None
    kind = get_kind(next(iter(list_values(condition)), None))
    return Column(name, "float64" if kind == "number" else "string", nullable=True)


def _check_condition(condition: Condition, columns: dict[str, Column]) -> None:
    column = _find_column(condition, columns)
    if column is None:
        _check_time(condition.column)
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
    _check_absence(condition)
    is_set = condition.column in DERIVED or condition.column.startswith(EXPERIMENTS)
    unordered = column.dtype == "boolean" or is_set or condition.value is None
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
        _check_month(column.name, value)
        if column.name.startswith(EXPERIMENTS) and value not in ARMS:
            raise InputError(
                f"{write_value(value)} is no arm of an experiment",
                where="filter",
                do=f"write {' or '.join(map(write_value, ARMS))}",
            )


def _check_absence(condition: Condition) -> None:
    """Raise if a condition asks for nobody's product or month."""
    if condition.value is None and condition.column == BOUGHT:
        raise InputError(
            "a product is needed to ask who bought it", where="filter", do="write: bought = 'A1'"
        )
    if condition.value is None and condition.column in MONTHS:
        raise InputError(
            "a month is needed to ask who ordered in it",
            where="filter",
            do="write: ordered_in = '2024-12'",
        )


def _check_month(name: str, value: Value) -> None:
    """Raise unless a month that is asked for is one."""
    if name == ORDERED_IN and not _MONTH.fullmatch(str(value)):
        raise InputError(
            f"{write_value(value)} is no month", where="filter", do="write it like '2024-12'"
        )
    if name == MONTHS_LATER and value not in range(MOST_MONTHS_LATER):
        raise InputError(
            f"{write_value(value)} is no number of months after the first order",
            where="filter",
            do="write a whole number from 0 on",
        )


def _check_time(name: str) -> None:
    """Raise if a column that looks back names a time that is none."""
    since = name.removeprefix(PAST).partition(".")[0]
    if name.startswith(PAST) and _PAST.fullmatch(f"{PAST}{since}.column") is None:
        raise InputError(
            f"a filter cannot look back to {since!r}",
            where="filter",
            do=f"write past.TIME.COLUMN, its time {', '.join(PERIODS)}, a day or a run",
        )


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
        return f"{write_column(tree.column)} {tree.op} {write_value(tree.value)}"
    if isinstance(tree, Negation):
        return f"not {_write_part(tree.of)}"
    return f" {tree.join} ".join(_write_part(part) for part in tree.of)


def write_column(name: str) -> str:
    """Write a column of a condition as it stands in a filter.

    Examples
    --------
    >>> write_column("orders"), write_column("experiments.Autumn 2011")
    ('orders', 'experiments."Autumn 2011"')
    """
    if name.startswith(EXPERIMENTS):
        return EXPERIMENTS + quote_name(name.removeprefix(EXPERIMENTS))
    return write_attribute(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else name


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
