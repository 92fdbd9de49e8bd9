"""What a customer gives back."""

import ibis.expr.types as ir

from clientela.features.expressions import Columns, ratio


def of_orders(orders: ir.Table) -> Columns:
    """Count the orders that were given back whole."""
    return {"cancelled_orders": orders.count(where=orders.cancelled)}


def of_adjustments(adjustments: ir.Table) -> Columns:
    """Sum up a customer's returns."""
    returned = adjustments.kind == "return"
    unmatched = returned & adjustments.returns_order_id.isnull()
    return {
        "returned_units": -adjustments.quantity.sum(where=returned),
        "return_orders": adjustments.order_id.nunique(where=returned),
        "unmatched_returned": -adjustments.amount.sum(where=unmatched),
        "days_since_last_return": adjustments.age_days.min(where=returned),
    }


def columns(customer: ir.Table) -> Columns:
    """Return the group's features."""
    return {
        "returned_units": customer.returned_units.fill_null(0),
        "return_orders": customer.return_orders.fill_null(0),
        "returned_share": ratio(customer.returned.fill_null(0), customer.gross),
        "unmatched_returned_amount": customer.unmatched_returned.fill_null(0),
        "cancelled_orders": customer.cancelled_orders,
        "days_since_last_return": customer.days_since_last_return,
    }
