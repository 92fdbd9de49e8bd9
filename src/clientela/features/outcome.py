"""What customers did after a day: the outcome beside a snapshot, never a part of it."""

import datetime as dt

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from clientela.contract.tables import TOTAL
from clientela.features.lines import lines

OUTCOME = pa.schema(
    [
        ("customer_id", pa.string()),
        ("later_revenue", pa.float64()),
        ("later_gross_revenue", pa.float64()),
        ("later_returned_amount", pa.float64()),
        ("later_orders", pa.int64()),
        ("later_units", pa.float64()),
        ("later_returned_units", pa.float64()),
        ("later_products", pa.int64()),
    ]
)
"""Columns of the outcome; money in the one currency of the tables, ``later_revenue`` net."""


def sum_outcomes(after: dt.date, upto: dt.date) -> ir.Table:
    """Sum up what identified customers did in the days (after, upto] of the firm's zone.

    Returns
    -------
    ir.Table
        The columns of :data:`LATER`, one row a customer with any sale or return in those days.
    """
    t = lines()
    day = t.ordered_local.date()
    t = t.filter(
        t.customer_id.notnull(),
        day > ibis.literal(after),
        day <= ibis.literal(upto),
        t.kind != "fee",
    )
    sale, back = t.kind == "sale", t.kind == "return"
    return t.group_by("customer_id").aggregate(
        later_revenue=_sum(t.amount),
        later_gross_revenue=_sum(t.amount, sale),
        later_returned_amount=_sum(-t.amount, back),
        later_orders=t.order_id.nunique(where=sale).cast("int64"),
        later_units=_sum(t.quantity, sale),
        later_returned_units=_sum(-t.quantity, back),
        later_products=t.product_id.nunique(where=sale).cast("int64"),
    )


def _sum(amount: ir.DecimalColumn, where: ir.BooleanColumn | None = None) -> ir.FloatingScalar:
    return amount.sum(where=where).fill_null(0).cast(TOTAL).cast("float64")
