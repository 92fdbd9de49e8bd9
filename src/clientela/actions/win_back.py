"""Win back customers who have been away for longer than returning customers take."""

import numpy as np

from clientela.actions.action import Action
from clientela.actions.base import Base
from clientela.features.daily_revenue import YEAR_DAYS
from clientela.i18n import Lang, format_number
from clientela.statistics.arrays import Doubles, doubles, sum_exactly

USUAL = 0.9  # of the customers who came back, by their mean gap


def win_back(base: Base, segment: int) -> Action | None:
    """Address the lapsed; at stake is what they brought in the year up to their last order."""
    gaps = doubles(base.snapshot, "gap_days_mean")
    gaps = gaps[~np.isnan(gaps)]
    if not gaps.size:
        return None
    limit = int(np.ceil(np.quantile(gaps, USUAL)))
    lapsed = (base.segment == segment) & (doubles(base.snapshot, "days_since_last") > limit)
    brought = np.clip(_year_to_last(base)[lapsed], 0, None)

    def words(lang: Lang) -> dict[str, str]:
        return {"days": format_number(limit, lang)}

    detail = {"days_since_last_above": limit}
    return Action(segment, "win_back", int(lapsed.sum()), sum_exactly(brought), words, detail)


def _year_to_last(base: Base) -> Doubles:
    """Give each customer's net revenue of the 365 days that end with the last order."""
    last = doubles(base.snapshot, "days_since_last")
    takings = base.takings
    inside = takings.age_days < last[takings.customer] + YEAR_DAYS
    brought = np.zeros(len(last))
    np.add.at(brought, takings.customer[inside], takings.amount[inside])
    return brought
