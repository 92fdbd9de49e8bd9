"""Actions for a segment: whom they address, what is at stake, and the four simple kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.daily_revenue import YEAR_DAYS, DailyRevenue
from clientela.features.history import History
from clientela.i18n import Lang, format_amount, format_number, format_share
from clientela.statistics.arrays import Doubles, doubles, sum_exactly

ActionKind = Literal["cross_sell", "win_back", "basket", "variety", "returns"]

LEAST_AUDIENCE = 5
"""By convention: below it there is nobody to address and nothing to measure."""

USUAL_GAP_SHARE = 0.9
"""By convention: of the customers who came back, those whose mean gap is at most the limit."""

HIGH_RETURNS_QUANTILE = 0.75
"""By convention: of the customers who returned anything at all."""


@dataclass(frozen=True)
class Action:
    """A measure for a segment.

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
    write_words : callable
        Returns the values of the texts in a language.
    detail : mapping
        JSON-able figures behind the amount.
    """

    segment: int
    kind: ActionKind
    audience: int
    amount_at_stake: float
    write_words: Callable[[Lang], Mapping[str, str]]
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
    revenue : DailyRevenue
        Each customer's revenue by day.
    snapshot : pa.Table
        The customers as of ``history.as_of`` with all features, in the order of ``customer_id``.
    segment : array of int
        The segment of each row.
    names : mapping of int to mapping
        Each segment's name, by language.
    currency : str or None
        ISO 4217 code of the amounts.
    suppressed : pa.Array, optional
        Ids of customers who must not be contacted: no audience counts them.
    """

    history: History
    revenue: DailyRevenue
    snapshot: pa.Table
    segment: npt.NDArray[np.int64]
    names: Mapping[int, Mapping[Lang, str]]
    currency: str | None
    suppressed: pa.Array | None = None

    @cached_property
    def reachable(self) -> npt.NDArray[np.bool_]:
        """Whether each row may be contacted."""
        ids = self.snapshot["customer_id"].combine_chunks()
        if self.suppressed is None or not len(self.suppressed):
            return np.ones(len(ids), dtype=np.bool_)
        return ~np.asarray(pc.is_in(ids, value_set=self.suppressed))


def find_win_back_action(inputs: ActionInputs, segment: int) -> Action | None:
    """Address the lapsed; at stake is their revenue in the year up to their last order.

    Lapsed are those away for longer than nine in ten of the returning customers take on average.
    """
    gaps = doubles(inputs.snapshot, "gap_days_mean")
    gaps = gaps[~np.isnan(gaps)]
    if not gaps.size:
        return None
    limit = int(np.ceil(np.quantile(gaps, USUAL_GAP_SHARE)))
    away = doubles(inputs.snapshot, "days_since_last") > limit
    lapsed = (inputs.segment == segment) & away & inputs.reachable
    stake = sum_exactly(np.clip(_sum_last_year(inputs)[lapsed], 0, None))

    def write_words(lang: Lang) -> dict[str, str]:
        return {"days": format_number(limit, lang)}

    detail = {"days_since_last_above": limit}
    return Action(segment, "win_back", int(lapsed.sum()), stake, write_words, detail)


def _sum_last_year(inputs: ActionInputs) -> Doubles:
    """Return each customer's net revenue of the 365 days that end with the last order."""
    last, revenue = doubles(inputs.snapshot, "days_since_last"), inputs.revenue
    inside = revenue.age_days < last[revenue.customer] + YEAR_DAYS
    sums = np.zeros(len(last))
    np.add.at(sums, revenue.customer[inside], revenue.amount[inside])
    return sums


def find_basket_action(inputs: ActionInputs, segment: int) -> Action:
    """Address customers below the segment's median order; at stake is the way up to it.

    The way is the difference of the average order to that median, times the orders of the last
    365 days.
    """
    members = inputs.segment == segment
    value, orders = (
        doubles(inputs.snapshot, name) for name in ("average_order_value", "orders_365d")
    )
    median = float(np.median(value[members]))
    below = members & (value < median) & (orders > 0) & inputs.reachable
    stake = sum_exactly((median - value[below]) * orders[below])

    def write_words(lang: Lang) -> dict[str, str]:
        return {"median": format_amount(median, lang, inputs.currency)}

    detail = {"median_order_value": median, "orders_365d": sum_exactly(orders[below])}
    return Action(segment, "basket", int(below.sum()), stake, write_words, detail)


def find_variety_action(inputs: ActionInputs, segment: int) -> Action | None:
    """Address customers with fewer products than the segment next above, by median revenue.

    At stake is one more product for everyone, at what the segment's median customer spent on one.
    """
    above = _find_next_above(inputs, segment)
    products, gross = (doubles(inputs.snapshot, name) for name in ("products", "gross_revenue"))
    members, members_above = inputs.segment == segment, inputs.segment == above
    if above is None or any(np.isnan(products[rows]).all() for rows in (members, members_above)):
        return None
    target = float(np.nanmedian(products[members_above]))
    audience = int((members & (products < target) & inputs.reachable).sum())
    spent_on_one = float(np.nanmedian(gross[members] / products[members]))

    def write_words(lang: Lang) -> dict[str, str]:
        return {
            "products": format_number(target, lang, 0 if target.is_integer() else 1),
            "above": inputs.names[above][lang],
            "each": format_amount(spent_on_one, lang, inputs.currency),
        }

    detail = {
        "segment_above": above,
        "products_median_above": target,
        "spent_on_one": spent_on_one,
    }
    stake = round(audience * spent_on_one, 4)
    return Action(segment, "variety", audience, stake, write_words, detail)


def _find_next_above(inputs: ActionInputs, segment: int) -> int | None:
    """Return the segment with the next larger median revenue; None for the first."""
    revenue = doubles(inputs.snapshot, "revenue")
    medians = {
        int(number): float(np.median(revenue[inputs.segment == number]))
        for number in np.unique(inputs.segment)
    }
    above = [(value, number) for number, value in medians.items() if value > medians[segment]]
    return min(above)[1] if above else None


def find_returns_action(inputs: ActionInputs, segment: int) -> Action | None:
    """Address the quarter of returning customers who return most; at stake is what came back."""
    share, amount = (
        doubles(inputs.snapshot, name) for name in ("returned_share", "returned_amount")
    )
    returning = share[share > 0]
    if not returning.size:
        return None
    limit = float(np.quantile(returning, HIGH_RETURNS_QUANTILE))
    high = (inputs.segment == segment) & (share >= limit) & inputs.reachable
    largest = float(amount[high].max(initial=0.0))

    def write_words(lang: Lang) -> dict[str, str]:
        return {
            "limit": format_share(limit, lang),
            "largest": format_amount(largest, lang, inputs.currency),
        }

    detail = {"returned_share_from": limit, "largest_of_one": largest}
    stake = sum_exactly(amount[high])
    return Action(segment, "returns", int(high.sum()), stake, write_words, detail)
