"""The last days against the days before."""

import ibis.expr.types as ir

from clientela.features.expressions import Columns, ratio

WINDOWS_DAYS = (30, 90, 365)  # by convention: a month, a quarter and a year
TRENDS_DAYS = (30, 90)  # by convention: a month and a quarter, each beside the one before


def of_orders(orders: ir.Table) -> Columns:
    """Sum up a customer's orders of the last days, and of as many days before."""
    age, amount = orders.age_days, orders.amount
    counts = {f"orders_{n}d": orders.count(where=age < n) for n in WINDOWS_DAYS}
    last = {f"gross_{n}d": amount.sum(where=age < n) for n in WINDOWS_DAYS}
    before = {
        f"gross_{n}d_before": amount.sum(where=(age >= n) & (age < 2 * n)) for n in TRENDS_DAYS
    }
    return counts | last | before


def of_adjustments(adjustments: ir.Table) -> Columns:
    """Sum up what a customer returned in the last days, whenever it was bought."""
    returned, age = adjustments.kind == "return", adjustments.age_days
    return {
        f"returned_{n}d": -adjustments.amount.sum(where=returned & (age < n)) for n in WINDOWS_DAYS
    }


def columns(customer: ir.Table) -> Columns:
    """Return the group's features."""
    revenue = {
        f"revenue_{n}d": _sum(customer, f"gross_{n}d") - _sum(customer, f"returned_{n}d")
        for n in WINDOWS_DAYS
    }
    counts = {f"orders_{n}d": customer[f"orders_{n}d"] for n in WINDOWS_DAYS}
    return counts | revenue | {f"trend_{n}d": _trend(customer, n) for n in TRENDS_DAYS}


def _trend(customer: ir.Table, days: int) -> ir.FloatingValue:
    last, before = _sum(customer, f"gross_{days}d"), _sum(customer, f"gross_{days}d_before")
    return ratio(last - before, last + before)


def _sum(customer: ir.Table, name: str) -> ir.DecimalValue:
    """Read a sum that is null where there was nothing to add."""
    return customer[name].fill_null(0)
