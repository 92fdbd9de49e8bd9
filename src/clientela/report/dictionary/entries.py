"""The entries of the data dictionary: columns, meanings, facts."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import ibis.expr.types as ir
import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import TypeEngine

from clientela.contract.tables import CONTACTS, CUSTOMERS, QUARANTINE, TRANSACTIONS, Column
from clientela.engine import Engine
from clientela.store import schema, views
from clientela.store.connect import open_store
from clientela.store.failures import translate_failures
from clientela.tables.schema import Tables

Value = int | float | Decimal | dt.date | dt.datetime
CANONICAL = {
    "transactions": TRANSACTIONS,
    "customers": CUSTOMERS,
    "contacts": CONTACTS,
    "quarantine": QUARANTINE,
}
CANONICAL_TYPES = {
    "string": "text",
    "int64": "bigint",
    "decimal(18, 4)": "numeric(18, 4)",
    "timestamp(6)": "timestamp",
}
"""The engine's types, as PostgreSQL names them."""
STORED_TYPES: tuple[tuple[type[TypeEngine[Any]] | type[schema.UtcDateTime], str], ...] = (
    (schema.UtcDateTime, "timestamp with time zone"),
    (sa.Boolean, "boolean"),
    (sa.BigInteger, "bigint"),
    (sa.Integer, "integer"),
    (sa.Double, "double precision"),
    (sa.Numeric, "numeric(18, 4)"),
    (sa.Date, "date"),
)
WITHOUT_ENDS = ("text", "boolean")
UNCOUNTED = {
    "line",
    "line_key",
    "attributes",
    "api_keys.hash",
    "users.password_hash",
    "sessions.hash",
    "quarantine.line",
}
"""Columns with as many values as rows, which nobody needs counted."""


@dataclass(frozen=True)
class DictionaryEntry:
    """A column: where it stands, what it means, and what the data says of it.

    Parameters
    ----------
    rows : int
        Rows of the table.
    missing : float, optional
        Share of rows without a value; none where there are no rows.
    low, high : optional
        Smallest and largest value of a number, day or moment.
    values : int, optional
        Distinct values of a text.
    """

    place: Literal["workspace", "results"]
    table: str
    column: str
    type: str
    unit: str
    meaning_key: str
    rows: int = 0
    missing: float | None = None
    low: Value | None = None
    high: Value | None = None
    values: int | None = None

    @property
    def table_meaning_key(self) -> str:
        """The key of the table's meaning in the locale catalogues."""
        return f"{'table' if self.place == 'workspace' else 'store'}.{self.table}"


def list_entries(
    store_url: str | None = None, engine: Engine | None = None, tables: Tables | None = None
) -> list[DictionaryEntry]:
    """List every column of the canonical tables and of the results database.

    Parameters
    ----------
    store_url : str, optional
        The results database; without it its columns are listed without range and missing share.
    engine, tables : optional
        The canonical tables and what reads them; without them the same.

    Raises
    ------
    StoreError, StoreTooNew, MissingExtra
        The results database cannot be read.

    Examples
    --------
    >>> [entry.column for entry in list_entries() if entry.table == "current_run"]
    ['id', 'run_id']
    """
    canonical = list(_list_canonical(engine, tables))
    if store_url is None:
        return [*canonical, *_list_results(None)]
    store = open_store(store_url, migrate=False)
    try:
        with translate_failures(store_url), store.connect() as connection:
            return [*canonical, *_list_results(connection)]
    finally:
        store.dispose()


