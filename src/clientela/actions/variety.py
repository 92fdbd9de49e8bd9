"""Widen the range of products towards that of the next better segment."""

import numpy as np

from clientela.actions.action import Action
from clientela.actions.base import Base
from clientela.i18n import Lang, format_amount, format_number
from clientela.statistics.arrays import doubles


def variety(base: Base, segment: int) -> Action | None:
    """Address customers with fewer products than the segment next above, by median revenue.

    At stake is one more product each, at what the segment's median customer spent on one.
    """
    above = _next_above(base, segment)
    products, gross = (doubles(base.snapshot, name) for name in ("products", "gross_revenue"))
    mine, theirs = base.segment == segment, base.segment == above
    if above is None or np.isnan(products[mine]).all() or np.isnan(products[theirs]).all():
        return None
    target = float(np.nanmedian(products[theirs]))
    narrow = mine & (products < target)
    each = float(np.nanmedian(gross[mine] / products[mine]))

    def words(lang: Lang) -> dict[str, str]:
        return {
            "products": format_number(target, lang, 0 if target.is_integer() else 1),
            "above": base.names[above][lang],
            "each": format_amount(each, lang, base.currency),
        }

    detail = {"segment_above": above, "products_median_above": target, "spent_on_one": each}
    audience = int(narrow.sum())
    return Action(segment, "variety", audience, round(audience * each, 4), words, detail)


def _next_above(base: Base, segment: int) -> int | None:
    """Name the segment with the next larger median revenue; None for the first."""
    revenue = doubles(base.snapshot, "revenue")
    medians = {
        int(one): float(np.median(revenue[base.segment == one])) for one in np.unique(base.segment)
    }
    above = [(value, one) for one, value in medians.items() if value > medians[segment]]
    return min(above)[1] if above else None
