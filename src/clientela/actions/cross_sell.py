"""Cross-selling: offer the product that goes with one already bought."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.actions.action import LEAST_AUDIENCE, Action, ActionInputs
from clientela.features.affinity import Affinity, affinity
from clientela.features.product_buyers import find_buyers
from clientela.i18n import Lang, format_amount, format_number, format_share

MOST_PRICED_PAIRS = 20
"""Pairs of a segment that are priced, by the orders that chance does not explain; by convention."""

MOST_OFFERS = 3
"""By convention: as many offers as a campaign has room for."""

SIDES = ("first", "second")

Offer = tuple[dict[str, Any], npt.NDArray[np.int64]]
"""A pair as an offer: its figures, and the rows that bought the first and never the second."""


def find_cross_sells(inputs: ActionInputs) -> list[Action]:
    """Find the best pairs of each segment.

    A pair's audience bought the first product and never the second. At stake is the audience times
    the share of those who, having bought the first alone, later bought the second, times the
    median that the segment's buyers of the second spent on it in an order.
    """
    segment = pa.array(inputs.segment)
    customers = pa.table({"customer_id": inputs.snapshot["customer_id"], "segment": segment})
    pairs = affinity(inputs.history, customers)
    by_segment = {
        int(number): _list_pairs(pairs, int(number)) for number in np.unique(inputs.segment)
    }
    products = {pair[side] for rows in by_segment.values() for pair in rows for side in SIDES}
    purchases = _read_buyers(inputs, products)
    actions = []
    for number, rows in by_segment.items():
        offers = _select_offers(rows, purchases, pairs.names, inputs.reachable)
        if offers:
            actions.append(_build_action(inputs, number, offers))
    return actions


def _list_pairs(pairs: Affinity, segment: int) -> list[dict[str, Any]]:
    """List a segment's pairs of most leverage (Piatetsky-Shapiro 1991), in both directions."""
    own = pairs.pairs.filter(pc.equal(pairs.pairs["segment"], segment))
    leverage = pc.multiply(own["orders"], pc.subtract(1, pc.divide(1, own["lift"])))
    own = own.append_column("leverage", pc.round(leverage, 6))
    keys = [("leverage", "descending"), ("first", "ascending"), ("second", "ascending")]
    rows: list[dict[str, Any]] = own.sort_by(keys).slice(0, 2 * MOST_PRICED_PAIRS).to_pylist()
    return rows


def _read_buyers(inputs: ActionInputs, products: Iterable[str]) -> dict[str, pa.Table]:
    """Read who bought each product: row and segment, age of the first time, money an order."""
    rows = find_buyers(inputs.history, sorted(products))
    ids = inputs.snapshot["customer_id"].combine_chunks()
    row = pc.index_in(rows["customer_id"], value_set=ids).to_numpy()
    table = pa.table(
        {
            "row": row,
            "segment": inputs.segment[row],
            "first_age_days": rows["first_age_days"],
            "an_order": pc.divide(rows["amount"], rows["orders"]),
        }
    )
    codes = rows["product_id"].combine_chunks().dictionary_encode()
    ends = np.searchsorted(codes.indices.to_numpy(), np.arange(len(codes.dictionary) + 1))
    return {
        name: table.slice(start, end - start)
        for name, start, end in zip(codes.dictionary.to_pylist(), ends, ends[1:], strict=False)
    }


def _select_offers(
    pairs: Iterable[dict[str, Any]],
    purchases: Mapping[str, pa.Table],
    names: Mapping[str, str],
    reachable: npt.NDArray[np.bool_],
) -> list[Offer]:
    """Price the pairs, and select the best, each pair of products in one direction."""
    offers = [offer for pair in pairs for offer in _price_pair(pair, purchases, names, reachable)]
    offers.sort(key=lambda offer: (-_stake(offer), offer[0]["first"], offer[0]["second"]))
    best: dict[frozenset[str], Offer] = {}
    for offer in offers:
        best.setdefault(frozenset(offer[0][side] for side in SIDES), offer)
    return list(best.values())[:MOST_OFFERS]


def _price_pair(
    pair: dict[str, Any],
    purchases: Mapping[str, pa.Table],
    names: Mapping[str, str],
    reachable: npt.NDArray[np.bool_],
) -> Iterator[Offer]:
    first, second = (
        table.filter(pc.equal(table["segment"], pair["segment"]))
        for table in (purchases[pair[side]] for side in SIDES)
    )
    if not len(second):
        return
    row, position = first["row"].to_numpy(), pc.index_in(first["row"], second["row"])
    has_second = pc.is_valid(position).to_numpy()
    second_age = second["first_age_days"].take(position).to_numpy()
    later = has_second & (second_age < first["first_age_days"].to_numpy())
    addressed = ~has_second & reachable[row]
    came_back, waited = int(later.sum()), int((later | ~has_second).sum())
    if came_back >= LEAST_AUDIENCE:
        measured = {key: pair[key] for key in pair if key not in ("segment", "leverage")}
        figures = measured | {
            "first_name": names[pair["first"]],
            "second_name": names[pair["second"]],
            "audience": int(addressed.sum()),
            "bought_first_alone": waited,
            "came_back_for_second": came_back,
            "median_spent_on_second": float(np.median(second["an_order"].to_numpy())),
        }
        yield figures, row[addressed]


def _stake(offer: Offer) -> float:
    figures, _ = offer
    share = figures["came_back_for_second"] / figures["bought_first_alone"]
    return float(figures["audience"] * share * figures["median_spent_on_second"])


def _build_action(inputs: ActionInputs, segment: int, offers: list[Offer]) -> Action:
    best = offers[0][0]
    audience = np.unique(np.concatenate([rows for _, rows in offers]))

    def write_words(lang: Lang) -> dict[str, str]:
        came_back, waited = best["came_back_for_second"], best["bought_first_alone"]
        return {
            "first": best["first_name"],
            "second": best["second_name"],
            "audience_of_pair": format_number(best["audience"], lang),
            "waited": format_number(waited, lang),
            "came": format_number(came_back, lang),
            "share": format_share(came_back / waited, lang),
            "an_order": format_amount(best["median_spent_on_second"], lang, inputs.currency),
            "pairs": format_number(len(offers), lang),
        }

    pairs = [offer[0] | {"amount_at_stake": round(_stake(offer), 4)} for offer in offers]
    stake = round(sum(_stake(offer) for offer in offers), 4)
    return Action(segment, "cross_sell", len(audience), stake, write_words, {"pairs": pairs})
