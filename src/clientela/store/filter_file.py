"""Filters over one run's customers, answered by its DuckDB file.

SQLite reads a million rows one by one, DuckDB the few columns that are asked for. The results
database stays the truth: the file gives counts, sums and ids, the rows come from there.
"""

import operator
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Column, Dialect, Integer, MetaData, Table, literal, or_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.expression import ColumnElement

from clientela.engine.column_file import ColumnFile
from clientela.store import schema
from clientela.store.filter_queries import check_column, list_order, sum_customers
from clientela.store.filters import BOUGHT, Filter, compile_filter, list_filter_columns
from clientela.store.load import MONEY, fit_rows, slices
from clientela.store.queries import Query
from clientela.store.row_decoding import decoder
from clientela.store.row_types import Row

DIALECT: Dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
SECONDS = 2.0  # by convention: nobody waits longer for a count while typing
BATCH_ROWS = 100_000  # DuckDB compresses rows in groups of 122,880
_NAMES = [name for name in list_filter_columns() if name != BOUGHT]

_metadata = MetaData()
_customers = Table(
    "customers",
    _metadata,
    Column("row", Integer),
    *(Column(name, schema.customers.c[name].type) for name in _NAMES),
    schema="run",
)
_unlisted = Table("unlisted", _metadata, Column("row", Integer))


def batch_customers(customers: pa.Table) -> Iterator[pa.RecordBatch]:
    """Yield the customers of a run as the file holds them, in the order of their ids."""
    for part in slices(customers, schema.customers, BATCH_ROWS):
        fitted = pa.Table.from_batches([fit_rows(part, schema.customers)]).select(_NAMES)
        exact = [
            pa.field(field.name, pa.decimal128(18, 4)) if field.type == MONEY else field
            for field in fitted.schema
        ]
        yield from fitted.cast(pa.schema(exact)).combine_chunks().to_batches(BATCH_ROWS)


def batch_rows(pages: Iterable[list[Row]]) -> Iterator[pa.RecordBatch]:
    """Yield customers as the file holds them from rows of the results database."""
    for rows in pages:
        columns = {
            name: pa.array([row[name] for row in rows], _arrow_type(name)) for name in _NAMES
        }
        yield from batch_customers(pa.table(columns))


def _arrow_type(name: str) -> pa.DataType | None:
    return pa.float64() if list_filter_columns()[name].dtype.startswith("decimal") else None


class FilterFile:
    """The open file of a run.

    Parameters
    ----------
    path : Path
        The file.
    unlisted : collection of str
        Customers whom no list may name.
    """

    def __init__(self, path: Path, unlisted: Collection[str] = ()) -> None:
        self._file = ColumnFile(path)
        self._any_unlisted = bool(unlisted)
        if unlisted:
            rows = pc.index_in(pa.array(unlisted, pa.string()), value_set=self._file.ids)
            self._file.hold_unlisted(rows.drop_null())

    def count(self, tree: Filter | None, waiting: Collection[str] = ()) -> Row:
        """Count the customers that a filter leaves and a list may name, and sum their money.

        Parameters
        ----------
        waiting : collection of str
            Who waits to be erased.
        """
        narrowed = self._narrow(tree, waiting)
        return self._ask(sum_customers(_customers).where(*narrowed))[0]

    def list_ids(
        self,
        tree: Filter | None,
        sort: str | None = None,
        *,
        after: str | None = None,
        limit: int | None = None,
        waiting: Collection[str] = (),
    ) -> pa.Array:
        """Return the ids that a filter leaves and a list may name, in an order, after one."""
        row = _customers.c.row
        query = select(row).where(*self._narrow(tree, waiting))
        query = query.order_by(*list_order(_customers, row, sort))
        rows: list[int] = []
        for part in [query] if after is None else self._go_on(query, sort, after):
            rest = None if limit is None else limit - len(rows)
            rows += [cast(int, row["row"]) for row in self._ask(part.limit(rest))]
            if len(rows) == limit:
                break
        return self._file.ids.take(pa.array(rows, pa.int32()))

    def _go_on(self, query: Query, sort: str | None, after: str) -> Iterator[Query]:
        """Yield the queries for what comes after a customer: those with a value, then the rest.

        In one query DuckDB would compare every row instead of skipping what it need not read.
        """
        row, last = _customers.c.row, self._find_row(after)
        if sort is None:
            yield query.where(row > last)
            return
        column = _customers.c[check_column(sort)]
        reached = self._ask(select(column).where(row == last))
        value = reached[0][column.key] if reached else None
        if value is None:
            yield query.where(column.is_(None), row > last)
            return
        bound = literal(value, column.type)
        beyond, level = (operator.lt, operator.le) if sort[0] == "-" else (operator.gt, operator.ge)
        yield query.where(level(column, bound), or_(beyond(column, bound), row > last))
        yield query.where(column.is_(None))

    def _find_row(self, customer_id: str) -> int:
        """Return the row of a customer, or the last one before where they would stand."""
        ids, key = self._file.ids, customer_id.encode()
        return bisect_right(range(len(ids)), key, key=lambda row: ids[row].as_py().encode()) - 1

    def _narrow(self, tree: Filter | None, waiting: Collection[str]) -> list[ColumnElement[bool]]:
        """Return the conditions of a filter, and of being listed."""
        row = _customers.c.row
        listed = [] if tree is None else [compile_filter(tree, _customers, "duckdb")]
        if self._any_unlisted:
            listed.append(row.not_in(select(_unlisted.c.row)))
        if waiting:
            listed.append(row.not_in([self._find_row(customer_id) for customer_id in waiting]))
        return listed

    def _ask(self, query: Query) -> list[Row]:
        compiled = query.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
        bound = [compiled.params[name] for name in compiled.positiontup or ()]
        rows = self._file.read(str(compiled), bound, SECONDS)
        decode = decoder(list(query.selected_columns), "duckdb")
        return [decode(row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
