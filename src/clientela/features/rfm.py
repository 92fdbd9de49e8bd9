"""Recency, frequency and monetary value, with what is behind them."""

import ibis.expr.types as ir

from clientela.features.expressions import Columns


def of_orders(orders: ir.Table) -> Columns:
    """Sum up a customer's orders."""
    return {
        "orders": orders.count(),
        "gross": orders.amount.sum(),
        "first_order_date": orders.day.min(),
        "last_order_date": orders.day.max(),
        "tenure_days": orders.age_days.max(),
        "days_since_last": orders.age_days.min(),
    }


def of_adjustments(adjustments: ir.Table) -> Columns:
    """Sum up a customer's returns and fees."""
    return {
        "returned": -adjustments.amount.sum(where=adjustments.kind == "return"),
        "fees": adjustments.amount.sum(where=adjustments.kind == "fee"),
    }


def columns(customer: ir.Table) -> Columns:
    """Return the group's features."""
    returned = customer.returned.fill_null(0)
    return {
        "days_since_last": customer.days_since_last,
        "orders": customer.orders,
        "revenue": customer.gross - returned,
        "gross_revenue": customer.gross,
        "returned_amount": returned,
        "fees_amount": customer.fees.fill_null(0),
        "first_order_date": customer.first_order_date,
        "last_order_date": customer.last_order_date,
        "tenure_days": customer.tenure_days,
    }
