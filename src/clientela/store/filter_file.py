"""Filters over one run's customers, answered by its DuckDB file.

SQLite reads a million rows one by one, DuckDB the few columns that are asked for. The results
database stays the truth: the file gives counts, sums and ids, the rows come from there.
"""

import operator
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Dialect,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.expression import ColumnElement

from clientela.contract.features import FEATURES
from clientela.contract.tables import ORDER_BITS
from clientela.engine.column_file import ColumnFile
from clientela.store import schema
from clientela.store.buyers import count_buyers
from clientela.store.filter_attributes import (
    KINDS,
    PREFIX,
    Kind,
    check_attributes,
    name_file_column,
    read_attribute,
    read_file_column,
)
from clientela.store.filter_compile import HELD, PURCHASES, REASON_MARK, compile_filter
from clientela.store.filter_queries import check_column, list_order, sum_customers
from clientela.store.filter_rows import FILE_COLUMNS, REASONS
from clientela.store.filters import Filter, check_attribute_values
from clientela.store.queries import Query
from clientela.store.row_decoding import decoder
from clientela.store.row_types import Row

DIALECT: Dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
SECONDS = 2.0  # by convention: nobody waits longer for a count while typing
MOST_RANKED = 200_000
"""Customers of a segment that are sorted for its hundredths: a share of so many is a tenth of a
hundredth off. All 10,000,000 of a firm took 3.6 s of CPU, beyond what a page waits for."""
MOST_TEXTS = 1_000  # by convention: ten times what an attribute has at most
DESCRIBING = tuple(feature.name for feature in FEATURES if feature.dtype == "string")
OF_ATTRIBUTES = tuple(f"{kind}_" for kind in KINDS)

Sets = Mapping[str, pa.Array]
_unlisted = Table("unlisted", MetaData(), Column("row", Integer))


def _define_table(attributes: Iterable[str]) -> Table:
    """Define the file's table of customers with the columns of its attributes."""
    kinds = {"number": Double(), "text": Text()}
    return Table(
        "customers",
        MetaData(),
        Column("row", Integer),
        *(Column(name, schema.customers.c[name].type) for name in FILE_COLUMNS),
        Column(REASONS, Text),
        Column(ORDER_BITS, BigInteger),
        *(Column(name, kinds[read_file_column(name)[1]]) for name in attributes),
        schema="run",
    )


def _compile(query: Query) -> tuple[str, list[object]]:
    compiled = query.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    return str(compiled), [compiled.params[name] for name in compiled.positiontup or ()]


def _build_tables(sets: Sets | None) -> dict[str, pa.Table] | None:
    return {HELD.name: _build_held(sets)} if sets else None


def _build_held(sets: Sets) -> pa.Table:
    """Build the table of sets: a row for each condition and row of the file."""
    numbers = pa.concat_arrays(
        [
            pa.repeat(pa.scalar(number, pa.int8()), len(rows))
            for number, rows in enumerate(sets.values())
        ]
    )
    texts = pa.DictionaryArray.from_arrays(numbers, pa.array(sets, pa.string()))
    return pa.table({"condition": texts, "row": pa.concat_arrays(list(sets.values()))})


