"""An action: whom it addresses, what is at stake, and its words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.features.daily_revenue import YEAR_DAYS, Takings
from clientela.features.history import History
from clientela.i18n import Lang, format_amount, format_number, format_share
from clientela.statistics.arrays import Doubles, doubles, sum_exactly

ActionKind = Literal["cross_sell", "win_back", "basket", "variety", "returns"]
LEAST_AUDIENCE = 5  # below it there is nobody to address and nothing to measure


@dataclass(frozen=True)
class Action:
    """What can be done with a segment.

    Parameters
    ----------
    segment : int
        The segment.
    kind : str
        What is done.
    audience : int
        Customers addressed.
    amount_at_stake : float
        Money, counted from what these customers did.
    words : callable
        Gives the values of the texts in a language.
    detail : mapping
        JSON-able figures behind the amount.
    """

    segment: int
    kind: ActionKind
    audience: int
    amount_at_stake: float
    words: Callable[[Lang], Mapping[str, str]]
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def applies(self) -> bool:
        """Whether there is somebody to address and something to win."""
        return self.audience >= LEAST_AUDIENCE and self.amount_at_stake > 0


@dataclass(frozen=True)
class ActionInputs:
    """The customers, their segments and their past.

    Parameters
    ----------
    history : History
        The firm's past up to the day of the snapshot.
    takings : Takings
        What each customer brought on each day.
    snapshot : pa.Table
        The customers as of ``history.as_of`` with all features, sorted by ``customer_id``.
    segment : array of int
        The segment of each row.
    names : mapping of int to mapping
        Each segment's name, by language.
    currency : str or None
        ISO 4217 code of the amounts.
    """

    history: History
    takings: Takings
    snapshot: pa.Table
    segment: npt.NDArray[np.int64]
    names: Mapping[int, Mapping[Lang, str]]
    currency: str | None


USUAL = 0.9  # of the customers who came back, by their mean gap


def find_win_back_action(base: ActionInputs, segment: int) -> Action | None:
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


def _year_to_last(base: ActionInputs) -> Doubles:
    """Give each customer's net revenue of the 365 days that end with the last order."""
    last = doubles(base.snapshot, "days_since_last")
    takings = base.takings
    inside = takings.age_days < last[takings.customer] + YEAR_DAYS
    brought = np.zeros(len(last))
    np.add.at(brought, takings.customer[inside], takings.amount[inside])
    return brought


def find_basket_action(base: ActionInputs, segment: int) -> Action:
    """Address customers below the segment's median order; at stake is the way up to it.

    The way is the difference of the average order to that median, times the orders of the last
    365 days.
    """
    mine = base.segment == segment
    value, orders = (
        doubles(base.snapshot, name) for name in ("average_order_value", "orders_365d")
    )
    median = float(np.median(value[mine]))
    below = mine & (value < median) & (orders > 0)
    missing = (median - value[below]) * orders[below]

    def words(lang: Lang) -> dict[str, str]:
        return {"median": format_amount(median, lang, base.currency)}

    detail = {"median_order_value": median, "orders_365d": sum_exactly(orders[below])}
    return Action(segment, "basket", int(below.sum()), sum_exactly(missing), words, detail)


def find_variety_action(base: ActionInputs, segment: int) -> Action | None:
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


def _next_above(base: ActionInputs, segment: int) -> int | None:
    """Name the segment with the next larger median revenue; None for the first."""
    revenue = doubles(base.snapshot, "revenue")
    medians = {
        int(one): float(np.median(revenue[base.segment == one])) for one in np.unique(base.segment)
    }
    above = [(value, one) for one, value in medians.items() if value > medians[segment]]
    return min(above)[1] if above else None


HIGH = 0.75  # of the customers who returned anything at all


def find_returns_action(base: ActionInputs, segment: int) -> Action | None:
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
