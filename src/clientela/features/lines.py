"""The canonical transactions as expressions stand upon them, one group of buckets after another."""

import datetime as dt

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from clientela.contract.tables import TRANSACTIONS
from clientela.tables.schema import ibis_schema


def lines() -> ir.Table:
    """Return the table that :meth:`clientela.features.history.History.each` binds."""
    return ibis.table(ibis_schema(TRANSACTIONS), name="transactions")


def bound(name: str, schema: pa.Schema) -> ir.Table:
    """Return the table of a schema that the engine has under a name when a query runs."""
    return ibis.table(ibis.Schema.from_pyarrow(schema), name=name)


def sales(upto: dt.date) -> ir.Table:
    """Return the lines that identified customers bought up to a day, with the local ``day``."""
    every = lines()
    day = every.ordered_local.date()
    sold = every.filter(
        every.customer_id.notnull(), day <= ibis.literal(upto), every.kind == "sale"
    )
    return sold.mutate(day=sold.ordered_local.date())
