"""The frame of the Buy Till You Die models: counts and ages of purchase days.

Its columns are those of lifetimes and PyMC-Marketing, and drop into them.
"""

import datetime as dt
from typing import Literal

import ibis.expr.types as ir

from clientela.features.cutoff import KnownRows, cut_off
from clientela.features.expressions import double, ratio
from clientela.features.orders import sum_linked_returns, sum_orders
from clientela.tables.schema import Tables

DAY = ["customer_id", "day"]


def btyd(tables: Tables, as_of: dt.date, *, amount: Literal["gross", "net"] = "gross") -> ir.Table:
    """Summarise each customer's purchase days, exactly as lifetimes does in units of days.

    Parameters
    ----------
    tables : Tables
        The canonical tables.
    as_of : datetime.date
        The end of the observation period.
    amount : {"gross", "net"}
        Whether a day's money is what was sold, or that less what of its orders was returned by
        ``as_of``.

    Returns
    -------
    ir.Table
        ``customer_id``; ``frequency``, purchase days after the first; ``recency``, days from the
        first purchase day to the last; ``T``, days from the first to ``as_of``;
        ``monetary_value``, mean money of the purchase days after the first, 0 where there is none.
        All but the id are doubles.

    References
    ----------
    lifetimes 0.11.3, ``lifetimes.utils.summary_data_from_transaction_data`` with ``freq="D"``.
    Fader, Hardie & Lee (2005), Marketing Science 24(2), doi:10.1287/mksc.1040.0098.
    """
    rows = cut_off(tables, as_of)
    days = _sum_sales(rows) if amount == "gross" else _subtract_returns(rows)
    customer = days.group_by("customer_id").aggregate(
        days=days.count(),
        first=days.day.min(),
        last=days.day.max(),
        total=days.amount.sum(),
        first_amount=days.amount.argmin(days.day),
    )
    repeats = customer.days - 1
    return customer.select(
        "customer_id",
        frequency=double(repeats),
        recency=double(customer["last"].delta(customer["first"], unit="day")),
        T=double(rows.age_days(customer["first"])),
        monetary_value=ratio(customer.total - customer.first_amount, repeats).fill_null(0.0),
    )


def _sum_sales(rows: KnownRows) -> ir.Table:
    sales = rows.sales
    return sales.group_by("customer_id", day=sales.ordered_local.date()).aggregate(
        amount=sales.amount.sum()
    )


def _subtract_returns(rows: KnownRows) -> ir.Table:
    """Take what was returned of an order from the day it was placed."""
    orders = sum_orders(rows.sales).inner_join(
        sum_linked_returns(rows.adjustments), ["customer_id", "order_id"]
    )
    returned = orders.group_by("customer_id", day=orders.first_at.date()).aggregate(
        returned=orders.returned.sum()
    )
    days = _sum_sales(rows).left_join(returned, DAY)
    return days.select(*DAY, amount=days.amount - days.returned.fill_null(0))
