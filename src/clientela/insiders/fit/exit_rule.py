"""The exit rule: the entry's conditions, lower, and a bound on the days without a purchase.

The gap between both rules is the hysteresis that keeps members from flapping. How wide it must be
is found by simulating the past months with each of some widths. The bound goes up to 180 days, or
up to the firm's median gap between orders where that is longer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from clientela.contract.features import find_feature
from clientela.insiders.score.membership import MembershipSimulation, simulate_membership
from clientela.insiders.score.months import DayView, MonthViews
from clientela.insiders.score.rule import ProgrammeRule, RuleCondition
from clientela.insiders.score.thresholds import round_down

LOOSER = (0.8, 0.65, 0.5)  # by convention: shares of a threshold that keep their readable step
# By convention: spans people speak of.
AWAY_DAYS = (60, 75, 90, 105, 120, 150, 180, 210, 240, 270, 300, 330, 365)
LONGEST_DAYS = 180  # unless half of those who come back take longer
AT_LEAST_LONGER_DAYS = 30  # by convention: one review
WINDOW_DAYS = 90  # the shortest window of the entry's conditions
SHORT = ("revenue_90d", "orders_90d")  # a quiet quarter alone need not end a membership
FEW_FLAPPING = 0.03  # the promise is 5 %
NEAR = 0.02  # of the later revenue: what noticing soon may cost
# Customers times pairs in one simulation: the pairs of 120 customers took a third of the time they
# take one after another; with 20,000 customers several at once fill memory and save nothing.
SIDE_BY_SIDE = 20_000


@dataclass(frozen=True)
class RulePair:
    """An entry rule with its exit, and how both would have done.

    Parameters
    ----------
    entry, exit : ProgrammeRule
        Whoever meets the entry meets the exit.
    flapping_share : float
        Of all who ever were members, those who left and came back within three months.
    largest_share : float
        The largest share of customers that were members on any day, those in grace included.
    later_share : float
        Share of the later revenue that members held, averaged over the days; NaN if unknown.
    """

    entry: ProgrammeRule
    exit: ProgrammeRule
    flapping_share: float
    largest_share: float
    later_share: float

    @property
    def away_days(self) -> int:
        """Days without a purchase after which a member no longer meets the exit rule."""
        bounds = (
            condition.value
            for condition in self.exit.conditions
            if condition.feature == "days_since_last"
        )
        return int(min(bounds, default=0))


def tune_exit(
    months: MonthViews, entries: Sequence[ProgrammeRule], grace_days: int, budget: float
) -> RulePair | None:
    """Simulate pairs of entry and exit rules and take the best.

    Of those that keep within the budget, members in grace included, and let fewer than 3 % of
    members flap, the ones whose members held within two points of the most of the later revenue;
    of them the one that notices soonest that somebody stopped buying, then the one that held most,
    then the smallest. Where all flap more, the one that flaps least.

    Returns
    -------
    Learnt or None
        None where no pair keeps within the budget.
    """
    longest = find_longest_absence(months.today)
    pairs = [(entry, leave) for entry in entries for leave in iterate_exit_rules(entry, longest)]
    tried = [
        learnt
        for learnt in judge_pairs(months, pairs, grace_days)
        if learnt.largest_share <= budget
    ]
    if not tried:
        return None
    steady = [rule_pair for rule_pair in tried if rule_pair.flapping_share < FEW_FLAPPING]
    if not steady:
        return min(tried, key=lambda item: (item.flapping_share, item.largest_share))
    highest = max(_round_share(rule_pair) for rule_pair in steady)
    near = [rule_pair for rule_pair in steady if _round_share(rule_pair) >= highest - NEAR]
    return min(
        near, key=lambda item: (item.away_days, -round(_round_share(item), 3), item.largest_share)
    )


def simulate_rules(
    months: MonthViews, entry: ProgrammeRule, leave: ProgrammeRule, grace_days: int
) -> MembershipSimulation:
    """Review the customers of each month by a pair of rules."""
    return simulate_membership(months.days, months.choose(entry), months.choose(leave), grace_days)


def loosen_rule(entry: ProgrammeRule, factor: float, away_days: float) -> ProgrammeRule:
    """Lower an entry rule's thresholds to a share of themselves, and bound the days away.

    Counts are lowered to 1 at least; amounts keep to readable steps, however small they are.

    Examples
    --------
    >>> entry = ProgrammeRule(
    ...     (RuleCondition("orders", ">=", 4), RuleCondition("days_since_last", "<=", 60))
    ... )
    >>> loosen_rule(entry, 0.5, 120).sentence("en", None)
    'placed at least 2 orders and bought in the last 120 days'
    """
    lower = (
        _lower(condition, factor) for condition in entry.conditions if condition.operator == ">="
    )
    return ProgrammeRule((*lower, RuleCondition("days_since_last", "<=", float(away_days))))


def find_longest_absence(today: DayView) -> float:
    """Return the longest bound worth trying: 180 days, or the step that the median gap demands.

    A customer's gap is the mean number of days from one order to the next; who ordered once has
    none.
    """
    orders = today.columns["orders"]
    again = orders > 1
    if not again.any():
        return LONGEST_DAYS
    spans = (today.columns["tenure_days"] - today.columns["days_since_last"])[again]
    gap = float(np.median(spans / (orders[again] - 1)))
    return next((days for days in AWAY_DAYS if days >= max(gap, LONGEST_DAYS)), AWAY_DAYS[-1])


def _lower(condition: RuleCondition, factor: float) -> RuleCondition:
    value = round_down(condition.feature, condition.value * factor)
    if find_feature(condition.feature).unit == "count":
        value = max(value, 1.0)
    return RuleCondition(condition.feature, condition.operator, min(value, condition.value))


def iterate_exit_rules(
    entry: ProgrammeRule, longest_days: float = LONGEST_DAYS
) -> Iterator[ProgrammeRule]:
    """Return the exit rules worth simulating; whoever meets the entry meets each of them."""
    bounds = [
        condition.value for condition in entry.conditions if condition.feature == "days_since_last"
    ]
    shortest = min(bounds) + AT_LEAST_LONGER_DAYS if bounds else WINDOW_DAYS
    of_the_year = ProgrammeRule(
        tuple(condition for condition in entry.conditions if condition.feature not in SHORT)
    )
    for days in AWAY_DAYS:
        if shortest <= days <= longest_days:
            yield from (loosen_rule(entry, factor, days) for factor in LOOSER)
            if of_the_year != entry:
                yield from (loosen_rule(of_the_year, factor, days) for factor in LOOSER)


def judge_rules(
    months: MonthViews, entry: ProgrammeRule, leave: ProgrammeRule, grace_days: int
) -> RulePair:
    """Return how a pair of rules would have done over the months."""
    return next(judge_pairs(months, [(entry, leave)], grace_days))


def judge_pairs(
    months: MonthViews, pairs: Sequence[tuple[ProgrammeRule, ProgrammeRule]], grace_days: int
) -> Iterator[RulePair]:
    """Return how pairs of entry and exit rules would have done, several reviewed side by side."""
    customers = months.today.customers
    at_once = max(SIDE_BY_SIDE // max(customers, 1), 1)
    for first in range(0, len(pairs), at_once):
        some = pairs[first : first + at_once]
        enters = {entry: months.choose(entry) for entry, _ in some}
        run = simulate_membership(
            months.days,
            np.hstack([enters[entry] for entry, _ in some]),
            np.hstack([months.choose(leave) for _, leave in some]),
            grace_days,
        )
        for number, pair in enumerate(some):
            columns = slice(number * customers, (number + 1) * customers)
            yield _judge_pair(months, pair, run.select(columns))


def _judge_pair(
    months: MonthViews, pair: tuple[ProgrammeRule, ProgrammeRule], run: MembershipSimulation
) -> RulePair:
    shares = [
        view.later_share(row[view.rows])
        for row, view in zip(run.member, months.views, strict=True)
        if view.earned_later > 0
    ]
    return RulePair(
        *pair,
        run.flapping_share,
        max(months.shares(run.member)),
        float(np.mean(shares)) if shares else np.nan,
    )


def _round_share(learnt: RulePair) -> float:
    return -1.0 if np.isnan(learnt.later_share) else round(learnt.later_share, 9)
