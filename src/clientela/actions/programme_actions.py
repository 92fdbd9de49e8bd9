"""Actions for groups of the programme, and for customers who may leave."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from clientela.actions.action import (
    PERIOD_DAYS,
    Action,
    ActionInputs,
    ActionKind,
    ActionTarget,
    Upside,
    build_upside,
    select_audience,
)
from clientela.actions.customers_at import CustomersAt
from clientela.features.daily_revenue import YEAR_DAYS
from clientela.i18n import Lang, format_amount, format_number, format_share, t
from clientela.statistics.arrays import Doubles, Mask, sum_exactly

SIMILAR = (0.05, 0.95)
"""By convention: peers of the candidates spent what nine in ten of them did in a year."""
LEAST_PEERS = 20
"""By convention: the share of buyers among fewer is too rough to plan an experiment with."""


def find_programme_actions(inputs: ActionInputs) -> Iterator[Action]:
    """Find what applies to members, candidates, those about to leave and those at risk."""
    for action in (
        _remind_members(inputs),
        _invite_candidates(inputs),
        _warn_leaving(inputs),
        _retain_at_risk(inputs),
    ):
        if action is not None:
            yield action


def _remind_members(inputs: ActionInputs) -> Action | None:
    """Address members who are later than their own rhythm; at stake is a period of their pace."""

    def start(at: CustomersAt) -> Mask:
        with np.errstate(invalid="ignore"):
            late: Mask = at.member & (at.columns["days_since_last"] > at.columns["gap_days_mean"])
        return late

    later, past = inputs.later, inputs.past
    rows, upside = select_audience(
        inputs,
        (start(inputs.today) & (inputs.status == "member"), None if past is None else start(past)),
        (_zeros(inputs.today), None if past is None else _zeros(past)),
        later["later_orders"] > 0 if later else None,
        later.get("later_revenue"),
    )
    return _build("reminder", "members", inputs, rows, upside)


def _invite_candidates(inputs: ActionInputs) -> Action | None:
    """Address the candidates; those who made it before had spent as much, and are in by now."""
    candidates = inputs.status == "candidate"
    if not candidates.any():
        return None
    spent = inputs.today.columns["revenue_365d"]
    low, high = np.quantile(spent[candidates], SIMILAR)
    latest = inputs.today.columns["days_since_last"][candidates].max()
    past, peers, gain, reached = inputs.past, None, None, None
    if past is not None:
        before = past.columns["revenue_365d"]
        peers = ~past.member & (before >= low) & (before <= high)
        peers &= past.columns["days_since_last"] <= latest
        reached = inputs.enters[inputs.now]
        gain = inputs.later["later_revenue"] - before * PERIOD_DAYS / YEAR_DAYS
    rows, upside = select_audience(
        inputs,
        (candidates, peers),
        (_zeros(inputs.today), None if past is None else _zeros(past)),
        reached,
        gain,
    )
    return _build("invitation", "candidates", inputs, rows, upside)


def _warn_leaving(inputs: ActionInputs) -> Action | None:
    """Address members about to leave; those who made it before were late and meet the rule now."""
    past, peers, reached = inputs.past, None, None
    if past is not None:
        with np.errstate(invalid="ignore"):
            late = past.columns["days_since_last"] > past.columns["gap_days_mean"]
        peers, reached = past.member & late, inputs.stays[inputs.now]
    rows, upside = select_audience(
        inputs,
        (inputs.status == "leaving", peers),
        (_zeros(inputs.today), None if past is None else _zeros(past)),
        reached,
        inputs.later.get("later_revenue"),
    )
    return _build("warning", "leaving", inputs, rows, upside)


def _retain_at_risk(inputs: ActionInputs) -> Action | None:
    """Address the contact list; its upside is the share that an experiment saw stay.

    Where past dates cannot judge what would be lost, what was spent is at stake.
    """
    rows = np.flatnonzero(np.isfinite(inputs.loss) & inputs.reachable)
    judged = inputs.loss_judged
    stake = sum_exactly(inputs.loss[rows]) if judged else _sum_usual(inputs, rows)
    upside, share = None, inputs.saved_share
    if share and judged:
        saved = max(round(len(rows) * share), 1)
        upside = build_upside(inputs, rows, (len(rows) or 1, saved), stake * share, None)

    def write_words(lang: Lang) -> dict[str, str]:
        amount = format_amount(stake, lang, inputs.currency)
        days = format_number(PERIOD_DAYS, lang)
        key = f"action.retention.{'loss' if judged else 'spent'}"
        money = t(key, lang, amount=amount, days=days)
        return {"saved": format_share(share or 0.0, lang), "money": money}

    base = _share_of_buyers(inputs, rows)
    return Action("retention", "at_risk", None, rows, stake, write_words, upside, base=base)


def _share_of_buyers(inputs: ActionInputs, rows: npt.NDArray[np.int64]) -> float | None:
    """Return how many who were as silent, and spent as much, bought in the past period."""
    past = inputs.past
    if past is None or not len(rows):
        return None
    alike = np.ones(len(past.ids), dtype=np.bool_)
    for name in ("days_since_last", "revenue_365d"):
        low, high = np.quantile(inputs.today.columns[name][rows], SIMILAR)
        alike &= (past.columns[name] >= low) & (past.columns[name] <= high)
    if alike.sum() < LEAST_PEERS:
        return None
    return float((inputs.later["later_orders"][alike] > 0).mean())


def _sum_usual(inputs: ActionInputs, rows: npt.NDArray[np.int64]) -> float:
    """Sum what a period of the customers' year brought."""
    spent = np.clip(inputs.today.columns["revenue_365d"][rows], 0.0, None)
    return round(sum_exactly(spent) * PERIOD_DAYS / YEAR_DAYS, 4)


def _build(
    kind: ActionKind,
    target: ActionTarget,
    inputs: ActionInputs,
    rows: npt.NDArray[np.int64],
    upside: Upside | None,
) -> Action:
    """Build an action at whose stake is what a period of the audience's year brought."""
    stake = _sum_usual(inputs, rows)

    def write_words(lang: Lang) -> dict[str, str]:
        of_year = stake * YEAR_DAYS / PERIOD_DAYS
        each = of_year / len(rows) if len(rows) else 0.0
        return {"spent_each": format_amount(each, lang, inputs.currency)}

    return Action(kind, target, None, rows, stake, write_words, upside)


def _zeros(at: CustomersAt) -> Doubles:
    return np.zeros(len(at.ids))
