"""A DuckDB file of one run's customers, written once and then read by filters alone.

One thread and little memory: a server answers other requests beside.
"""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.tables import MOST_BITS, ORDER_BITS, ORDER_MONTHS
from clientela.errors import DiskFull, InputError, PlatformError, StoreError

T = TypeVar("T")
MOST_TIMES = 10  # by convention: a machine that is busier than that answers nobody
LIMITS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "300MB",  # a page of 1,000,000 customers of 97 columns needs some 100 MB
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
FULL = tuple(os.strerror(code) for code in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT))
"""What the system says where a disk, a file or a quota is full."""
COPY = """
CREATE TABLE customers AS
SELECT (row_number() OVER (ORDER BY customer_id) - 1)::INTEGER AS row, * EXCLUDE (row)
FROM (SELECT s.* REPLACE (coalesce(r.new, s.customer_id) AS customer_id{blanked})
      FROM source.customers s LEFT JOIN replaced r ON r.old = s.customer_id
      WHERE s.customer_id NOT IN (SELECT unnest($1::VARCHAR[])))
ORDER BY row
"""
COPY_PURCHASES = """
CREATE TABLE purchases AS SELECT p.product_id, c.row FROM source.purchases p
JOIN source.customers s ON s.row = p.row LEFT JOIN replaced r ON r.old = s.customer_id
JOIN customers c ON c.customer_id = coalesce(r.new, s.customer_id)
ORDER BY product_id, c.row
"""
# Of a million customers a month is counted in 15 ms of CPU by pairs, by digits in 55
MONTHS = """
CREATE TABLE order_months AS SELECT month, age, row FROM ordered ORDER BY month, row
"""
COPY_MONTHS = """
CREATE TABLE order_months AS SELECT m.month, m.age, c.row FROM source.order_months m
JOIN source.customers s ON s.row = m.row LEFT JOIN replaced r ON r.old = s.customer_id
JOIN customers c ON c.customer_id = coalesce(r.new, s.customer_id)
ORDER BY month, c.row
"""
YEAR_MONTHS = 12  # as calendars have it
PURCHASES = """
CREATE TABLE purchases AS SELECT p.product_id, c.row FROM read_parquet($1) p
JOIN customers c USING (customer_id) ORDER BY product_id, row
"""


@contextmanager
def tell_full_disk(path: Path | None = None) -> Iterator[None]:
    """Say in one sentence that there is no room, which DuckDB says in several classes.

    Raises
    ------
    DiskFull
        There is none.
    """
    import duckdb

    try:
        yield
    except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
        if any(text in str(error) for text in FULL):
            raise DiskFull(
                "no space left on the disk", where=str(path or ""), do="free it, run again"
            ) from error
        raise


def write_column_file(
    path: Path, batches: Iterable[pa.RecordBatch], purchases: Path | None = None
) -> None:
    """Write customers, numbered densely by ``row`` in the order they come, and what they bought.

    Parameters
    ----------
    batches : iterable of pa.RecordBatch
        Customers by ``customer_id``; at least one batch. Their column :data:`ORDER_MONTHS`, if any,
        stands beside ``first_order_date``.
    purchases : Path, optional
        Parquet of ``customer_id`` and ``product_id``, each pair once: a file, or a folder
        of folders of files. Without it the file knows no products.
    """
    import duckdb

    first, months = 0, list[pa.Table]()
    with tell_full_disk(path), duckdb.connect(str(path), config=LIMITS) as connection:
        for batch in batches:
            rows = pa.array(range(first, first + batch.num_rows), pa.int32())
            numbered = pa.Table.from_batches([batch]).add_column(0, "row", rows)
            if ORDER_MONTHS in numbered.column_names:
                months.append(_list_months(numbered))
                numbered = numbered.drop_columns([ORDER_MONTHS])
                numbered = numbered.append_column(ORDER_BITS, _join_bits(months[-1], rows))
            part = connection.from_arrow(numbered)
            if first:
                part.insert_into("customers")
            else:
                part.create("customers")
            first += batch.num_rows
        if months:
            connection.register("ordered", pa.concat_tables(months))
            connection.execute(MONTHS)
        if purchases is not None:
            files = purchases / "*" / "*.parquet" if purchases.is_dir() else purchases
            connection.execute(PURCHASES, [str(files)])


