"""The one place where the future is cut off: the rows known on a day."""

import datetime as dt
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from clientela.tables.schema import Tables

SALE_COLUMNS = (
    "customer_id",
    "order_id",
    "product_id",
    "quantity",
    "amount",
    "ordered_local",
    "country",
    "channel",
    "service",
    "category",
)
ADJUSTMENT_COLUMNS = (
    "customer_id",
    "order_id",
    "quantity",
    "amount",
    "kind",
    "returns_order_id",
)


@dataclass(frozen=True)
class KnownRows:
    """What is known of the identified customers on ``as_of``, that day included.

    ``sales`` and ``adjustments`` (returns and fees) are each read once and shared by all that
    build on them; a further filter directly upon them would make the engine read them again.
    """

    as_of: dt.date
    sales: ir.Table
    adjustments: ir.Table
    customers: ir.Table | None

    def age_days(self, day: ir.DateValue) -> ir.IntegerValue:
        """Count the days from a day to ``as_of``."""
        return ibis.literal(self.as_of).delta(day, unit="day")


def cut_off(tables: Tables, as_of: dt.date) -> KnownRows:
    """Keep what was known on a day, and tell sales from returns and fees."""
    lines = tables.transactions
    day = lines.ordered_local.date()
    identified = [lines.customer_id.notnull(), day <= ibis.literal(as_of)]
    return KnownRows(
        as_of=as_of,
        sales=lines.filter(*identified, lines.kind == "sale").select(SALE_COLUMNS),
        adjustments=lines.filter(*identified, lines.kind != "sale").select(
            *ADJUSTMENT_COLUMNS, age_days=ibis.literal(as_of).delta(day, unit="day")
        ),
        customers=None if tables.customers is None else _attributes(tables.customers, as_of),
    )


def _attributes(customers: ir.Table, as_of: dt.date) -> ir.Table:
    known_from = customers.known_from
    return customers.filter(known_from.isnull() | (known_from <= ibis.literal(as_of)))
