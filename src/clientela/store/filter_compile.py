"""A filter as SQL with its values bound: the one place where it becomes a query.

Most conditions compare a column of the row at hand. An earlier run, an arm of an experiment, an
action and a tag are sets of customers that the results database alone knows: there they are a
subquery, and beside the DuckDB file a table of rows (``held``), read from there once a run.
"""

import datetime as dt
import json
from functools import partial
from typing import Any, cast

import msgspec
from sqlalchemy import (
    BigInteger,
    Date,
    Double,
    Integer,
    Text,
    and_,
    column,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
    table,
    true,
    type_coerce,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.sql.expression import ColumnElement, FromClause

from clientela.contract.tables import MOST_BITS, ORDER_BITS, ORDER_MONTHS, DType
from clientela.errors import InputError
from clientela.store import schema
from clientela.store.filter_attributes import PREFIX, get_kind, select_attribute
from clientela.store.filters import (
    ACTION,
    BOUGHT,
    EXPERIMENTS,
    MONTHS,
    MONTHS_LATER,
    NUMBERS,
    PERIODS,
    PREVIOUS,
    REASON,
    TAG,
    TEXTS,
    Condition,
    Filter,
    Negation,
    Value,
    drop_negation,
    is_negation,
    list_filter_columns,
    list_sets,
    list_values,
    read_past,
    write_filter,
)
from clientela.store.queries import RUN_ID, Query

EXACT = 2**53  # up to here a double holds every whole number
NEAR_PART = 4  # by convention: a month before is no three weeks and no five
NEAR_DAYS = 15  # by convention: runs are monthly at the least, so the nearest is of the same season
PURCHASES = table("purchases", column("product_id", Text), column("row"), schema="run")
ORDERED = table(
    ORDER_MONTHS, column("month", Integer), column("age", Integer), column("row"), schema="run"
)
"""Rows of the DuckDB file by the months in which they ordered, and those by the first one."""
YEAR_MONTHS = 12  # as calendars have it
REASON_MARK = "\x1f"
"""Stands around each reason in the DuckDB file; names of columns are printable."""
HELD = table("held", column("condition", Text), column("row"))
"""Rows of the DuckDB file of whom a condition of a set holds, by the condition's text."""
Run = ColumnElement[Any]


def compile_filter(
    tree: Filter, customers: FromClause, dialect: str, run: Run = RUN_ID
) -> ColumnElement[bool]:
    """Return the SQL condition of a filter, its values bound.

    Parameters
    ----------
    tree : Filter
        Checked by :func:`clientela.store.filters.check_filter`.
    customers : FromClause
        The table ``customers`` or one like it.
    dialect : str
        The database: ``sqlite``, ``postgresql`` (whose text also serves DuckDB).
    run : ColumnElement
        The run whose customers are asked for, before which the past lies.
    """
    if isinstance(tree, Condition):
        return _compile_condition(tree, customers, dialect, run)
    if isinstance(tree, Negation):
        # not "not": that would be unknown, so false, where the value is absent
        return compile_filter(tree.of, customers, dialect, run).is_not(true())
    parts = [compile_filter(part, customers, dialect, run) for part in tree.of]
    return and_(*parts) if tree.join == "and" else or_(*parts)


def _compile_condition(
    condition: Condition, customers: FromClause, dialect: str, run: Run
) -> ColumnElement[bool]:
    if condition.column == BOUGHT:
        return _compile_bought(condition, customers)
    if condition.column in MONTHS:
        return _compile_months(condition, customers)
    if condition.column == REASON:
        return _compile_reason(condition, customers, dialect)
    if list_sets(condition):
        return _compile_set(condition, customers, dialect, run)
    return _compare(condition, customers, dialect)


def _compare(condition: Condition, customers: FromClause, dialect: str) -> ColumnElement[bool]:
    """Return the comparison of a column of the row at hand."""
    compared, kind = _select_column(condition, customers, dialect)
    if kind in TEXTS and dialect == "postgresql":
        compared = compared.collate("C")  # the order of bytes, as SQLite and DuckDB have it
    if condition.op == "in":
        # once each: each is a level of the expression
        values = dict.fromkeys(list_values(condition))
        return or_(*(compared == _bind(kind, value) for value in values))
    value = cast(Value, condition.value)
    if value is None:
        return compared.is_(None) if condition.op == "=" else compared.is_not(None)
    bound = _bind(kind, value)
    comparisons = {
        "=": compared == bound,
        "!=": compared.is_distinct_from(bound),
        "<": compared < bound,
        "<=": compared <= bound,
        ">": compared > bound,
        ">=": compared >= bound,
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


def _compile_months(condition: Condition, customers: FromClause) -> ColumnElement[bool]:
    """Return who ordered in any of some months, or who did not in one."""
    if condition.column == MONTHS_LATER:
        numbers = [int(cast(float, value)) for value in list_values(condition)]
    else:
        numbers = [count_months(str(value)) for value in list_values(condition)]
    if "row" in customers.c and condition.column == MONTHS_LATER and max(numbers) < MOST_BITS:
        wanted = literal(sum(1 << number for number in set(numbers)), BigInteger)
        together = customers.c[ORDER_BITS].op("&")(wanted)
        return together == 0 if condition.op == "!=" else together != 0
    if "row" in customers.c:
        by = ORDERED.c.age if condition.column == MONTHS_LATER else ORDERED.c.month
        # equal, not in: DuckDB then joins the next page's rows with these, not these with those
        among = or_(*(by == literal(number, Integer) for number in dict.fromkeys(numbers)))
        ordered = customers.c.row.in_(select(ORDERED.c.row).where(among))
        return ~ordered if condition.op == "!=" else ordered
    before: ColumnElement[Any] = literal(0, Integer)
    if condition.column != MONTHS_LATER:
        first = customers.c.first_order_date
        year, month = (cast_to(extract(part, first), Integer) for part in ("year", "month"))
        before = year * YEAR_MONTHS + month - 1
    places = [literal(number + 1, Integer) - before for number in dict.fromkeys(numbers)]
    digits = customers.c[ORDER_MONTHS]
    # a place before the first would be counted from the end
    parts = [and_(place > 0, func.substr(digits, place, 1) == "1") for place in places]
    return or_(*parts).is_not(true()) if condition.op == "!=" else or_(*parts)


def count_months(month: str) -> int:
    """Count the months from the year 0 to one of the calendar.

    Examples
    --------
    >>> count_months("2012-01") - count_months("2011-11")
    2
    """
    year, number = month.split("-")
    return int(year) * YEAR_MONTHS + int(number) - 1


def _compile_reason(
    condition: Condition, customers: FromClause, dialect: str
) -> ColumnElement[bool]:
    """Return for whom any of some features speaks for leaving, or for whom one does not."""
    find = func.instr if dialect == "sqlite" else func.strpos
    write = write_reason_mark if "row" in customers.c else _write_reason_json
    names = list_values(drop_negation(condition))
    speaks = or_(*(find(customers.c.churn_reasons, write(name)) > 0 for name in names))
    return speaks.is_not(true()) if is_negation(condition) else speaks


def write_reason_mark(feature: Value) -> str:
    """Write a feature as it stands among the reasons in the DuckDB file; any where it is None."""
    return REASON_MARK if feature is None else f"{REASON_MARK}{feature}{REASON_MARK}"


def _write_reason_json(feature: Value) -> str:
    """Write a feature as it stands in the JSON of reasons; any where it is None."""
    return '"feature":' + ("" if feature is None else f"{msgspec.json.encode(feature).decode()},")


def _compile_set(
    condition: Condition, customers: FromClause, dialect: str, run: Run
) -> ColumnElement[bool]:
    """Return who belongs to the set of a condition, or who does not."""
    positive = drop_negation(condition)
    if "row" in customers.c:
        rows = select(HELD.c.row).where(HELD.c.condition == literal(write_filter(positive), Text))
        inside = customers.c.row.in_(rows)
    else:
        inside = customers.c.customer_id.in_(select_set(positive, dialect, run))
    return ~inside if is_negation(condition) else inside


def select_set(condition: Condition, dialect: str, run: Run = RUN_ID) -> Query:
    """Ask the results database for the customers of whom a condition of a set holds.

    Parameters
    ----------
    condition : Condition
        No negation (:func:`clientela.store.filters.drop_negation`).
    dialect : str
        The database.
    run : ColumnElement
        The run before which the past lies.
    """
    past = read_past(condition.column)
    if condition.column == ACTION:
        return _select_addressed(condition, dialect, run)
    if condition.column == TAG:
        return _select_tagged(condition)
    if past is None:
        return _select_arms(condition)
    then = schema.customers.alias("then_customers")
    earlier = Condition(past[1], condition.op, condition.value)
    looked_back = select_past_run(past[0], dialect, run).scalar_subquery()
    return select(then.c.customer_id).where(
        then.c.run_id == looked_back, _compare(earlier, then, dialect)
    )


def _select_addressed(condition: Condition, dialect: str, run: Run) -> Query:
    """Ask for whom any of some actions of a run addresses; by None for whom any at all does."""
    customers = schema.customers.alias("addressed")
    find = func.instr if dialect == "sqlite" else func.strpos
    marks = ['"' if name is None else json.dumps(name) for name in list_values(condition)]
    named = or_(*(find(customers.c.actions, mark) > 0 for mark in marks))
    return select(customers.c.customer_id).where(customers.c.run_id == run, named)


def _select_tagged(condition: Condition) -> Query:
    """Ask who has any of some tags; by None who has any at all."""
    tags = schema.customer_tags
    named = [tags.c.tag == literal(tag, Text) for tag in list_values(condition) if tag is not None]
    tagged = select(tags.c.customer_id).where(tags.c.removed_in.is_(None))
    return tagged.where(or_(*named)) if named else tagged


def _select_arms(condition: Condition) -> Query:
    members, experiments = schema.experiment_members, schema.experiments
    of_this = experiments.c.name == literal(condition.column.removeprefix(EXPERIMENTS), Text)
    arms = [literal(arm, Text) for arm in list_values(condition) if arm is not None]
    return (
        select(members.c.customer_id)
        .join_from(members, experiments, members.c.experiment_id == experiments.c.experiment_id)
        .where(of_this, *([or_(*(members.c.arm == arm for arm in arms))] if arms else []))
    )


def select_past_run(since: str, dialect: str, run: Run = RUN_ID) -> Query:
    """Ask for the run that a filter looks back to: the nearest kept one of the same past.

    Parameters
    ----------
    since : str
        A name of :data:`clientela.store.filters.PERIODS`, a day as ISO text, or a run.
    """
    runs, own = schema.runs.alias("past_run"), schema.runs.alias("own_run")
    customers = schema.customers.alias("past_customers")
    query = select(runs.c.run_id).where(
        runs.c.run_id < run,
        runs.c.run_id >= func.coalesce(_select_beginning(run).scalar_subquery(), ""),
        exists().where(customers.c.run_id == runs.c.run_id),
    )
    if since not in PERIODS and len(since) > len("2024-12-31"):
        return query.where(runs.c.run_id == literal(since, Text))
    if since == PREVIOUS:
        return query.order_by(runs.c.run_id.desc()).limit(1)
    days = PERIODS.get(since)
    if days is None:
        day: ColumnElement[Any] = literal(dt.date.fromisoformat(since), Date)
    else:
        day = select(own.c.as_of).where(own.c.run_id == run).scalar_subquery()
    apart = func.abs(_count_days(runs.c.as_of, day, dialect) + (days or 0))
    return query.where(apart <= get_most_days(days)).order_by(apart, runs.c.run_id.desc()).limit(1)


def _select_beginning(run: Run) -> Query:
    """Ask for the last run that began the tables anew: runs before it are of another past."""
    runs = schema.runs.alias("begun")
    is_anew = runs.c.summary.contains('"anew": true')
    return select(func.max(runs.c.run_id)).where(runs.c.run_id <= run, is_anew)


def _count_days(
    day: ColumnElement[Any], other: ColumnElement[Any], dialect: str
) -> ColumnElement[Any]:
    if dialect == "sqlite":
        return func.julianday(day) - func.julianday(other)
    return type_coerce(day - other, Integer)


def get_most_days(days: int | None) -> int:
    """Return how far from so many days before, or from a day, a run may look to be meant."""
    return min(NEAR_DAYS, days // NEAR_PART) if days else NEAR_DAYS


def _bind(kind: DType, value: Value) -> ColumnElement[Any]:
    """Bind a value by the type of its column: whole numbers as they are, others as doubles."""
    if kind == "int64" and isinstance(value, int) and abs(value) < EXACT:
        return literal(value, BigInteger)  # DuckDB compares it while it reads: a third less time
    if kind in NUMBERS:
        return literal(float(cast(float, value)), Double)
    if kind == "date":
        return literal(dt.date.fromisoformat(cast(str, value)), Date)
    return literal(value) if kind == "boolean" else literal(value, Text)
