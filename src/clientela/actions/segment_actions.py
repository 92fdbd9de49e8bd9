"""Four actions for a segment: win back, larger orders, more variety, fewer returns."""

import numpy as np

from clientela.actions.action import Action, ActionInputs, select_audience
from clientela.actions.customers_at import CustomersAt
from clientela.features.daily_revenue import YEAR_DAYS
from clientela.i18n import Lang, format_amount, format_number, format_share
from clientela.statistics.arrays import Doubles, Mask, sum_exactly

USUAL_GAP_SHARE = 0.9
"""By convention: of the customers who came back, those whose mean gap is at most the limit."""

HIGH_RETURNS_QUANTILE = 0.75
"""By convention: of the customers who returned anything at all."""


def find_win_back_action(inputs: ActionInputs, segment: int) -> Action | None:
    """Address the lapsed; at stake is their revenue in the year up to their last order.

    Lapsed are those away for longer than nine in ten of the returning customers take on average.
    """
    gaps = inputs.today.columns["gap_days_mean"]
    gaps = gaps[~np.isnan(gaps)]
    if not gaps.size:
        return None
    limit = int(np.ceil(np.quantile(gaps, USUAL_GAP_SHARE)))

    def start(at: CustomersAt) -> Mask:
        lapsed: Mask = (at.segment == segment) & (at.columns["days_since_last"] > limit)
        return lapsed

    def look_back(past: CustomersAt) -> tuple[Mask, Doubles, Mask, Doubles]:
        away, later = past.columns["days_since_last"], inputs.later
        return start(past), away, later["later_orders"] > 0, later["later_revenue"]

    away = inputs.today.columns["days_since_last"]
    rows, upside = select_audience(
        inputs, f"win_back-{segment}", start(inputs.today), away, look_back
    )
    stake = sum_exactly(np.clip(_sum_last_year(inputs)[rows], 0, None))
    farthest = away[rows].max(initial=limit)

    def write_words(lang: Lang) -> dict[str, str]:
        return {"limit": format_number(limit, lang), "farthest": format_number(farthest, lang)}

    detail = {"days_since_last_above": limit}
    return Action("win_back", "segment", segment, rows, stake, write_words, upside, detail)


def find_basket_action(inputs: ActionInputs, segment: int) -> Action:
    """Address customers below the segment's median order; at stake is the way up to it.

    The way is the difference of the average order to that median, times the orders of the last
    365 days. Those who made it before are those whose later orders reached that median on average;
    they gained what these brought above their former average.
    """
    members = inputs.today.segment == segment
    median = float(np.nanmedian(inputs.today.columns["average_order_value"][members]))

    def start(at: CustomersAt) -> Mask:
        value, orders = at.columns["average_order_value"], at.columns["orders_365d"]
        below: Mask = (at.segment == segment) & (value < median) & (orders > 0)
        return below

    def look_back(past: CustomersAt) -> tuple[Mask, Doubles, Mask, Doubles]:
        before = past.columns["average_order_value"]
        revenue, orders = inputs.later["later_revenue"], inputs.later["later_orders"]
        reached = (orders > 0) & (revenue >= median * orders)
        return start(past), median - before, reached, revenue - before * orders

    value, orders = (inputs.today.columns[name] for name in ("average_order_value", "orders_365d"))
    rows, upside = select_audience(
        inputs, f"basket-{segment}", start(inputs.today), median - value, look_back
    )
    stake = sum_exactly((median - value[rows]) * orders[rows])

    def write_words(lang: Lang) -> dict[str, str]:
        lowest = value[rows].min(initial=median)
        return {
            "median": format_amount(median, lang, inputs.currency),
            "lowest": format_amount(lowest, lang, inputs.currency),
        }

    detail = {"median_order_value": median, "orders_365d": sum_exactly(orders[rows])}
    return Action("basket", "segment", segment, rows, stake, write_words, upside, detail)


