"""The published run of the simulated shop, its customers so many times over, every table filled.

``python benchmarks/grown.py STORE_URL [customers] [results.db]`` publishes it, from another file of
results where one is named. Each copy has ids of its own and a little more money, so that an order
by money is no order of ties.
"""

import dataclasses
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import made
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select

from clientela.store import schema
from clientela.store.arrow_schemas import arrow_schema, build_table
from clientela.store.connect import connect_to_read
from clientela.store.publish import publish
from clientela.store.read import open_reader
from clientela.store.record import RunRecord
from clientela.store.revisions import list_revisions
from clientela.store.run_files import FILTERS, join_parts

WORK = Path(__file__).parent / ".work" / "grown"
CUSTOMERS = 100_000  # where no other number is asked for
LARGE = ("customers", "programme_members")
NOT_COPIED = ("run_files", "contacts", "quarantine", "no_purchases")
GROWING = ("revenue", "expected_revenue", "expected_loss")
PAIRS = 6  # products a customer bought, of those of the shop
DIGITS = 4  # of the number of a copy, before the ids: up to 20 million customers
RAISE = 0.001  # of the money of a copy, over the copy before


def fill_store(customers: int) -> str:
    """Return the URL of a SQLite file of so many customers, made if it is not there."""
    path = WORK / f"results-{list_revisions()[-1]}-{customers}.db"
    if not path.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        aside = WORK / "making.db"
        aside.unlink(missing_ok=True)
        main(f"sqlite:///{aside}", customers)
        aside.rename(path)
    return f"sqlite:///{path}"


def count_customers(url: str) -> int:
    """Return how many customers the published run of a store has."""
    with closing(open_reader(url)) as reader:
        run = reader.current_run()
    return run.customers if run else 0


def name_result(benchmark: str, url: str) -> str:
    """Name what is kept of a benchmark by its store and number of customers."""
    kind = "postgresql" if url.startswith("postgres") else "sqlite"
    return f"{benchmark}-{kind}-{count_customers(url)}"


def main(url: str, customers: int = 1_000_000, source: str = "") -> None:
    """Publish the run and say what it holds."""
    with shop(customers, source) as (record, tables, pairs):
        publish(url, record, tables, purchases=pairs)
        rows = {name: f"{tables[name].num_rows:,}" for name in LARGE}
        print(f"grown: {record.customers:,} customers of {record.run_id}, {rows}")


@contextmanager
def shop(customers: int, source: str = "") -> Iterator[tuple[RunRecord, dict[str, pa.Table], Path]]:
    """Give the record, the tables and the products bought of so many customers."""
    path = Path(source) if source else made.workspace() / "results.db"
    url = f"sqlite:///{path}"
    with tempfile.TemporaryDirectory() as folder:
        with closing(open_reader(url)) as reader:
            run = reader.current_run()
            if run is None:
                raise SystemExit(f"nothing is published in {path}")
            join_parts(reader.read_file(run.run_id, FILTERS), Path(folder, "filters.duckdb"))
        with connect_to_read(url) as connection:
            tables = {
                table.name: _read(connection, table.name, run.run_id)
                for table in schema.OF_A_RUN
                if table.name not in NOT_COPIED
            }
        copies = max(1, customers // run.customers)
        tables |= {name: _grow(tables[name], copies) for name in LARGE}
        pairs = _write_pairs(Path(folder), copies)
        yield dataclasses.replace(run, customers=copies * run.customers), tables, pairs


def _read(connection: Connection, name: str, run_id: str) -> pa.Table:
    table, kinds = schema.metadata.tables[name], arrow_schema(name)
    query = select(*(table.c[column] for column in kinds.names)).where(table.c.run_id == run_id)
    if "customer_id" in kinds.names:
        query = query.order_by(table.c.customer_id)
    rows = [tuple(row) for row in connection.execute(query)]
    return build_table(rows, kinds)


def _grow(table: pa.Table, copies: int) -> pa.Table:
    """Repeat the rows, sharing what does not change."""
    return pa.concat_tables([_copy(table, number, copies) for number in range(copies)])


def _copy(table: pa.Table, number: int, copies: int) -> pa.Table:
    columns = {name: table[name] for name in table.column_names}
    ids = columns["customer_id"].cast(pa.string())
    prefix = f"{number:0{DIGITS}}"
    columns["customer_id"] = pc.binary_join_element_wise(prefix, ids, "")
    for name in GROWING:
        if name in columns:
            columns[name] = pc.multiply(columns[name], 1 + RAISE * number)
    if "contact_rank" in columns:
        ranks = pc.multiply(pc.subtract(columns["contact_rank"], 1), copies)
        columns["contact_rank"] = pc.add(ranks, number + 1)
    return pa.table(columns)


def _write_pairs(folder: Path, copies: int) -> Path:
    """Write what the copies bought: some products a customer, those of the file of filters."""
    target = folder / "pairs.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{folder / 'filters.duckdb'}' AS run (READ_ONLY)")
        connection.execute(
            f"""COPY (
            SELECT printf('%0{DIGITS}d', c.range) || customer_id AS customer_id, product_id
            FROM (SELECT customer_id, product_id FROM run.purchases JOIN run.customers USING (row)
                  QUALIFY row_number() OVER (PARTITION BY row ORDER BY hash(product_id)) <= {PAIRS}
            ), range({copies}) c) TO '{target}' (FORMAT parquet)"""  # noqa: S608 - numbers of ours
        )
    return target


if __name__ == "__main__":
    main(sys.argv[1], int((sys.argv[2:3] or ["1000000"])[0]), "".join(sys.argv[3:4]))
