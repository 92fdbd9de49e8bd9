"""The snapshot of a whole workspace, computed group by group of buckets in bounded memory."""

import datetime as dt
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.features import FEATURES
from clientela.contract.tables import CUSTOMERS
from clientela.engine import Engine
from clientela.features.snapshot import KEY
from clientela.features.snapshot_sql import snapshot_sql
from clientela.store.arrow_schemas import ARROW_TYPES
from clientela.tables.schema import Tables, ibis_schema

SCHEMA = pa.schema([(KEY, pa.string()), *((f.name, ARROW_TYPES[f.dtype]) for f in FEATURES)])


def build(
    engine: Engine,
    read: Callable[[Sequence[str]], Tables],
    as_of: dt.date,
    groups: Sequence[Sequence[str]],
    names: Sequence[str] | None = None,
) -> pa.Table:
    """Describe every customer with a sale, as known at the end of a day.

    Parameters
    ----------
    engine : Engine
        What computes.
    read : callable
        Gives the canonical tables of some buckets; all lines of a customer stand in one bucket.
    as_of : datetime.date
        The last local day whose rows count.
    groups : sequence of sequences of str
        Buckets to compute together; one group at a time is in memory.
    names : sequence of str, optional
        Features wanted, which costs less than all.

    Returns
    -------
    pyarrow.Table
        ``customer_id`` and the features, in the order of the catalogue, sorted by ``customer_id``.
    """
    evaluate = prepare_snapshot(engine, as_of, names)
    parts = [_own(evaluate(read(group))) for group in groups]
    return join_parts(parts, schema_of(names))


def schema_of(names: Sequence[str] | None) -> pa.Schema:
    """Return the schema of a snapshot of some features, or of all."""
    if names is None:
        return SCHEMA
    return pa.schema([field for field in SCHEMA if field.name in {KEY, *names}])


def prepare_snapshot(
    engine: Engine, as_of: dt.date, names: Sequence[str] | None = None
) -> Callable[[Tables], pa.Table]:
    """Prepare the snapshot of a day, to be evaluated on one set of tables after another."""
    sql, schema = snapshot_sql(engine, as_of), schema_of(names)
    nobody = engine.from_arrow(_empty(ibis_schema(CUSTOMERS).to_pyarrow()))

    def evaluate(tables: Tables) -> pa.Table:
        engine.bind("transactions", tables.transactions)
        engine.bind("customers", nobody if tables.customers is None else tables.customers)
        return engine.query(sql, schema)

    return evaluate


def _own(part: pa.Table) -> pa.Table:
    """Copy a part out of the engine's batches, so that each of its columns is freed by itself."""
    return part.combine_chunks(memory_pool=pa.system_memory_pool())


def join_parts(parts: list[pa.Table], schema: pa.Schema) -> pa.Table:
    """Join the parts in the order of the customers, with only one column in memory twice."""
    table = pa.concat_tables([_empty(schema), *parts])
    parts.clear()
    order = pc.sort_indices(table[KEY])
    columns = table.columns
    del table
    for position in range(len(columns)):
        columns[position] = pc.take(columns[position], order, memory_pool=pa.system_memory_pool())
    return pa.table(columns, schema=schema)


def _empty(schema: pa.Schema) -> pa.Table:
    """Make a table without rows; Schema.empty_table would import pandas where it is installed."""
    return pa.Table.from_batches([], schema)
