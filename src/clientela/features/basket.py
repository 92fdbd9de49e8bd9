"""How full an order is."""

import ibis.expr.types as ir

from clientela.features.expressions import Columns, per_order, to_int64


def of_orders(orders: ir.Table) -> Columns:
    """Sum up the size of a customer's orders."""
    return {"lines": orders.lines.sum(), "units": orders.units.sum()}


def of_products(products: ir.Table) -> Columns:
    """Count the products of all orders, again in each order."""
    return {"order_products": products.orders.sum()}


def columns(customer: ir.Table) -> Columns:
    """Return the group's features."""
    return {
        "lines": to_int64(customer.lines),
        "units": customer.units,
        "lines_per_order": per_order(customer.lines, customer),
        "units_per_order": per_order(customer.units, customer),
        "products_per_order": per_order(customer.order_products, customer),
    }
