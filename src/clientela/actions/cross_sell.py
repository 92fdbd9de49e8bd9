"""Offer the product that goes with one already bought."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.actions.action import LEAST_AUDIENCE, Action, ActionInputs
from clientela.features.affinity import Affinity, affinity
from clientela.features.product_buyers import buyers
from clientela.i18n import Lang, format_amount, format_number, format_share
from clientela.statistics.arrays import Doubles

TRIED = 20  # pairs of a segment, by the orders that chance does not explain
OFFERED = 3

Rows = npt.NDArray[np.intp]


class _Bought(NamedTuple):
    """Who bought a product, by row of the snapshot: age of the first time, money an order."""

    row: Rows
    first_age: npt.NDArray[np.int64]
    an_order: Doubles


class _Offer(NamedTuple):
    """A pair as an offer: the rows that bought the first and never the second, and its money."""

    pair: dict[str, Any]
    audience: Rows
    waited: int
    came: int
    an_order: float

    @property
    def share(self) -> float:
        return self.came / self.waited

    @property
    def amount(self) -> float:
        return len(self.audience) * self.share * self.an_order


def find_cross_sells(base: ActionInputs) -> list[Action]:
    """Find the best pairs of each segment.

    A pair's audience bought the first product and never the second. At stake is the audience times
    the share of those who, having bought the first alone, later bought the second, times the
    median that the segment's buyers of the second spent on it in an order.
    """
    belongs = pa.table({"customer_id": base.snapshot["customer_id"], "segment": base.segment})
    found = affinity(base.history, belongs)
    tried = {int(one): _tried(found, int(one)) for one in np.unique(base.segment)}
    bought = _bought(
        base, {pair[side] for pairs in tried.values() for pair in pairs for side in _SIDES}
    )
    made = (_action(base, one, _offers(base, pairs, bought), found) for one, pairs in tried.items())
    return [action for action in made if action is not None]


_SIDES = ("first", "second")


def _tried(found: Affinity, segment: int) -> list[dict[str, Any]]:
    """Take a segment's pairs of most leverage (Piatetsky-Shapiro 1991), in both directions."""
    mine = found.pairs.filter(pc.equal(found.pairs["segment"], segment))
    leverage = pc.multiply(mine["orders"], pc.subtract(1, pc.divide(1, mine["lift"])))
    mine = mine.append_column("leverage", pc.round(leverage, 6))
    keys = [("leverage", "descending"), ("first", "ascending"), ("second", "ascending")]
    rows: list[dict[str, Any]] = mine.sort_by(keys).slice(0, 2 * TRIED).to_pylist()
    return rows


def _bought(base: ActionInputs, products: Iterable[str]) -> dict[str, _Bought]:
    rows = buyers(base.history, sorted(products))
    place = pc.index_in(
        rows["customer_id"], value_set=base.snapshot["customer_id"].combine_chunks()
    ).to_numpy()
    code = rows["product_id"].combine_chunks().dictionary_encode()
    indices = code.indices.to_numpy()
    age, an_order = rows["first_age_days"].to_numpy(), pc.divide(rows["amount"], rows["orders"])
    columns = (place, age, an_order.to_numpy())
    names = code.dictionary.to_pylist()
    ends = np.searchsorted(indices, np.arange(len(names) + 1))
    return {
        name: _Bought(*(column[ends[i] : ends[i + 1]] for column in columns))
        for i, name in enumerate(names)
    }


def _offers(
    base: ActionInputs, pairs: Iterable[dict[str, Any]], bought: dict[str, _Bought]
) -> list[_Offer]:
    """Price the pairs, and keep the best, each pair of products in one direction."""
    priced = [offer for pair in pairs for offer in _priced(base, pair, bought)]
    priced.sort(key=lambda one: (-one.amount, one.pair["first"], one.pair["second"]))
    kept: dict[frozenset[str], _Offer] = {}
    for offer in priced:
        kept.setdefault(frozenset(offer.pair[side] for side in _SIDES), offer)
    return list(kept.values())[:OFFERED]


def _priced(
    base: ActionInputs, pair: dict[str, Any], bought: dict[str, _Bought]
) -> Iterator[_Offer]:
    one, two = (_within(base, bought[pair[side]], pair["segment"]) for side in _SIDES)
    place = np.minimum(np.searchsorted(two.row, one.row), max(len(two.row) - 1, 0))
    has = two.row[place] == one.row if len(two.row) else np.zeros(len(one.row), np.bool_)
    later = has & (two.first_age[place] < one.first_age) if len(two.row) else has
    came, waited = int(later.sum()), int((later | ~has).sum())
    if came >= LEAST_AUDIENCE:
        yield _Offer(pair, one.row[~has], waited, came, float(np.median(two.an_order)))


def _within(base: ActionInputs, product: _Bought, segment: int) -> _Bought:
    mine = base.segment[product.row] == segment
    return _Bought(*(column[mine] for column in product))


def _action(
    base: ActionInputs, segment: int, offers: list[_Offer], found: Affinity
) -> Action | None:
    if not offers:
        return None
    best = offers[0]
    audience = np.unique(np.concatenate([one.audience for one in offers]))

    def words(lang: Lang) -> dict[str, str]:
        return {
            "first": found.names[best.pair["first"]],
            "second": found.names[best.pair["second"]],
            "audience_of_pair": format_number(len(best.audience), lang),
            "waited": format_number(best.waited, lang),
            "came": format_number(best.came, lang),
            "share": format_share(best.share, lang),
            "an_order": format_amount(best.an_order, lang, base.currency),
            "pairs": format_number(len(offers), lang),
        }

    detail = {"pairs": [_detail(one, found) for one in offers]}
    amount = round(sum(one.amount for one in offers), 4)
    return Action(segment, "cross_sell", len(audience), amount, words, detail)


def _detail(offer: _Offer, found: Affinity) -> dict[str, Any]:
    told = {key: value for key, value in offer.pair.items() if key not in ("segment", "leverage")}
    return told | {
        "first_name": found.names[offer.pair["first"]],
        "second_name": found.names[offer.pair["second"]],
        "audience": len(offer.audience),
        "bought_first_alone": offer.waited,
        "came_back_for_second": offer.came,
        "median_spent_on_second": offer.an_order,
        "amount_at_stake": round(offer.amount, 4),
    }
