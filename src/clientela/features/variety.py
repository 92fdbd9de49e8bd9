"""How many different products a customer buys, and which again."""

import ibis.expr.types as ir

from clientela.features.expressions import Columns, ratio

NEW_DAYS = 90  # by convention: a quarter, in which an assortment changes


def of_products(products: ir.Table, age_days: ir.IntegerValue) -> Columns:
    """Sum up a customer's products."""
    return {
        "products": products.count(),
        "top_product": products.amount.max(),
        "repeat_products": products.count(where=products.orders > 1),
        "new_products": products.count(where=age_days < NEW_DAYS),
    }


def columns(customer: ir.Table) -> Columns:
    """Return the group's features; null for a customer whose lines name no product."""
    return {
        "products": customer.products,
        "top_product_share": ratio(customer.top_product, customer.gross),
        "repeat_product_share": ratio(customer.repeat_products, customer.products),
        "new_products_90d": customer.new_products,
    }
