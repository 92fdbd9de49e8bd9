"""The snapshot as SQL, upon tables named ``transactions`` and ``customers``.

For DuckDB it is compiled ahead, into ``snapshot.duckdb.sql``: to write it anew takes as long as to
describe the customers of 300,000 lines. ``scripts/snapshot_sql.py`` writes the file from the
expressions, and a test holds the two equal.
"""

import datetime as dt

import ibis

from clientela.contract.tables import CUSTOMERS
from clientela.engine import Engine, merged_selects
from clientela.features.lines import lines
from clientela.features.planned import ANY_DAY, FILE, ahead, written
from clientela.features.snapshot import snapshot
from clientela.tables.schema import Tables, ibis_schema

AHEAD = {"duckdb": FILE}


def snapshot_sql(engine: Engine, as_of: dt.date) -> str:
    """Give the SQL of the snapshot of a day."""
    if engine.name not in AHEAD:
        return compiled_now(engine, as_of)
    return ahead().replace(written(ANY_DAY), written(as_of))


def compiled_now(engine: Engine, as_of: dt.date) -> str:
    """Write the SQL from the expressions."""
    by_name = Tables(
        transactions=lines(),
        customers=ibis.table(ibis_schema(CUSTOMERS), name="customers"),
    )
    with merged_selects():  # evaluated for many days, it must be planned quickly
        return engine.compile(snapshot(by_name, as_of))