def _read_facts(name: str, answer: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what the data says of a column as fields of its entry, from the questions' answer."""
    rows = answer["rows"]
    ends = {part: answer.get(f"{name} {part}") for part in ("low", "high", "values")}
    return {"rows": rows, "missing": 1 - answer[f"{name} count"] / rows if rows else None, **ends}


def _list_canonical(engine: Engine | None, tables: Tables | None) -> Iterator[DictionaryEntry]:
    """List the columns of the canonical tables, with their facts."""
    for name, columns in CANONICAL.items():
        rows = getattr(tables, name, None)
        facts = {} if engine is None or rows is None else _query_rows(engine, rows, columns)
        for column in columns:
            yield DictionaryEntry(
                place="workspace",
                table=name,
                column=column.name,
                type=CANONICAL_TYPES.get(column.dtype, column.dtype),
                unit=column.unit,
                meaning_key=column.meaning_key,
                **facts.get(column.name, {}),
            )


def _query_rows(
    engine: Engine, rows: ir.Table, columns: tuple[Column, ...]
) -> dict[str, dict[str, Any]]:
    """Return the facts of all columns that the table has, by one query."""
    present = [column for column in columns if column.name in rows.columns]
    questions: dict[str, ir.Scalar] = {}
    for column in present:
        name, values = column.name, rows[column.name]
        questions[f"{name} count"] = values.count()
        if CANONICAL_TYPES.get(column.dtype, column.dtype) not in WITHOUT_ENDS:
            questions |= {f"{name} low": values.min(), f"{name} high": values.max()}
        elif name not in UNCOUNTED:
            questions[f"{name} values"] = values.nunique()
    answer = engine.to_arrow(rows.aggregate(rows=rows.count(), **questions)).to_pylist()[0]
    return {column.name: _read_facts(column.name, answer) for column in present}


def _list_results(connection: sa.Connection | None) -> Iterator[DictionaryEntry]:
    """List the columns of the results database, with the facts of the published run."""
    for table in schema.metadata.sorted_tables:
        facts = {} if connection is None else _query_table(connection, table)
        for column in table.columns:
            meaning = column.info["meaning"]
            yield _describe_column(table.name, column.name, column, meaning, facts.get(column.name))
    name = "current_customers"  # the view that has more columns than its table
    for selected in views.define_views()[name].selected_columns:
        label = selected.name
        if label not in schema.customers.columns:
            source = schema.runs.c.as_of if label == "as_of" else schema.segments.c.name_en
            yield _describe_column(name, label, source, f"store.{name}.{label}")


def _describe_column(
    table: str,
    name: str,
    source: sa.Column[Any],
    meaning_key: str,
    facts: Mapping[str, Any] | None = None,
) -> DictionaryEntry:
    return DictionaryEntry(
        place="results",
        table=table,
        column=name,
        type=name_type(source.type),
        unit=source.info["unit"],
        meaning_key=meaning_key,
        **(facts or {}),
    )


def name_type(kind: TypeEngine[Any]) -> str:
    """Return a type's name in PostgreSQL.

    Examples
    --------
    >>> name_type(schema.customers.c.revenue.type)
    'double precision'
    """
    return next((name for sql_type, name in STORED_TYPES if isinstance(kind, sql_type)), "text")


def _query_table(connection: sa.Connection, table: sa.Table) -> dict[str, dict[str, Any]]:
    """Return the facts of all columns, by one query."""
    questions = [part for column in table.columns for part in _question_column(column)]
    query = sa.select(sa.func.count().label("rows"), *questions).select_from(table)
    if "run_id" in table.columns and table.name not in ("runs", "current_run"):
        published = sa.select(schema.current_run.c.run_id).scalar_subquery()
        query = query.where(table.c.run_id == published)
    answer = connection.execute(query).one()._mapping
    return {column.name: _read_facts(column.name, answer) for column in table.columns}


def _question_column(column: sa.Column[Any]) -> Iterator[ColumnElement[Any]]:
    """Ask for the number of values, and for their ends or how many differ."""
    name = column.name
    yield sa.func.count(column).label(f"{name} count")
    if name_type(column.type) not in WITHOUT_ENDS:
        yield sa.func.min(column).label(f"{name} low")
        yield sa.func.max(column).label(f"{name} high")
    elif not column.info.get("json") and f"{column.table.name}.{name}" not in UNCOUNTED:
        yield sa.func.count(sa.distinct(column)).label(f"{name} values")
