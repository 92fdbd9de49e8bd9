"""The products of a customer: what each brought, when it was first bought and in how many orders.

Products are counted truly distinct, an order's repeated lines as one.
"""

import ibis.expr.types as ir

from clientela.features.cutoff import Known


def products(known: Known) -> ir.Table:
    """Give one row a customer and product: ``amount, orders, first_at`` (its first purchase)."""
    sales = known.sales
    once = sales.group_by("customer_id", "product_id", "order_id").aggregate(
        amount=sales.amount.sum(), first_at=sales.ordered_local.min()
    )
    once = once.filter(once.product_id.notnull())
    return once.group_by("customer_id", "product_id").aggregate(
        amount=once.amount.sum(), orders=once.count(), first_at=once.first_at.min()
    )
