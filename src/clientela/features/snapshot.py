"""The snapshot: one row a customer, as known on a day."""

import datetime as dt

import ibis.expr.types as ir

from clientela.contract.features import FEATURES
from clientela.features import (
    attributes,
    basket,
    cadence,
    calendar,
    mix,
    returns,
    rfm,
    trend,
    value,
    variety,
)
from clientela.features.cutoff import KnownRows, cut_off
from clientela.features.expressions import Columns
from clientela.features.orders import orders, products
from clientela.tables.schema import Tables

KEY = "customer_id"


def snapshot(tables: Tables, as_of: dt.date) -> ir.Table:
    """Describe every customer with a sale, as known at the end of a day.

    Parameters
    ----------
    tables : Tables
        The canonical tables, of all customers or of some.
    as_of : datetime.date
        The last local day whose rows count.

    Returns
    -------
    ir.Table
        ``customer_id`` and the columns of :data:`clientela.contract.features.FEATURES`, in order.
    """
    customer = aggregate(cut_off(tables, as_of))
    columns: Columns = {}
    for group in (rfm, cadence, value, basket, variety, returns, trend, calendar, mix, attributes):
        columns |= group.columns(customer)
    return customer.select(KEY, **{f.name: columns[f.name].cast(f.dtype) for f in FEATURES})


def aggregate(rows: KnownRows) -> ir.Table:
    """Return one row a customer with the sums that the groups' ``columns`` are made of."""
    return _join_groups(
        _of_orders(rows),
        _of_products(rows),
        _of_adjustments(rows),
        *(mix.of_sales(rows, dimension) for dimension in mix.DIMENSIONS),
        *attributes.of_customers(rows),
    )


def _of_orders(rows: KnownRows) -> ir.Table:
    placed = orders(rows)
    sums: Columns = {}
    for group in (rfm, cadence, value, basket, returns, trend, calendar):
        sums |= group.of_orders(placed)
    return placed.group_by(KEY).aggregate(**sums)


def _of_products(rows: KnownRows) -> ir.Table:
    bought = products(rows)
    age_days = rows.age_days(bought.first_at.date())
    return bought.group_by(KEY).aggregate(
        **basket.of_products(bought), **variety.of_products(bought, age_days)
    )


def _of_adjustments(rows: KnownRows) -> ir.Table:
    adjustments = rows.adjustments
    return adjustments.group_by(KEY).aggregate(
        **rfm.of_adjustments(adjustments),
        **returns.of_adjustments(adjustments),
        **trend.of_adjustments(adjustments),
    )


def _join_groups(customer: ir.Table, *groups: ir.Table) -> ir.Table:
    for position, other in enumerate(groups):
        customer = customer.left_join(other, KEY, rname="{name}_" + str(position))
    return customer
