"""The entry rule: the readable conditions that held most of what came after, within the budget.

Every rule of at most two conditions over readable thresholds is tried, and the best pairs with
every third. A rule is judged by the share of the later revenue that those it chooses hold, averaged
over the past days whose outcome is known, and may on none of them, nor today, choose more than the
budget. Every rule bounds the days since the last purchase, by a condition or by a window of 90
days: whoever is gone cannot enter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from clientela.insiders.score.months import DayView, rewrite_for
from clientela.insiders.score.rule import Operator, ProgrammeRule, RuleCondition
from clientela.insiders.score.thresholds import list_thresholds
from clientela.statistics.arrays import Doubles

CONSIDERED = ("revenue_365d", "orders_365d", "revenue_90d", "orders_90d", "days_since_last")
RECENT = ("revenue_90d", "orders_90d", "days_since_last")
SLOWEST_DAYS = 90  # whoever enters is a customer now
PAIRS_EXTENDED = 40  # triples cost in proportion
WIDER = 1.6  # budgets by which a pair may overshoot and still be given a third condition
WORTH = 0.005  # of the later revenue: below this a further condition is not worth its words
TINY = 1e-9  # a gain on a single day equals its own error, but for the last bits
NEAR = 0.002  # of the later revenue: rules as good as each other

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class RuleSearch:
    """Rules and what they would have done.

    Parameters
    ----------
    rules : array of int
        Indices of conditions, (rules, 3); -1 where there are fewer.
    shares : array of float
        Share of customers chosen, (rules, days); the last is today's.
    later_share : array of float
        Share of the later revenue held, (rules, days whose outcome is known).
    conditions : tuple of RuleCondition
        What the indices mean.
    """

    rules: Indices
    shares: Doubles
    later_share: Doubles
    conditions: tuple[RuleCondition, ...]

    def rule(self, position: int) -> ProgrammeRule:
        """Return a rule, its conditions in the order of :data:`CONSIDERED`."""
        return ProgrammeRule(
            tuple(self.conditions[rule] for rule in sorted(self.rules[position]) if rule >= 0)
        )


def search_rules(
    views: Sequence[DayView], other_views: Sequence[DayView], budget: float, most_conditions: int
) -> RuleSearch:
    """Try the rules of up to ``most_conditions`` conditions on past days whose outcome is known.

    Parameters
    ----------
    views : sequence of DayView
        Past days with their outcome.
    other_views : sequence of DayView
        Days on which the budget counts too; the last is the one the rule is written on.
    budget : float
        Largest share of customers, by which pairs are picked for a third condition.
    most_conditions : int
        1 to 3.
    """
    today = other_views[-1]
    conditions = _conditions(today)
    met = [_meet(conditions, today, view) for view in (*views, *other_views)]
    outcomes = [_weights(view) for view in views]
    singles = np.arange(len(conditions))[:, None]
    tried = [_score(singles, met, outcomes, conditions)]
    if most_conditions > 1:
        tried.append(_score(_pairs(conditions), met, outcomes, conditions))
    if most_conditions > 2:
        tried.append(_score(_triples(tried[1], budget), met, outcomes, conditions))
    return _with_recency(_together(tried))


def pick_rule(tried: RuleSearch, budget: float) -> ProgrammeRule:
    """Take the rule that held most within a budget; fewer conditions where the gain is noise.

    A further condition must bring half a point of the later revenue and one standard error of the
    gain over the days. Of rules within half a point of the best, the one whose share of customers
    moved least is taken.

    Returns
    -------
    Rule
        Without conditions where nothing fits the budget.
    """
    fits = (tried.shares.max(axis=1) <= budget) & (tried.shares[:, -1] > 0)
    counts = (tried.rules >= 0).sum(axis=1)
    best_rule: int | None = None
    for count in np.unique(counts[fits]):
        rival = _steadiest(tried, np.flatnonzero(fits & (counts == count)))
        if best_rule is None or _worth_it(tried.later_share[rival] - tried.later_share[best_rule]):
            best_rule = rival
    return ProgrammeRule(()) if best_rule is None else tried.rule(best_rule)


def _steadiest(tried: RuleSearch, among: Indices) -> int:
    shares_held = np.round(tried.later_share[among], 9)
    losses = shares_held[np.argmax(shares_held.mean(axis=1))] - shares_held
    near = among[losses.mean(axis=1) <= np.maximum(NEAR, _error(losses)) + TINY]
    spread = tried.shares[near].std(axis=1)
    order = np.lexsort((-np.round(tried.later_share[near].mean(axis=1), 9), np.round(spread, 4)))
    return int(near[order[0]])


def _worth_it(gain: Doubles) -> bool:
    return bool(gain.mean() > max(WORTH, float(_error(gain))) + TINY)


def _error(over_days: Doubles) -> Doubles:
    """Return the standard error of means over the days, the last axis; 0 with a single one."""
    days = over_days.shape[-1]
    if days < 2:
        return np.zeros(over_days.shape[:-1])
    return np.asarray(over_days.std(axis=-1, ddof=1) / np.sqrt(days))


def _conditions(today: DayView) -> tuple[RuleCondition, ...]:
    conditions: list[RuleCondition] = []
    for name in CONSIDERED:
        operator: Operator = "<=" if name == "days_since_last" else ">="
        values = list_thresholds(name, today.columns[name])
        if operator == "<=":
            values = values[values <= SLOWEST_DAYS]
        conditions += [RuleCondition(name, operator, float(value)) for value in values]
    return tuple(conditions)


def _meet(conditions: Sequence[RuleCondition], today: DayView, view: DayView) -> Doubles:
    rule = rewrite_for(ProgrammeRule(tuple(conditions)), today, view)
    rows = [condition.holds(view.columns[condition.feature]) for condition in rule.conditions]
    return np.array(rows, dtype=np.float64).reshape(len(conditions), view.customers)


def _weights(view: DayView) -> Doubles:
    later = view.later_revenue
    if later is None or later.sum() <= 0:
        raise ValueError(f"nothing was earned after {view.day}: it teaches nothing")
    weights: Doubles = later / later.sum()
    return weights


def _pairs(conditions: Sequence[RuleCondition]) -> Indices:
    names = np.array([CONSIDERED.index(condition.feature) for condition in conditions])
    first, second = np.nonzero(names[:, None] < names[None, :])
    return np.stack([first, second], axis=1)


def _triples(pairs: RuleSearch, budget: float) -> Indices:
    near = pairs.shares.max(axis=1) <= WIDER * budget
    order = np.argsort(-np.round(pairs.later_share.mean(axis=1), 9)[near], kind="stable")
    extended = pairs.rules[near][order[:PAIRS_EXTENDED], :2]
    names = np.array(
        [CONSIDERED.index(condition.feature) for condition in pairs.conditions], dtype=np.intp
    )
    every = np.arange(len(names))
    triples = np.concatenate(
        [np.repeat(extended, len(every), axis=0), np.tile(every, len(extended))[:, None]], axis=1
    )
    kinds = np.sort(names[triples], axis=1)
    different = np.all(np.diff(kinds, axis=1) > 0, axis=1)
    triples = triples[different]
    _, first = np.unique(np.sort(triples, axis=1), axis=0, return_index=True)
    return triples[np.sort(first)]


def _score(
    rules: Indices,
    met: Sequence[Doubles],
    outcomes: Sequence[Doubles],
    conditions: tuple[RuleCondition, ...],
) -> RuleSearch:
    shares = np.stack([_sums(rules, item, None) / max(item.shape[1], 1) for item in met], axis=1)
    met_judged = met[: len(outcomes)]
    shares_held = [
        _sums(rules, outcome, weights)
        for outcome, weights in zip(met_judged, outcomes, strict=True)
    ]
    width = np.full((len(rules), 3 - rules.shape[1]), -1)
    return RuleSearch(np.hstack([rules, width]), shares, np.stack(shares_held, axis=1), conditions)


def _sums(rules: Indices, met: Doubles, weights: Doubles | None) -> Doubles:
    """Add up customers, or their weights, over those who meet all conditions of each rule."""
    weighted = met if weights is None else met * weights
    if rules.shape[1] == 1:
        sums: Doubles = weighted.sum(axis=1)[rules[:, 0]]
    elif rules.shape[1] == 2:
        sums = (weighted @ met.T)[rules[:, 0], rules[:, 1]]
    else:
        pairs, which = np.unique(rules[:, :2], axis=0, return_inverse=True)
        pair_met = weighted[pairs[:, 0]] * met[pairs[:, 1]]
        sums = (pair_met @ met.T)[which.ravel(), rules[:, 2]]
    return sums


def _together(tried: Sequence[RuleSearch]) -> RuleSearch:
    return replace(
        tried[0],
        rules=np.concatenate([rule_pair.rules for rule_pair in tried]),
        shares=np.concatenate([rule_pair.shares for rule_pair in tried]),
        later_share=np.concatenate([rule_pair.later_share for rule_pair in tried]),
    )


def _with_recency(tried: RuleSearch) -> RuleSearch:
    recent = np.array([condition.feature in RECENT for condition in tried.conditions] + [False])
    recent_rules = recent[tried.rules].any(axis=1)  # -1 reads the False at the end
    return replace(
        tried,
        rules=tried.rules[recent_rules],
        shares=tried.shares[recent_rules],
        later_share=tried.later_share[recent_rules],
    )
