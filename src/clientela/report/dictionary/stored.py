"""The results tables: their columns, and the facts of the published run by one query a table."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Double,
    Engine,
    Integer,
    Numeric,
    Row,
    Table,
    distinct,
    func,
    select,
)
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import TypeEngine

from clientela.report.dictionary.entry import DictionaryEntry, EntryFacts
from clientela.store import schema, views
from clientela.store.types import UtcDateTime

_NAMES: tuple[tuple[type[TypeEngine[Any]] | type[UtcDateTime], str], ...] = (
    (UtcDateTime, "timestamp with time zone"),
    (Boolean, "boolean"),
    (BigInteger, "bigint"),
    (Integer, "integer"),
    (Double, "double precision"),
    (Numeric, "numeric(18, 4)"),
    (Date, "date"),
)
_WITHOUT_ENDS = ("text", "boolean")
_UNCOUNTED = {"api_keys.hash", "quarantine.line"}  # as many values as rows


def stored(engine: Engine | None) -> Iterator[DictionaryEntry]:
    """List the columns of the results database, with facts where there is one."""
    for table in schema.metadata.sorted_tables:
        facts = _facts(engine, table) if engine is not None else {}
        for column in table.columns:
            yield _entry(table.name, column, facts.get(column.name, EntryFacts()))
    yield from _of_the_view()


def _of_the_view() -> Iterator[DictionaryEntry]:
    """List what the view of the customers has beside its table."""
    name = "current_customers"
    for column in views.definitions()[name].selected_columns:
        if column.name not in schema.customers.columns:
            source = schema.runs.c.as_of if column.name == "as_of" else schema.segments.c.name_en
            yield DictionaryEntry(
                place="results",
                table=name,
                column=column.name,
                type=type_name(source.type),
                unit=source.info["unit"],
                meaning_key=f"store.{name}.{column.name}",
            )


def _entry(table: str, column: Column[Any], facts: EntryFacts) -> DictionaryEntry:
    return DictionaryEntry(
        place="results",
        table=table,
        column=column.name,
        type=type_name(column.type),
        unit=column.info["unit"],
        meaning_key=column.info["meaning"],
        facts=facts,
    )


def type_name(kind: TypeEngine[Any]) -> str:
    """Name a type as PostgreSQL does.

    Examples
    --------
    >>> type_name(schema.customers.c.revenue.type)
    'double precision'
    """
    return next((name for each, name in _NAMES if isinstance(kind, each)), "text")


def _facts(engine: Engine, table: Table) -> dict[str, EntryFacts]:
    with engine.connect() as connection:
        return _asked(connection, table)


def _asked(connection: Connection, table: Table) -> dict[str, EntryFacts]:
    """Ask one query for the facts of all columns."""
    questions = [part for column in table.columns for part in _questions(column)]
    query = select(func.count().label("rows"), *questions).select_from(table)
    if "run_id" in table.columns and table.name not in ("runs", "current_run"):
        query = query.where(table.c.run_id == select(schema.current_run.c.run_id).scalar_subquery())
    answer = connection.execute(query).one()
    return {column.name: _answered(column, answer) for column in table.columns}


def _questions(column: Column[Any]) -> list[ColumnElement[Any]]:
    """Ask for the number of values, and for their ends or how many differ."""
    held = func.count(column).label(f"{column.name} held")
    if type_name(column.type) not in _WITHOUT_ENDS:
        ends = (func.min(column), func.max(column))
        return [held, ends[0].label(f"{column.name} low"), ends[1].label(f"{column.name} high")]
    if column.info.get("json") or f"{column.table.name}.{column.name}" in _UNCOUNTED:
        return [held]
    return [held, func.count(distinct(column)).label(f"{column.name} values")]


def _answered(column: Column[Any], answer: Row[Any]) -> EntryFacts:
    found = answer._mapping
    rows = found["rows"]
    return EntryFacts(
        rows=rows,
        missing=1 - found[f"{column.name} held"] / rows if rows else None,
        low=found.get(f"{column.name} low"),
        high=found.get(f"{column.name} high"),
        values=found.get(f"{column.name} values"),
    )
