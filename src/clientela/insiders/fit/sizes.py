"""The sizes that a programme could have, and what customers chosen so brought on past dates.

Beside the rule stand the best customers by revenue of the last 12 months, in the shares that the
settings name, and the tiers that members fall into by the same revenue.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.config import Programme
from clientela.insiders.fit.proof_material import ProofDate, choose_top, draw_chances
from clientela.insiders.score.arrow_schemas import CASE
from clientela.insiders.score.months import DayView
from clientela.insiders.score.rule import Chosen
from clientela.insiders.score.thresholds import count_places, find_amount_for
from clientela.insiders.score.tiers import find_threshold, is_by_amount, order_tiers

SPENT = "revenue_365d"
Row = dict[str, Any]


def build_sizes_table(
    today: DayView, member: Chosen, trials: Sequence[ProofDate], settings: Programme
) -> pa.Table:
    """Build ``programme_case`` without its money: a row for the rule, each size and each tier.

    ``returned_share`` and ``revenue_ratio`` are what customers chosen in the same way did in the
    horizon after the past dates, when there was no programme.
    """
    chosen_now = {
        ("rules", ""): (None, member),
        **dict(_choose_sizes(today, settings)),
        **dict(_choose_tiers(today, member, settings)),
    }
    past = [_choose_then(trial, settings) for trial in trials]
    rows = [
        {
            "position": position,
            "option": option,
            "tier": name if option == "tier" else None,
            "customers_share": _find_share(option, name, settings),
            "threshold": threshold,
            "members": int(selection.sum()),
            "members_share": float(selection.mean()) if len(selection) else None,
            **_measure(trials, [choices[option, name] for choices in past]),
        }
        for position, ((option, name), (threshold, selection)) in enumerate(chosen_now.items(), 1)
    ]
    return pa.Table.from_pylist(rows, CASE)


Choice = tuple[tuple[str, str], tuple[float | None, Chosen]]


def _choose_sizes(today: DayView, settings: Programme) -> Iterator[Choice]:
    for share in settings.sizes:
        amount = _find_threshold(today, share)
        yield ("top", str(share)), (amount, _reach(today, amount))


def _choose_tiers(today: DayView, member: Chosen, settings: Programme) -> Iterator[Choice]:
    above = np.zeros(today.customers, dtype=np.bool_)
    tiers, by_amount = order_tiers(settings.tiers), is_by_amount(settings.tiers)
    for position, (name, value) in enumerate(tiers, 1):
        last = position == len(tiers)
        amount = None
        if not last:
            amount = find_threshold(value, today.columns[SPENT], by_amount=by_amount)
        reached = np.ones_like(above) if last else _reach(today, amount)
        yield ("tier", name), (amount, member & reached & ~above)
        above |= reached


def _find_threshold(today: DayView, share: float) -> float | None:
    return find_amount_for(today.columns[SPENT], count_places(today.customers, share))


def _reach(today: DayView, amount: float | None) -> Chosen:
    spent = today.columns[SPENT]
    return np.zeros(len(spent), dtype=np.bool_) if amount is None else spent >= amount


def _choose_then(trial: ProofDate, settings: Programme) -> Mapping[tuple[str, str], Chosen]:
    """Choose on a past date by the same shares; a threshold of today means nothing there."""
    view, member = trial.view, trial.groups["members"]
    chance = draw_chances(view, settings.seed)

    def choose_best(share: float) -> Chosen:
        return choose_top(view.columns[SPENT], count_places(view.customers, share), chance)

    tiers, by_amount = order_tiers(settings.tiers), is_by_amount(settings.tiers)
    upper = [value for _, value in tiers[:-1]]
    chosen = (_reach(view, value) if by_amount else choose_best(value) for value in upper)
    reached = [np.zeros_like(member), *chosen]
    reached.append(np.ones_like(member))
    return {
        ("rules", ""): member,
        **{("top", str(share)): choose_best(share) for share in settings.sizes},
        **{
            ("tier", name): member & upto & ~above
            for (name, _), (above, upto) in zip(tiers, pairwise(reached), strict=bool(tiers))
        },
    }


def _find_share(option: str, name: str, settings: Programme) -> float | None:
    if option == "tier":
        return None if is_by_amount(settings.tiers) else settings.tiers[name]
    return float(name) if name else None


def _measure(trials: Sequence[ProofDate], choices: Sequence[Chosen]) -> Row:
    """Measure who bought again, and the revenue of each over that of each of the others."""
    inside, outside, returned = np.zeros(2), np.zeros(2), 0
    for trial, selection in zip(trials, choices, strict=True):
        revenue, orders = trial.view.later_revenue, trial.view.later_orders
        if revenue is None or orders is None:
            continue
        inside += revenue[selection].sum(), selection.sum()
        outside += revenue[~selection].sum(), (~selection).sum()
        returned += int((orders[selection] > 0).sum())
    if not inside[1]:
        return {"returned_share": None, "revenue_ratio": None, "dates": len(trials)}
    rivals = outside[0] / outside[1] if outside[1] else 0.0
    return {
        "returned_share": returned / float(inside[1]),
        "revenue_ratio": float(inside[0] / inside[1] / rivals) if rivals > 0 else None,
        "dates": len(trials),
    }
