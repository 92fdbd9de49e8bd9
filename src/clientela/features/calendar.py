"""On which days and at which hours, local time, a customer orders."""

import ibis.expr.types as ir

from clientela.features.expressions import Columns, per_order

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# By convention: quarters of the day, both hours included.
HOURS = {"night": (0, 5), "morning": (6, 11), "afternoon": (12, 17), "evening": (18, 23)}


def of_orders(orders: ir.Table) -> Columns:
    """Count a customer's orders by weekday and by part of the day."""
    days = {name: orders.count(where=orders.weekday == i) for i, name in enumerate(WEEKDAYS)}
    return days | {
        part: orders.count(where=orders.hour.between(*hours)) for part, hours in HOURS.items()
    }


def columns(customer: ir.Table) -> Columns:
    """Return the group's features."""
    days = {f"weekday_share_{name}": per_order(customer[name], customer) for name in WEEKDAYS}
    return days | {f"hour_share_{name}": per_order(customer[name], customer) for name in HOURS}