def _list_months(customers: pa.Table) -> pa.Table:
    """List the months in which customers ordered: by the calendar, and from that of the first.

    Examples
    --------
    >>> import datetime as dt
    >>> columns = {"row": [7, 8], "first_order_date": [dt.date(2011, 12, 24), None]}
    >>> listed = _list_months(pa.table(columns | {ORDER_MONTHS: ["101", None]}))
    >>> [
    ...     (month % YEAR_MONTHS + 1, age, row)
    ...     for month, age, row in zip(*listed.to_pydict().values())
    ... ]
    [(12, 0, 7), (2, 2, 7)]
    """
    days, digits = customers["first_order_date"], customers[ORDER_MONTHS]
    known = customers.filter(pc.and_(pc.is_valid(days), pc.is_valid(digits)))
    texts = known[ORDER_MONTHS].cast(pa.large_string()).combine_chunks()
    lengths = pc.utf8_length(texts).to_numpy().astype(np.int64)
    begins = np.cumsum(lengths) - lengths
    written = np.frombuffer("".join(texts.to_pylist()).encode(), np.uint8)
    places = np.flatnonzero(written == ord("1"))
    owners = np.repeat(np.arange(len(lengths)), lengths)[places]
    ages = places - begins[owners]
    first = known["first_order_date"]
    first_months = pc.add(pc.multiply(pc.year(first), YEAR_MONTHS), pc.month(first)).to_numpy() - 1
    columns = first_months[owners] + ages, ages, known["row"].to_numpy()[owners]
    kinds = {"month": np.int32, "age": np.int16, "row": np.int32}
    named = zip(kinds.items(), columns, strict=True)
    return pa.table({name: column.astype(kind) for (name, kind), column in named})


def _join_bits(months: pa.Table, rows: pa.Array) -> pa.Array:
    """Join the first months of each of some consecutive rows to the bits of a number.

    Examples
    --------
    >>> months = pa.table({"age": pa.array([0, 2], pa.int16()), "row": [7, 7]})
    >>> _join_bits(months, pa.array([7, 8])).to_pylist()
    [5, 0]
    """
    bits = np.zeros(len(rows), np.int64)
    if len(rows):
        ages = months["age"].to_numpy().astype(np.int64)
        owners = months["row"].to_numpy() - rows[0].as_py()
        known = ages < MOST_BITS
        np.add.at(bits, owners[known], np.left_shift(1, ages[known]))
    return pa.array(bits)


def copy_column_file(
    source: Path,
    target: Path,
    ids: Sequence[str],
    replaced: Mapping[str, str] | None = None,
    blank: Callable[[str], str] | None = None,
) -> None:
    """Write a file anew without some customers, others' ids replaced: no byte is copied.

    Parameters
    ----------
    blank : callable, optional
        Takes out of a text of others what names those customers.
    """
    import duckdb

    pairs = replaced or {}
    columns = {"old": pa.array(pairs, pa.string()), "new": pa.array(pairs.values(), pa.string())}
    with tell_full_disk(target), duckdb.connect(str(target), config=LIMITS) as connection:
        connection.execute(f"ATTACH '{source}' AS source (READ_ONLY)")
        connection.register("replaced", pa.table(columns))
        blanked = _blank_texts(connection, blank) if blank is not None else ""
        connection.execute(COPY.format(blanked=blanked), [list(ids)])
        held = _list_tables(connection)
        for name, copy in (("purchases", COPY_PURCHASES), (ORDER_MONTHS, COPY_MONTHS)):
            if name in held:
                connection.execute(copy)
        connection.execute("DETACH source")


def _blank_texts(connection: Any, blank: Callable[[str], str]) -> str:
    """Return what puts other words in the place of texts that change, behind the ids."""
    source, replacements = connection.sql("FROM source.customers"), ""
    for name, kind in zip(source.columns, source.types, strict=True):
        if str(kind) != "VARCHAR" or name == "customer_id":
            continue
        column = '"' + name.replace('"', '""') + '"'
        texts = [row[0] for row in source.select(column).distinct().fetchall() if row[0]]
        changed = {text: new for text in texts if (new := blank(text)) != text}
        if changed:
            table = f"blanked_{source.columns.index(name)}"
            old, new = (pa.array(texts, pa.string()) for texts in (changed, changed.values()))
            connection.register(table, pa.table({"old": old, "new": new}))
            other = f"SELECT b.new FROM {table} b WHERE b.old = s.{column}"  # noqa: S608 - quoted
            replacements += f", coalesce(({other}), s.{column}) AS {column}"
    return replacements


