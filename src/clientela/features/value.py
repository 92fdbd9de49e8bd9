"""How much an order and a unit are worth."""

import ibis.expr.types as ir

from clientela.features.expressions import Columns, deviation, per_order, ratio


def of_orders(orders: ir.Table) -> Columns:
    """Sum up what a customer's orders brought."""
    above = orders.above_least
    wider = above.cast("decimal(19, 4)")  # a product of two DECIMAL(18) overflows on DuckDB
    return {
        "largest_order": orders.amount.max(),
        "above_least": above.sum(),
        "above_least_squares": (above * wider).sum(),
    }


def columns(customer: ir.Table) -> Columns:
    """Return the group's features.

    The deviation is taken from what each order brought above the smallest one, so that large and
    nearly equal orders lose no digits.
    """
    return {
        "average_order_value": per_order(customer.gross, customer),
        "largest_order_amount": customer.largest_order,
        "order_amount_std": deviation(
            customer.above_least_squares, customer.above_least, customer.orders
        ),
        "average_unit_price": ratio(customer.gross, customer.units),
    }
