"""One query, read once and evaluated again and again on a few rows at a time.

DuckDB plans a query upon tables anew each time, which takes several times as long as to evaluate
it for one customer. What nobody asks for is therefore cut out of the query ahead, joins included,
and the optimizers that take longest and gain least on few rows are left out.
"""

import datetime as dt
import threading
from collections.abc import Callable, Mapping

import pyarrow as pa

from clientela.errors import PlatformError

MEMORY_MB = 256  # by convention: statements are planned on tables without rows
NAME = "planned"
SLOW = ("expression_rewriter", "join_order", "projection_pullup")
"""Optimizers that take two thirds of the time of all, and change no answer."""


class Statement:
    """A kept query with a day as its one parameter, on a DuckDB of its own.

    Threads may share it; they are answered one after another.

    Parameters
    ----------
    sql : str
        The query, upon the tables; ``$1`` stands for the day.
    tables : mapping of str to pa.Schema
        The tables it reads, with the types of their columns.
    result : pa.Schema
        Columns and types of the answer; others of the query are not computed.
    """

    def __init__(self, sql: str, tables: Mapping[str, pa.Schema], result: pa.Schema) -> None:
        import duckdb

        self._result = result
        self._tables = dict(tables)
        self._lock = threading.Lock()
        self._con = duckdb.connect(
            ":memory:",
            config={
                "threads": 1,
                "memory_limit": f"{MEMORY_MB}MB",
                "disabled_optimizers": ",".join(SLOW),
            },
        )
        for name, schema in tables.items():
            nothing = pa.Table.from_batches([], schema)
            self._con.from_arrow(nothing).create(name)
        self._con.execute(f"PREPARE {NAME} AS {_narrow_columns(sql, result.names, tables)}")

    def answer(self, day: dt.date, rows: Mapping[str, pa.Table]) -> pa.Table:
        """Evaluate the query on a day and these rows of the tables; a table left out is empty.

        Raises
        ------
        PlatformError
            Memory does not hold the rows.
        """
        import duckdb

        with self._lock:
            try:
                self._fill(rows)
                result_rows = self._con.execute(
                    f"EXECUTE {NAME}(DATE '{day.isoformat()}')"
                ).fetchall()
            except duckdb.OutOfMemoryException as error:
                raise PlatformError(
                    f"DuckDB ran out of memory: {error}", do="send fewer rows at once"
                ) from error
        columns = list(zip(*result_rows, strict=True)) or [()] * len(self._result)
        arrays = [
            pa.array(values, field.type)
            for values, field in zip(columns, self._result, strict=True)
        ]
        return pa.table(arrays, schema=self._result)

    def close(self) -> None:
        """Free what it holds."""
        self._con.close()

    def _fill(self, rows: Mapping[str, pa.Table]) -> None:
        for name, schema in self._tables.items():
            self._con.execute(_EMPTIED.format(name))
            if name in rows and rows[name].num_rows:
                self._con.from_arrow(rows[name].select(schema.names)).insert_into(name)


_EMPTIED = "TRUNCATE {}"


def _narrow_columns(sql: str, names: list[str], tables: Mapping[str, pa.Schema]) -> str:
    """Leave out the columns that nobody asks for, and what they alone need."""
    import sqlglot
    from sqlglot.optimizer.eliminate_joins import eliminate_joins
    from sqlglot.optimizer.pushdown_projections import pushdown_projections
    from sqlglot.optimizer.qualify import qualify

    subquery = sqlglot.parse_one(sql, dialect="duckdb", into=sqlglot.exp.Select).subquery("whole")
    columns = [sqlglot.exp.column(name, quoted=True) for name in names]
    column_types = {name: dict.fromkeys(schema.names, "unknown") for name, schema in tables.items()}
    query = qualify(sqlglot.select(*columns).from_(subquery), schema=column_types, dialect="duckdb")
    joined_less: Callable[[sqlglot.Expression], sqlglot.Expression] = eliminate_joins
    for _ in range(2):  # a join that is gone leaves columns that nobody asks for
        query = joined_less(pushdown_projections(query, schema=column_types, dialect="duckdb"))
    return str(query.sql("duckdb"))
