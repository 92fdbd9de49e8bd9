"""Cross-selling: offer the product family that goes with one already bought."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.actions.action import LEAST_AUDIENCE, PERIOD_DAYS, Action, ActionInputs, build_upside
from clientela.features.product_families import ProductFamilies
from clientela.i18n import Lang, format_amount, format_number

PRICED_PAIRS = 40
"""Pairs that are priced, by the orders that chance does not explain; by convention."""

OFFERS = 5
"""By convention: as many offers as a campaign has room for."""

SIDES = ("first", "second")

Offer = tuple[dict[str, Any], npt.NDArray[np.int64]]
"""A pair as an offer: its figures, and the rows that bought the first and never the second."""


def find_cross_sells(inputs: ActionInputs) -> list[Action]:
    """Find the best pairs of product families, each in one direction.

    A pair's audience bought of the first family and never of the second. Its upside counts those
    who had bought of the first alone before the past period, and in it of the second, at the
    median that they spent on it in an order.
    """
    purchases = _split_buyers(inputs) if inputs.pairs else {}
    # Pairs may be older than today's purchases: of a family that went nobody is left
    pairs = [pair for pair in inputs.pairs if all(pair[side] in purchases for side in SIDES)]
    offers = _select_offers(pairs, purchases, inputs.families, inputs.reachable)
    return [_build_action(inputs, figures, rows) for figures, rows in offers]


def list_pairs(pairs: pa.Table, stands_for: float) -> list[dict[str, Any]]:
    """List the pairs of most leverage (Piatetsky-Shapiro 1991), in both directions.

    Orders counted in a sample are raised to those of all customers.
    """
    leverage = pc.multiply(pairs["orders"], pc.subtract(1, pc.divide(1, pairs["lift"])))
    pairs = pairs.append_column("leverage", pc.round(leverage, 6))
    keys = [("leverage", "descending"), ("first", "ascending"), ("second", "ascending")]
    rows: list[dict[str, Any]] = pairs.sort_by(keys).slice(0, 2 * PRICED_PAIRS).to_pylist()
    return [row | {"orders": round(row["orders"] * stands_for)} for row in rows]


def _split_buyers(inputs: ActionInputs) -> dict[str, pa.Table]:
    """Return who bought of each family: row, age of the first time, money an order."""
    rows = inputs.buyers
    table = pa.table(
        {
            "row": pc.index_in(rows["customer_id"], value_set=inputs.today.ids.combine_chunks()),
            "first_age_days": rows["first_age_days"],
            "an_order": pc.divide(rows["amount"], rows["orders"]),
        }
    )
    codes = rows["family"].combine_chunks().dictionary_encode()
    ends = np.searchsorted(codes.indices.to_numpy(), np.arange(len(codes.dictionary) + 1))
    return {
        name: table.slice(start, end - start)
        for name, start, end in zip(codes.dictionary.to_pylist(), ends, ends[1:], strict=False)
    }


def _select_offers(
    pairs: Iterable[dict[str, Any]],
    purchases: Mapping[str, pa.Table],
    families: ProductFamilies,
    reachable: npt.NDArray[np.bool_],
) -> list[Offer]:
    """Price the pairs, and select the best, each pair of families in one direction."""
    offers = [
        offer for pair in pairs for offer in _price_pair(pair, purchases, families, reachable)
    ]
    offers.sort(key=lambda offer: (-_price(offer[0]), offer[0]["first"], offer[0]["second"]))
    best: dict[frozenset[str], Offer] = {}
    for offer in offers:
        best.setdefault(frozenset(offer[0][side] for side in SIDES), offer)
    return list(best.values())[:OFFERS]


def _price_pair(
    pair: dict[str, Any],
    purchases: Mapping[str, pa.Table],
    families: ProductFamilies,
    reachable: npt.NDArray[np.bool_],
) -> Iterator[Offer]:
    first, second = (purchases[pair[side]] for side in SIDES)
    row, position = first["row"].to_numpy(), pc.index_in(first["row"], second["row"])
    has_second = pc.is_valid(position).to_numpy()
    second_age = second["first_age_days"].take(position).to_numpy(zero_copy_only=False)
    waited = first["first_age_days"].to_numpy() >= PERIOD_DAYS
    waited &= ~has_second | (second_age < PERIOD_DAYS)
    came = waited & has_second
    addressed = ~has_second & reachable[row]
    if came.sum() >= LEAST_AUDIENCE and addressed.sum() >= LEAST_AUDIENCE:
        spent = second["an_order"].take(position).to_numpy(zero_copy_only=False)[came]
        measured = {key: pair[key] for key in pair if key != "leverage"}
        figures = measured | {
            "first_name": families.names[pair["first"]],
            "second_name": families.names[pair["second"]],
            "first_products": families.sizes[pair["first"]],
            "second_products": families.sizes[pair["second"]],
            "audience": int(addressed.sum()),
            "bought_first_alone": int(waited.sum()),
            "came_for_second": int(came.sum()),
            "median_spent_on_second": float(np.median(spent)),
        }
        yield figures, np.sort(row[addressed])


def _price(figures: Mapping[str, Any]) -> float:
    share = figures["came_for_second"] / figures["bought_first_alone"]
    return float(figures["audience"] * share * figures["median_spent_on_second"])


def _build_action(
    inputs: ActionInputs, figures: dict[str, Any], rows: npt.NDArray[np.int64]
) -> Action:
    came, waited = figures["came_for_second"], figures["bought_first_alone"]
    an_order = figures["median_spent_on_second"]
    upside = build_upside(inputs, rows, (waited, came), came * an_order, came / waited)

    def write_words(lang: Lang) -> dict[str, str]:
        return {
            "first": figures["first_name"],
            "second": figures["second_name"],
            "orders": format_number(figures["orders"], lang),
            "an_order": format_amount(an_order, lang, inputs.currency),
        }

    stake = round(len(rows) * an_order, 4)
    detail = {"pairs": [figures]}
    return Action("cross_sell", "everyone", None, rows, stake, write_words, upside, detail)
