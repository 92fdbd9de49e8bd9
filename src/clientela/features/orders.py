"""A customer's orders, dated by their first line, each with the gap since the day before it."""

import ibis
import ibis.expr.types as ir

from clientela.features.cutoff import KnownRows


def orders(known_rows: KnownRows) -> ir.Table:
    """Return one row an order.

    Returns
    -------
    ir.Table
        ``customer_id, day, weekday`` (0 is Monday), ``hour, age_days, gap_days`` (0 for a further
        order of the same day, null for the first), ``amount, above_least`` (than the customer's
        smallest order), ``units, lines, cancelled`` (returns linked to it give it back whole).
    """
    order = sum_orders(known_rows.sales)
    order = order.left_join(sum_linked_returns(known_rows.adjustments), ["customer_id", "order_id"])
    customer = ibis.window(group_by="customer_id")
    day = order.first_at.date()
    earlier = day.lag().over(group_by="customer_id", order_by="first_at")
    return order.select(
        "customer_id",
        "amount",
        "units",
        "lines",
        cancelled=(order.returned >= order.amount).fill_null(False),
        day=day,
        weekday=day.day_of_week.index(),
        hour=order.first_at.hour(),
        age_days=known_rows.age_days(day),
        gap_days=day.delta(earlier, unit="day"),
        above_least=(order.amount - order.amount.min().over(customer)).cast("decimal(18, 4)"),
    )


def sum_orders(sales: ir.Table) -> ir.Table:
    """Add up the lines of each order."""
    return sales.group_by("customer_id", "order_id").aggregate(
        first_at=sales.ordered_local.min(),
        amount=sales.amount.sum(),
        units=sales.quantity.sum(),
        lines=sales.count(),
    )


def sum_linked_returns(adjustments: ir.Table) -> ir.Table:
    """Sum up the returns linked to an order; those linked to none join with nothing."""
    order_id = adjustments.returns_order_id
    return adjustments.group_by("customer_id", order_id=order_id).aggregate(
        returned=-adjustments.amount.sum()
    )


def products(known_rows: KnownRows) -> ir.Table:
    """Return one row a customer and product: ``amount, orders, first_at`` (its first purchase)."""
    sales = known_rows.sales
    once = sales.group_by("customer_id", "product_id", "order_id").aggregate(
        amount=sales.amount.sum(), first_at=sales.ordered_local.min()
    )
    once = once.filter(once.product_id.notnull())
    return once.group_by("customer_id", "product_id").aggregate(
        amount=once.amount.sum(), orders=once.count(), first_at=once.first_at.min()
    )
