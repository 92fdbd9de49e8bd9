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
    PastStep,
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

    def look_back(past: CustomersAt) -> tuple[Mask, Doubles, Mask, Doubles]:
        bought = inputs.later["later_orders"] > 0
        return start(past), _zeros(past), bought, inputs.later["later_revenue"]

    late = start(inputs.today) & (inputs.status == "member")
    rows, upside = select_audience(inputs, "reminder", late, _zeros(inputs.today), look_back)
    return _build("reminder", "members", inputs, rows, upside)


def _invite_candidates(inputs: ActionInputs) -> Action | None:
    """Address the candidates; those who made it before had spent as much, and are in by now."""
    candidates = inputs.status == "candidate"
    if not candidates.any():
        return None
    spent = inputs.today.columns["revenue_365d"]
    low, high = np.quantile(spent[candidates], SIMILAR)
    latest = inputs.today.columns["days_since_last"][candidates].max()

    def look_back(past: CustomersAt) -> tuple[Mask, Doubles, Mask, Doubles]:
        before = past.columns["revenue_365d"]
        peers = ~past.member & (before >= low) & (before <= high)
        peers &= past.columns["days_since_last"] <= latest
        gain = inputs.later["later_revenue"] - before * PERIOD_DAYS / YEAR_DAYS
        return peers, _zeros(past), inputs.enters[inputs.now], gain

    rows, upside = select_audience(
        inputs, "invitation", candidates, _zeros(inputs.today), look_back
    )
    return _build("invitation", "candidates", inputs, rows, upside)


def _warn_leaving(inputs: ActionInputs) -> Action | None:
    """Address members about to leave; those who made it before were late and meet the rule now."""

    def look_back(past: CustomersAt) -> tuple[Mask, Doubles, Mask, Doubles]:
        with np.errstate(invalid="ignore"):
            late = past.columns["days_since_last"] > past.columns["gap_days_mean"]
        stayed, revenue = inputs.stays[inputs.now], inputs.later["later_revenue"]
        return past.member & late, _zeros(past), stayed, revenue

    leaving = inputs.status == "leaving"
    rows, upside = select_audience(inputs, "warning", leaving, _zeros(inputs.today), look_back)
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
    if not len(rows):
        return None

    def measure(past: CustomersAt) -> PastStep | None:
        alike = np.ones(len(past.ids), dtype=np.bool_)
        for name in ("days_since_last", "revenue_365d"):
            low, high = np.quantile(inputs.today.columns[name][rows], SIMILAR)
            alike &= (past.columns[name] >= low) & (past.columns[name] <= high)
        if alike.sum() < LEAST_PEERS:
            return None
        bought = inputs.later["later_orders"][alike] > 0
        return PastStep(0.0, int(alike.sum()), int(bought.sum()), 0.0, float(bought.mean()))

    step = inputs.recall_step("retention", measure)
    return None if step is None else step.base


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