def find_variety_action(inputs: ActionInputs, segment: int) -> Action | None:
    """Address customers with fewer products than the segment next above, by median revenue.

    At stake is one more product for everyone, at what the segment's median customer spent on one.
    Those who made it before have as many products by now; they gained what they spent on new ones.
    """
    above = _find_next_above(inputs, segment)
    products, gross = (inputs.today.columns[name] for name in ("products", "gross_revenue"))
    members, members_above = inputs.today.segment == segment, inputs.today.segment == above
    if above is None or any(np.isnan(products[rows]).all() for rows in (members, members_above)):
        return None
    target = float(np.nanmedian(products[members_above]))

    def start(at: CustomersAt) -> Mask:
        few: Mask = (at.segment == segment) & (at.columns["products"] < target)
        return few

    def look_back(past: CustomersAt) -> tuple[Mask, Doubles, Mask, Doubles]:
        before, now = past.columns["products"], products[inputs.now]
        share = (now - before) / np.maximum(inputs.later["later_products"], 1.0)
        return start(past), target - before, now >= target, inputs.later["later_revenue"] * share

    rows, upside = select_audience(
        inputs, f"variety-{segment}", start(inputs.today), target - products, look_back
    )
    with np.errstate(invalid="ignore"):
        spent_on_one = float(np.nanmedian(gross[members] / products[members]))

    def write_words(lang: Lang) -> dict[str, str]:
        fewest = products[rows].min(initial=target)
        return {
            "products": format_number(target, lang, 0 if target.is_integer() else 1),
            "fewest": format_number(fewest, lang),
            "above": inputs.names[above][lang],
            "each": format_amount(spent_on_one, lang, inputs.currency),
        }

    detail = {
        "segment_above": above,
        "products_median_above": target,
        "spent_on_one": spent_on_one,
    }
    stake = round(len(rows) * spent_on_one, 4)
    return Action("variety", "segment", segment, rows, stake, write_words, upside, detail)


def find_returns_action(inputs: ActionInputs, segment: int) -> Action | None:
    """Address the quarter of returning customers who return most; at stake is what came back.

    What was cancelled on the day of the order is no return. Those who made it before returned less
    than the limit of what they bought later; they gained what they would have given back.
    """
    share, amount = (inputs.today.columns[name] for name in ("returned_share", "returned_amount"))
    returning = share[share > 0]
    if not returning.size:
        return None
    limit = float(np.quantile(returning, HIGH_RETURNS_QUANTILE))

    def start(at: CustomersAt) -> Mask:
        high: Mask = (at.segment == segment) & (at.columns["returned_share"] >= limit)
        return high

    def look_back(past: CustomersAt) -> tuple[Mask, Doubles, Mask, Doubles]:
        before = past.columns["returned_share"]
        bought, back = (
            inputs.later[f"later_{name}"] for name in ("gross_revenue", "returned_amount")
        )
        reached = (bought > 0) & (back < limit * bought)
        return start(past), before, reached, before * bought - back

    rows, upside = select_audience(
        inputs, f"returns-{segment}", start(inputs.today), share, look_back
    )
    largest = float(amount[rows].max(initial=0.0))

    def write_words(lang: Lang) -> dict[str, str]:
        return {
            "limit": format_share(limit, lang),
            "largest": format_amount(largest, lang, inputs.currency),
        }

    detail = {"returned_share_from": limit, "largest_of_one": largest}
    stake = sum_exactly(amount[rows])
    return Action("returns", "segment", segment, rows, stake, write_words, upside, detail)


def _sum_last_year(inputs: ActionInputs) -> Doubles:
    """Return each customer's net revenue of the 365 days that end with the last order."""
    last, revenue = inputs.today.columns["days_since_last"], inputs.revenue
    inside = revenue.age_days < last[revenue.customer] + YEAR_DAYS
    sums = np.zeros(len(last))
    np.add.at(sums, revenue.customer[inside], revenue.amount[inside])
    return sums


def _find_next_above(inputs: ActionInputs, segment: int) -> int | None:
    """Return the segment with the next larger median revenue; None for the first."""
    revenue, of_segment = inputs.today.columns["revenue"], inputs.today.segment
    medians = {
        int(number): float(np.median(revenue[of_segment == number]))
        for number in np.unique(of_segment)
    }
    above = [(value, number) for number, value in medians.items() if value > medians[segment]]
    return min(above)[1] if above else None
