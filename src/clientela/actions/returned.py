"""Look into what comes back too often."""

import numpy as np

from clientela.actions.action import Action
from clientela.actions.base import Base
from clientela.i18n import Lang, format_amount, format_share
from clientela.statistics.arrays import doubles, sum_exactly

HIGH = 0.75  # of the customers who returned anything at all


def returned(base: Base, segment: int) -> Action | None:
    """Address those who return more than three of four who return; at stake is what came back."""
    part, amount = (doubles(base.snapshot, name) for name in ("returned_share", "returned_amount"))
    returning = part[part > 0]
    if not returning.size:
        return None
    limit = float(np.quantile(returning, HIGH))
    high = (base.segment == segment) & (part >= limit)
    largest = float(amount[high].max(initial=0.0))

    def words(lang: Lang) -> dict[str, str]:
        return {
            "limit": format_share(limit, lang),
            "largest": format_amount(largest, lang, base.currency),
        }

    detail = {"returned_share_from": limit, "largest_of_one": largest}
    return Action(segment, "returns", int(high.sum()), sum_exactly(amount[high]), words, detail)
