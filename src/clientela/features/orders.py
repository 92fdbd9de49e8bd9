"""A customer's orders, dated by their first line, each with the gap since the day before it."""

import ibis
import ibis.expr.types as ir

from clientela.features.known import Known


def orders(known: Known) -> ir.Table:
    """Give one row an order.

    Returns
    -------
    ir.Table
        ``customer_id, day, weekday`` (0 is Monday), ``hour, age_days, gap_days`` (0 for a further
        order of the same day, null for the first), ``amount, above_least`` (than the customer's
        smallest order), ``units, lines, cancelled`` (returns linked to it give it back whole).
    """
    placed = _placed(known.sales)
    placed = placed.left_join(_given_back(known.adjustments), ["customer_id", "order_id"])
    customer = ibis.window(group_by="customer_id")
    day = placed.first_at.date()
    earlier = day.lag().over(group_by="customer_id", order_by="first_at")
    return placed.select(
        "customer_id",
        "amount",
        "units",
        "lines",
        cancelled=(placed.returned >= placed.amount).fill_null(False),
        day=day,
        weekday=day.day_of_week.index(),
        hour=placed.first_at.hour(),
        age_days=known.age_days(day),
        gap_days=day.delta(earlier, unit="day"),
        above_least=(placed.amount - placed.amount.min().over(customer)).cast("decimal(18, 4)"),
    )


def _placed(sales: ir.Table) -> ir.Table:
    return sales.group_by("customer_id", "order_id").aggregate(
        first_at=sales.ordered_local.min(),
        amount=sales.amount.sum(),
        units=sales.quantity.sum(),
        lines=sales.count(),
    )


def _given_back(adjustments: ir.Table) -> ir.Table:
    """Sum up the returns linked to an order; those linked to none join with nothing."""
    order_id = adjustments.returns_order_id
    return adjustments.group_by("customer_id", order_id=order_id).aggregate(
        returned=-adjustments.amount.sum()
    )
