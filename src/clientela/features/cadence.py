"""How regularly a customer buys: the gaps between purchase days."""

import ibis.expr.types as ir

from clientela.features.expressions import Columns, deviation, double, ratio


def of_orders(orders: ir.Table) -> Columns:
    """Sum up the gaps between a customer's purchase days."""
    gap = orders.gap_days
    between_days = (gap > 0).fill_null(False)
    return {
        "gaps": orders.count(where=between_days),
        "gap_squares": (gap * gap).sum(where=between_days),
        "gap_days_min": gap.min(where=between_days),
        "gap_days_max": gap.max(where=between_days),
    }


def columns(customer: ir.Table) -> Columns:
    """Return the group's features; the gaps add up to the days from first to last purchase."""
    span = customer.tenure_days - customer.days_since_last
    mean = ratio(span, customer.gaps)
    std = deviation(customer.gap_squares, span, customer.gaps)
    return {
        "purchase_days": customer.gaps + 1,
        "gap_days_mean": mean,
        "gap_days_std": std,
        "gap_days_min": customer.gap_days_min,
        "gap_days_max": customer.gap_days_max,
        "gap_regularity": mean / (mean + std),
        "last_gap_ratio": double(customer.days_since_last) / mean,
    }