class FilterFile:
    """The open file of a run.

    Parameters
    ----------
    path : Path
        The file.
    unlisted : collection of str
        Customers whom no list may name.

    Attributes
    ----------
    attributes : dict
        Attributes of the firm's own, by name, to their kind.
    """

    def __init__(self, path: Path, unlisted: Collection[str] = ()) -> None:
        self._file = ColumnFile(path)
        self._customers = _define_table(
            name for name in self._file.columns if name.startswith(OF_ATTRIBUTES)
        )
        self.attributes = self._find_kinds()
        self._products: dict[str, int] | None = None
        self._any_unlisted = bool(unlisted)
        self._unlisted = frozenset(unlisted)
        if unlisted:
            self._file.hold_unlisted(self.find_rows(list(unlisted)))

    def find_rows(self, ids: Sequence[str]) -> pa.Array:
        """Return the rows of those of some customers whom the file has."""
        return pc.index_in(pa.array(ids, pa.string()), value_set=self._file.ids).drop_null()

    def count(
        self, tree: Filter | None, waiting: Collection[str] = (), sets: Sets | None = None
    ) -> Row:
        """Count the customers that a filter leaves and a list may name, and sum their money.

        Parameters
        ----------
        waiting : collection of str
            Who waits to be erased.
        sets : mapping, optional
            Rows of whom a condition holds that the results database alone knows, by its text.
        """
        narrowed = self._narrow(tree, waiting)
        return self._ask(sum_customers(self._customers).where(*narrowed), sets)[0]

    def list_ids(
        self,
        tree: Filter | None,
        sort: str | None = None,
        *,
        after: str | None = None,
        limit: int | None = None,
        waiting: Collection[str] = (),
        sets: Sets | None = None,
    ) -> pa.Array:
        """Return the ids that a filter leaves and a list may name, in an order, after one."""
        row = self._customers.c.row
        query = select(row).where(*self._narrow(tree, waiting))
        query = query.order_by(*list_order(self._find_sorted(sort), row, sort))
        pages: list[npt.NDArray[np.int32]] = []
        room = limit
        for part in [query] if after is None else self._go_on(query, sort, after):
            pages.append(self._ask_rows(part.limit(room), sets))
            room = None if room is None else room - len(pages[-1])
            if room == 0:
                break
        return self._file.ids.take(pa.array(np.concatenate(pages), pa.int32()))

    def _go_on(self, query: Query, sort: str | None, after: str) -> Iterator[Query]:
        """Yield the queries for what comes after a customer: those with a value, then the rest.

        In one query DuckDB would compare every row instead of skipping what it need not read.
        """
        row, last = self._customers.c.row, self._find_row(after)
        column = self._find_sorted(sort)
        if sort is None or column is None:
            yield query.where(row > last)
            return
        reached = self._ask(select(column).where(row == last))
        value = next(iter(reached[0].values())) if reached else None
        if value is None:
            yield query.where(column.is_(None), row > last)
            return
        bound = literal(value, column.type)
        beyond, level = (operator.lt, operator.le) if sort[0] == "-" else (operator.gt, operator.ge)
        yield query.where(level(column, bound), or_(beyond(column, bound), row > last))
        yield query.where(column.is_(None))

    def _find_sorted(self, sort: str | None) -> ColumnElement[Any] | None:
        """Return the column that customers are sorted by, one of ours or an attribute."""
        if sort is None:
            return None
        name = read_attribute(sort.removeprefix("-"))
        if name is None:
            return self._customers.c[check_column(sort)]
        check_attributes({name}, self.attributes)
        return self._customers.c[name_file_column(name, self.attributes[name])]

    def _find_row(self, customer_id: str) -> int:
        """Return the row of a customer, or the last one before where they would stand."""
        ids, key = self._file.ids, customer_id.encode()
        return bisect_right(range(len(ids)), key, key=lambda row: ids[row].as_py().encode()) - 1

    def _narrow(self, tree: Filter | None, waiting: Collection[str]) -> list[ColumnElement[bool]]:
        """Return the conditions of a filter, and of being listed."""
        row = self._customers.c.row
        listed = []
        if tree is not None:
            check_attribute_values(tree, self.attributes)
            listed.append(compile_filter(tree, self._customers, "duckdb"))
        if self._any_unlisted:
            listed.append(row.not_in(select(_unlisted.c.row)))
        if waiting:
            listed.append(row.not_in([self._find_row(customer_id) for customer_id in waiting]))
        return listed

    def _find_kinds(self) -> dict[str, Kind]:
        """Find of which kind each attribute has values; one without any is left out."""
        columns = [column for column in self._customers.c if column.key.startswith(OF_ATTRIBUTES)]
        if not columns:
            return {}
        counts = self._ask(select(*(func.count(column).label(column.key) for column in columns)))
        return dict(read_file_column(name) for name, values in counts[0].items() if values)

    def count_buyers(
        self,
        tree: Filter | None,
        families: Mapping[str, Sequence[str]],
        waiting: Collection[str] = (),
        sets: Sets | None = None,
    ) -> list[Row]:
        """Count who of a filter's customers bought each family of products, most buyers first.

        Parameters
        ----------
        families : mapping
            Products of each family.
        """
        listed = self._ask_rows(
            select(self._customers.c.row).where(*self._narrow(tree, waiting)), sets
        )
        bought = self._ask_rows(select(PURCHASES.c.row))
        if self._products is None:
            query = select(PURCHASES.c.product_id, func.count().label("pairs"))
            pairs = self._ask(query.group_by(PURCHASES.c.product_id))
            self._products = {str(row["product_id"]): cast(int, row["pairs"]) for row in pairs}
        counts = count_buyers(families, self._products, bought, listed, len(self._file.ids))
        rows: list[Row] = [{"family": name, "customers": n} for name, n in counts.items() if n]
        return sorted(rows, key=lambda row: (-cast(int, row["customers"]), row["family"]))

    def count_scores(
        self, tree: Filter | None, waiting: Collection[str] = (), sets: Sets | None = None
    ) -> list[Row]:
        """Count customers by their scores of recency and frequency, and sum their money."""
        scores = [self._customers.c[name] for name in ("r_score", "f_score")]
        query = sum_customers(self._customers).add_columns(*scores)
        scored = (score.is_not(None) for score in scores)
        query = query.where(*scored, *self._narrow(tree, waiting))
        return self._ask(query.group_by(*scores).order_by(*scores), sets)

    def count_bands(
        self, tree: Filter | None, waiting: Collection[str] = (), sets: Sets | None = None
    ) -> list[Row]:
        """Count customers by segment and risk, and sum their money and what of it may be lost."""
        by = [self._customers.c[name] for name in ("segment", "churn_band")]
        losses = func.sum(self._customers.c.expected_loss).label("expected_loss")
        query = sum_customers(self._customers).add_columns(losses, *by)
        banded = (by[1].is_not(None), *self._narrow(tree, waiting))
        return self._ask(query.where(*banded).group_by(*by).order_by(*by), sets)

    def count_segments(self) -> list[Row]:
        """Count by segment what its measures are made of: of everybody, as segments are counted."""
        by, columns = self._customers.c.segment, self._customers.c
        sums = ("orders", "gross_revenue", "expected_revenue")
        query = select(
            by,
            func.count().label("customers"),
            *(func.sum(columns[name]).label(name) for name in sums),
            func.count().filter(columns.orders > 1).label("repeat_customers"),
            func.count(columns.churn_band).label("banded"),
            func.count().filter(columns.churn_band == "high").label("high_risk"),
            func.count(columns.churn_probability).label("scored"),
            func.sum(columns.churn_probability).label("churn_sum"),
        )
        return self._ask(query.group_by(by).order_by(by))

    def count_reached(
        self, thresholds: Sequence[float], waiting: Collection[str] = ()
    ) -> list[Row]:
        """Count who of the list at risk has an expected loss of so much, and sum those losses.

        Returns
        -------
        list of dict
            ``customers`` and their losses, ``amount``, for each threshold, in their order.
        """
        loss = self._customers.c.expected_loss
        listed = (self._customers.c.contact_rank.is_not(None), *self._narrow(None, waiting))
        return self._count_from(loss, thresholds, listed)

    def list_shares(
        self,
        name: str,
        shares: Sequence[float],
        tree: Filter | None = None,
        waiting: Collection[str] = (),
        sets: Sets | None = None,
    ) -> list[Row]:
        """Count the customers who have the most of an amount, by shares of all who have any.

        Returns
        -------
        list of dict
            ``customers``, their sum ``amount`` and ``least``, what the last of them has: whoever
            has as much belongs to them, so that a filter leaves the same. Most first, each once.
        """
        column = self._customers.c[name]
        listed = (column.is_not(None), *self._narrow(tree, waiting))
        ranks = literal([1.0 - share for share in shares], ARRAY(Double))
        query = select(func.quantile_disc(column, ranks).label("least")).where(*listed)
        amounts = cast("list[float] | None", self._ask(query, sets)[0]["least"])
        least = sorted({float(amount) for amount in amounts or ()}, reverse=True)
        counted = self._count_from(column, least, listed, sets)
        return [{"least": amount} | row for amount, row in zip(least, counted, strict=True)]

    def list_quantiles(
        self,
        segment: int,
        names: Sequence[str],
        shares: Sequence[float],
        waiting: Collection[str] = (),
    ) -> dict[str, tuple[int, list[float]]]:
        """List the values that shares of a segment reach, and how many have any, by column.

        Of a segment beyond ``MOST_RANKED`` every so many-th customer is taken.
        """
        ranks = literal(list(shares), ARRAY(Double))
        columns = [self._customers.c[name] for name in names]
        measures = [func.count(column).label(f"{column.key}_count") for column in columns]
        measures += [func.quantile_disc(column, ranks).label(column.key) for column in columns]
        of_segment = (self._customers.c.segment == segment, *self._narrow(None, waiting))
        held = cast(
            int, self._ask(select(func.count().label("held")).where(*of_segment))[0]["held"]
        )
        every = -(-held // MOST_RANKED)
        taken = (self._customers.c.row % every == 0,) if every > 1 else ()
        row: Any = self._ask(select(*measures).where(*of_segment, *taken))[0]
        return {name: (row[f"{name}_count"], [float(v) for v in row[name] or ()]) for name in names}

    def _count_from(
        self,
        column: ColumnElement[Any],
        thresholds: Sequence[float],
        listed: Sequence[ColumnElement[bool]],
        sets: Sets | None = None,
    ) -> list[Row]:
        """Count who has so much of a column, and sum it, for each threshold in their order."""
        falling = sorted(enumerate(thresholds), key=lambda pair: -pair[1])
        steps = [
            (column >= literal(amount, Double), step) for step, (_, amount) in enumerate(falling)
        ]
        if not steps:
            return []
        # one pass: with a sum for each threshold a million customers take .8 s of CPU
        stepped = select(case(*steps).label("step"), column.label("amount")).where(*listed)
        part = stepped.subquery()
        counts = func.count().label("customers"), func.sum(part.c.amount).label("amount")
        query = select(part.c.step, *counts).group_by(part.c.step)
        rows = {row["step"]: row for row in self._ask(query, sets)}
        counted: dict[int, Row] = {}
        customers, total = 0, 0.0
        for number, (position, _) in enumerate(falling):
            if number in rows:
                customers += cast(int, rows[number]["customers"])
                total += float(cast(float, rows[number]["amount"]))
            counted[position] = {"customers": customers, "amount": total}
        return [counted[position] for position in range(len(thresholds))]

    def count_days(
        self,
        name: str,
        tree: Filter | None = None,
        waiting: Collection[str] = (),
        sets: Sets | None = None,
    ) -> list[Row]:
        """Count customers by a day of theirs: rows of ``day`` and ``customers``."""
        column = self._customers.c[name]
        query = select(column.label("day"), func.count().label("customers"))
        query = query.where(column.is_not(None), *self._narrow(tree, waiting))
        return self._ask(query.group_by(column).order_by(column), sets)

    def suggest_ids(self, beginning: str, limit: int, waiting: Collection[str] = ()) -> list[str]:
        """Return the first ids that begin so, of customers whom a list may name."""
        first = self._find_row(beginning)
        rows = range(max(first, 0), len(self._file.ids))
        begun: list[str] = []
        for customer_id in (self._file.ids[row].as_py() for row in rows):
            if customer_id.startswith(beginning):
                if customer_id not in waiting and customer_id not in self._unlisted:
                    begun.append(customer_id)
            elif customer_id > beginning:
                break
            if len(begun) == limit:
                break
        return begun

    def count_reasons(
        self, tree: Filter | None, waiting: Collection[str] = (), sets: Sets | None = None
    ) -> list[Row]:
        """Count a filter's customers by all that speaks for their leaving, ``reasons``."""
        reasons = self._customers.c[REASONS]
        query = sum_customers(self._customers).add_columns(reasons.label("reasons"))
        query = query.where(reasons.is_not(None), *self._narrow(tree, waiting))
        rows = self._ask(query.group_by(reasons).order_by(reasons), sets)
        return [row | {"reasons": str(row["reasons"]).split(REASON_MARK)[1:-1]} for row in rows]

    def list_products(self, customer_id: str) -> list[str]:
        """List the products that a customer ever bought; none where there is no such customer."""
        row = self._find_row(customer_id)
        if row < 0 or self._file.ids[row].as_py() != customer_id:
            return []
        query = select(PURCHASES.c.product_id).where(PURCHASES.c.row == row)
        return [str(each["product_id"]) for each in self._ask(query)]

    def list_vocabulary(self) -> dict[str, list[str]]:
        """List the different texts of what describes customers, by its column in filters.

        Attributes that hold numbers have none.
        """
        columns = {name: self._customers.c[name] for name in DESCRIBING}
        vocabulary: dict[str, list[str]] = {}
        for name, kind in self.attributes.items():
            if kind == "text":
                columns[PREFIX + name] = self._customers.c[name_file_column(name, kind)]
            else:
                vocabulary[PREFIX + name] = []
        for name, column in columns.items():
            query = select(column.label("text")).where(column.is_not(None)).distinct()
            rows = self._ask(query.order_by(column).limit(MOST_TEXTS))
            vocabulary |= {name: [str(row["text"]) for row in rows]} if rows else {}
        return vocabulary

    def _ask(self, query: Query, sets: Sets | None = None) -> list[Row]:
        rows = self._file.read(*_compile(query), SECONDS, _build_tables(sets))
        decode = decoder(list(query.selected_columns), "duckdb")
        return [decode(row) for row in rows]

    def _ask_rows(self, query: Query, sets: Sets | None = None) -> npt.NDArray[np.int32]:
        """Ask for rows of the file alone, as an array: there may be millions."""
        column = self._file.read_column(*_compile(query), SECONDS, _build_tables(sets))
        rows: npt.NDArray[np.int32] = column.to_numpy()
        return rows

    def close(self) -> None:
        """Close the file."""
        self._file.close()
