"""Order ids: derived where the source tells none, completed where its numbers begin anew.

Tills count their receipts from 1 again each year, and so does every store: one number is then
several orders, told apart by the store, the till, or the year, month or day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import ibis
import ibis.expr.types as ir

from clientela.contract.tables import DAY_ORDER
from clientela.engine import Engine
from clientela.errors import DecisionNeeded
from clientela.mapping.grain import group_rows, may_be_order
from clientela.mapping.headings import STORES, TILLS
from clientela.mapping.money_headings import classify
from clientela.mapping.profile import ColumnProfile

SPANS = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}
MOST_PLACES = 200  # by convention: a column of more values is no list of stores or tills
# By convention: exports hold a few orders of two people, and chance leaves a few apart.
LEFT_MIXED = 0.1
LEAST_MIXED_SHARE = 0.005  # by convention: of all orders; fewer are slips of single lines
LEAST_MIXED = 3  # by convention, for small files
# By convention: an order of two people within a month may be one; where so many are, none is.
DAYS_APART, MANY_MIXED = 31, 0.1


def derive_order_id(t: ir.Table) -> ir.StringValue:
    """Derive an order id from what the line says, never from where it stands.

    Lines without a customer share one order a day.
    """
    day = t.ordered_local.date().cast("string")
    return ibis.literal(DAY_ORDER) + t.customer_id.fill_null("") + ":" + day.fill_null("")


def complete_order_id(t: ir.Table, within: Sequence[str]) -> ir.StringValue:
    """Complete the number of an order by what it is counted within.

    Parameters
    ----------
    t : ir.Table
        Typed lines with ``order_id``, ``ordered_local`` and ``raw``.
    within : sequence of str
        Columns of the source, or "year", "month" and "day".
    """
    parts = [
        t.ordered_local.strftime(SPANS[name]) if name in SPANS else t.raw[name].strip()
        for name in within
    ]
    return ibis.literal("/").join([*[part.fill_null("") for part in parts], t.order_id])


def complete_numbers(
    profiles: Mapping[str, ColumnProfile], headings: Mapping[str, Mapping[str, float]]
) -> tuple[dict[str, ColumnProfile], dict[str, tuple[str, ...]]]:
    """Complete the order numbers of a sample that several people share.

    Returns
    -------
    dict, dict
        The columns, those of numbers completed; and for each of these what it is counted within.
    """
    completed, within = dict(profiles), {}
    dated = {n: s for n, s in headings["ordered_local"].items() if profiles[n].date is not None}
    days = sorted(dated, key=lambda name: -dated[name])
    people = sorted(headings["customer_id"], key=lambda name: -headings["customer_id"][name])
    if not days or not people or headings["customer_id"][people[0]] < 1:
        return completed, {}
    person, day = profiles[people[0]], profiles[days[0]]
    for order, score in headings["order_id"].items():
        named = score >= 1 and classify(profiles[order]) in ("", "id", "other")
        if not named or not may_be_order(profiles[order]) or order in (person.name, day.name):
            continue
        parts = _find_parts(profiles, profiles[order], person, day)
        if parts:
            texts = _complete(profiles, profiles[order], parts, day)
            completed[order] = replace(profiles[order], values=texts, decimal=None)
            within[order] = parts
    return completed, within


def _find_parts(
    profiles: Mapping[str, ColumnProfile],
    order: ColumnProfile,
    person: ColumnProfile,
    day: ColumnProfile,
) -> tuple[str, ...]:
    """Find the fewest parts within which every number has one person; empty if there are none."""
    mixed = _count_mixed(order.values, person)
    least = max(LEAST_MIXED, LEAST_MIXED_SHARE * len(order.distinct))
    if mixed < least:
        return ()
    places = [
        name
        for name, profile in profiles.items()
        if profile.words & (STORES | TILLS) and 1 < len(profile.distinct) <= MOST_PLACES
    ][:3]
    stores = [part for size in (1, 2) for part in combinations(places, size)]
    ways = [*stores, *[(*store, span) for span in SPANS for store in [(), *stores]]]
    for parts in ways:
        if _count_mixed(_complete(profiles, order, parts, day), person) <= LEFT_MIXED * mixed:
            return parts
    return ()


def _complete(
    profiles: Mapping[str, ColumnProfile],
    order: ColumnProfile,
    parts: Sequence[str],
    day: ColumnProfile,
) -> tuple[str | None, ...]:
    columns = [
        [moment and moment.strftime(SPANS[name]) for moment in day.moments]
        if name in SPANS
        else profiles[name].values
        for name in parts
    ]
    rows = zip(*columns, order.values, strict=True)
    return tuple(None if row[-1] is None else "/".join(part or "" for part in row) for row in rows)


def _count_mixed(orders: Sequence[str | None], person: ColumnProfile) -> int:
    """Count the orders of several people."""
    groups = group_rows(orders)
    return sum(len({person.values[i] for i in group} - {None}) > 1 for group in groups)


def check_numbers(engine: Engine, t: ir.Table, column: str) -> None:
    """Ask where numbers of orders stand for several people on several days.

    Raises
    ------
    DecisionNeeded
        With the number of orders under each answer.
    """
    sales = t.filter(t.order_id.notnull() & t.customer_id.notnull() & ~t.no_sale & ~t.total_line)
    day = sales.ordered_local.date()
    orders = sales.group_by("order_id").aggregate(
        people=sales.customer_id.nunique(),
        days=day.nunique(),
        years=day.year().nunique(),
        span=day.max().epoch_seconds() - day.min().epoch_seconds(),
    )
    several = orders.people > 1
    counts = orders.aggregate(
        orders=orders.count(),
        mixed=(several & (orders.days > 1)).sum(),
        apart=(several & (orders.span > DAYS_APART * 86_400)).sum(),
        years=orders.years.sum(),
        days=orders.days.sum(),
    )
    row = engine.to_arrow(counts).to_pylist()[0]
    apart = (row["apart"] or 0) >= max(LEAST_MIXED, LEAST_MIXED_SHARE * row["orders"])
    if not apart and (row["mixed"] or 0) < max(LEAST_MIXED, MANY_MIXED * row["orders"]):
        return
    raise DecisionNeeded(
        f"{row['mixed']:,} numbers of orders stand for several customers on several days: "
        f"{row['orders']:,} orders if a number is one order, {row['years']:,} if they begin anew "
        f"each year, {row['days']:,} each day",
        where=f"column {column}",
        do='set source.order_within to what numbers are counted within: ["year"], ["month"], '
        '["day"], columns such as the store\'s, or [] if a number is one order',
    )