def _list_tables(connection: Any) -> set[str]:
    names = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    return {name for (name,) in names}


@contextmanager
def _interrupt_after(seconds: float, interrupt: Callable[[], object]) -> Iterator[None]:
    """Interrupt what this thread does once it has spent so many seconds of CPU.

    Not of the clock on the wall: an honest question waits for its share of a busy machine.
    """
    done, clock = threading.Event(), _find_clock()
    end, latest = clock() + seconds, time.monotonic() + MOST_TIMES * seconds

    def watch() -> None:
        rest = seconds
        while not done.wait(rest):
            rest = min(end - clock(), latest - time.monotonic())
            if rest <= 0:
                interrupt()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _find_clock() -> Callable[[], float]:
    """Return the clock of this thread's CPU; that on the wall where the system has none."""
    find = getattr(time, "pthread_getcpuclockid", None)
    if find is None:
        return time.monotonic
    return partial(time.clock_gettime, find(threading.get_ident()))


class ColumnFile:
    """An open file, attached as ``run``; the statements of several threads may run at once.

    Parameters
    ----------
    path : Path
        The file. Once it is open it may be unlinked: its room is free when it is closed.

    Attributes
    ----------
    columns : list of str
        The columns of customers.
    ids : pa.Array
        The id of each row.
    """

    def __init__(self, path: Path) -> None:
        import duckdb

        self._connection = duckdb.connect(config=LIMITS)
        self._connection.execute(f"ATTACH '{path}' AS run (READ_ONLY)")
        self.is_whole = {"purchases", ORDER_MONTHS} <= _list_tables(self._connection)
        self.columns: list[str] = self._connection.sql("FROM run.customers").columns
        ids = self._connection.sql("SELECT customer_id FROM run.customers ORDER BY row")
        self.ids: pa.Array = ids.to_arrow_table()["customer_id"].combine_chunks()
        self._connection.execute("CREATE TABLE unlisted (row INTEGER)")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def hold_unlisted(self, rows: pa.Array) -> None:
        """Hold the rows of customers whom no list may name as the table ``unlisted``."""
        self._connection.from_arrow(pa.table({"row": rows})).insert_into("unlisted")

    def read(
        self,
        statement: str,
        values: Sequence[object],
        seconds: float,
        tables: Mapping[str, pa.Table] | None = None,
    ) -> list[tuple[Any, ...]]:
        """Run a statement with its values bound, over tables of its own besides.

        Raises
        ------
        PlatformError
            It took more than so many seconds of CPU, or more memory than there is.
        StoreError
            The file lacks a column of ours.
        """

        def fetch(cursor: Any) -> list[tuple[Any, ...]]:
            rows: list[tuple[Any, ...]] = cursor.execute(statement, list(values)).fetchall()
            return rows

        return self._run(fetch, seconds, tables)

    def read_column(
        self,
        statement: str,
        values: Sequence[object],
        seconds: float,
        tables: Mapping[str, pa.Table] | None = None,
    ) -> pa.ChunkedArray:
        """Return a statement's one column, of millions of rows perhaps; errors as :meth:`read`."""

        def fetch(cursor: Any) -> pa.ChunkedArray:
            return cursor.sql(statement, params=list(values)).to_arrow_table().column(0)

        return self._run(fetch, seconds, tables)

    def _run(
        self,
        fetch: Callable[[Any], T],
        seconds: float,
        tables: Mapping[str, pa.Table] | None,
    ) -> T:
        import duckdb

        cursor = self._connection.cursor()
        for name, content in (tables or {}).items():
            cursor.register(name, content)  # seen by this cursor alone
        try:
            with _interrupt_after(seconds, cursor.interrupt):
                return fetch(cursor)
        except (duckdb.InterruptException, duckdb.OutOfMemoryException):
            raise PlatformError(
                "the filter asks for more than this server gives to one question",
                do="ask for less, or try again when the server has less to do",
            ) from None
        except duckdb.CatalogException:
            if self.is_whole:
                raise
            raise InputError(
                "these results do not know what was bought, or when", do="wait for the next run"
            ) from None
        except duckdb.BinderException as error:  # names were checked, so the file lacks them
            raise StoreError(
                f"the file of filters was made by another build: {str(error).splitlines()[0]}",
                do="move the results database away, and run again",
            ) from error
        finally:
            cursor.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
