"""The snapshot as SQL, upon tables named ``transactions`` and ``customers``.

For DuckDB it is compiled ahead, into ``snapshot.duckdb.sql``: to write it anew takes as long as to
describe the customers of 300,000 lines. ``scripts/snapshot_sql.py`` writes the file from the
expressions, and a test holds the two equal.
"""

import datetime as dt
from importlib import resources

import ibis

from clientela.engine import Engine, merged_selects
from clientela.features.later import later
from clientela.features.snapshot import snapshot
from clientela.tables.schema import CUSTOMERS, TRANSACTIONS, Tables, ibis_schema

AHEAD = {"duckdb": "snapshot.duckdb.sql"}
ANY_DAY = dt.date(9999, 12, 31)  # stands in the files where as_of goes


def snapshot_sql(engine: Engine, as_of: dt.date) -> str:
    """Give the SQL of the snapshot of a day."""
    if engine.name not in AHEAD:
        return compiled_now(engine, as_of)
    text = resources.files("clientela.features").joinpath(AHEAD[engine.name]).read_text("utf-8")
    return text.replace(_written(ANY_DAY), _written(as_of))


def compiled_now(engine: Engine, as_of: dt.date) -> str:
    """Write the SQL from the expressions."""
    by_name = Tables(
        transactions=ibis.table(ibis_schema(TRANSACTIONS), name="transactions"),
        customers=ibis.table(ibis_schema(CUSTOMERS), name="customers"),
    )
    with merged_selects():  # evaluated for many days, it must be planned quickly
        return engine.compile(snapshot(by_name, as_of))


def later_sql(engine: Engine, after: dt.date, upto: dt.date) -> str:
    """Give the SQL of what customers did after a day and up to another."""
    transactions = ibis.table(ibis_schema(TRANSACTIONS), name="transactions")
    return engine.compile(later(transactions, after, upto))


def _written(day: dt.date) -> str:
    return f"MAKE_DATE({day.year}, {day.month}, {day.day})"
