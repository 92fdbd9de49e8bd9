"""The members against the rest: effect, interval and p-value of each hypothesis.

Every comparison is a function of sums over members and sums over the rest, so one bootstrap of
customers, each group resampled by itself, gives the intervals of all hypotheses.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from clientela.config import Programme
from clientela.hypotheses.hypothesis import Hypothesis, Measure
from clientela.hypotheses.outcomes import Outcome
from clientela.statistics.arrays import Doubles, Mask
from clientela.statistics.bootstrap import assign_units, interval, resample_sums
from clientela.statistics.ranks import place_among
from clientela.statistics.significance import (
    compute_mann_whitney_p_value,
    compute_ratio_p_value,
    compute_welch_p_value,
)

LEAST_CUSTOMERS = 10
"""In each group, and with a part above 0 where sums are compared; by convention."""

LEAST_MEASURED_SHARE = 0.99
"""Resamples that must have an effect; fewer, and the quantiles of the rest are not at the level."""

Test = Literal["welch", "mann_whitney", "bootstrap", "permutation"]


class GroupComparison(NamedTuple):
    """Effect, interval and test of a hypothesis; NaN where it cannot be measured.

    ``low`` and ``high`` hold at 95 %; ``p_value`` is one-sided, of the hypothesis being
    missed. ``rare`` where too few customers have a part at all for a ratio of sums.
    """

    effect: float
    low: float
    high: float
    test: Test
    p_value: float
    rare: bool = False

    @property
    def measurable(self) -> bool:
        """Whether there is an effect with an interval and a p-value."""
        return all(map(math.isfinite, (self.effect, self.low, self.high, self.p_value)))


def read_comparison(values: Sequence[Any]) -> GroupComparison:
    """Read a comparison from JSON, which has nothing in place of NaN."""
    numbers: list[Any] = [math.nan if value is None else value for value in values]
    return GroupComparison(*numbers)


UNMEASURED = GroupComparison(math.nan, math.nan, math.nan, "bootstrap", math.nan)
_RARE = UNMEASURED._replace(test="permutation", rare=True)


def compare_groups(
    members: Mask,
    outcomes: Mapping[Measure, Outcome],
    hypotheses: Sequence[Hypothesis],
    settings: Programme,
) -> list[GroupComparison]:
    """Compare members and the rest by every hypothesis.

    References
    ----------
    Welch (1947), doi:10.1093/biomet/34.1-2.28. Mann, Whitney (1947), doi:10.1214/aoms/1177730491.
    Efron, Tibshirani (1993), An introduction to the bootstrap. Ratios of sums are tested by
    permutation: :mod:`clientela.statistics.significance`.
    """
    if min(members.sum(), (~members).sum()) < LEAST_CUSTOMERS:
        return [UNMEASURED] * len(hypotheses)
    columns = [
        _tabulate_columns(members, outcomes[hypothesis.measure], hypothesis)
        for hypothesis in hypotheses
    ]
    sums = []
    for side, rows in enumerate((members, ~members)):
        customers = int(rows.sum())
        values = np.column_stack([*(pair[side] for pair in columns), np.ones(customers)])
        units = assign_units(customers, settings.seed)
        unit_sums = np.zeros((int(units.max()) + 1, values.shape[1]))
        np.add.at(unit_sums, units, values)
        # another seed for each group, or groups of one size would be drawn alike
        draws = resample_sums(unit_sums, settings.resamples, settings.seed + side)
        sums.append((unit_sums.sum(axis=0, keepdims=True), draws))
    return [
        _compare(
            members,
            outcomes[hypothesis.measure],
            hypothesis,
            [tuple(table[:, 2 * number : 2 * number + 2] for table in side) for side in sums],
            settings,
        )
        for number, hypothesis in enumerate(hypotheses)
    ]


def _tabulate_columns(
    members: Mask, outcome: Outcome, hypothesis: Hypothesis
) -> tuple[Doubles, Doubles]:
    """Return the part and the total of a hypothesis as two columns, of members and of the rest."""
    part, total = outcome
    if hypothesis.compare == "probability_of_more":
        part = _rank_between_groups(part, members)
    columns = np.column_stack([part, np.ones(len(part)) if total is None else total])
    return columns[members], columns[~members]


def _rank_between_groups(values: Doubles, members: Mask) -> Doubles:
    """Return for each customer the share of the other group that a member's value exceeds.

    Of members: the share of the rest below them; of the rest: the share of members above them;
    equals count half. Either mean is the probability that a member has more.
    """
    shares = np.empty(len(values))
    for rows, sign in ((members, 1.0), (~members, -1.0)):
        shares[rows] = place_among(sign * values[rows], sign * values[~rows])
    return shares


def _compare(
    members: Mask,
    outcome: Outcome,
    hypothesis: Hypothesis,
    sums: Sequence[tuple[Doubles, ...]],
    settings: Programme,
) -> GroupComparison:
    """Compare by the sums of each side: in fact, and in the resamples."""
    if _is_rare(members, outcome):
        return _RARE
    (member, member_draws), (other, other_draws) = sums
    effect = float(_compute_effect(hypothesis, member, other, other)[0])
    effects = _compute_effect(hypothesis, member_draws, other_draws, other)
    effects = effects[np.isfinite(effects)]
    if len(effects) < LEAST_MEASURED_SHARE * len(member_draws) or not math.isfinite(effect):
        return UNMEASURED
    if min(member[0, 1], other[0, 1]) <= 0:  # a total that returns have taken away
        return UNMEASURED
    low, high = interval(effects)
    test, p_value = _test_hypothesis(members, outcome, hypothesis, effects, settings)
    return GroupComparison(effect, low, high, test, p_value)


def _is_rare(members: Mask, outcome: Outcome) -> bool:
    """Check whether a ratio of sums hangs on fewer customers than a test needs."""
    part, total = outcome
    if total is None:
        return False
    counts = [int(np.count_nonzero(part[rows])) for rows in (members, ~members)]
    return min(counts) < LEAST_CUSTOMERS


def _compute_effect(
    hypothesis: Hypothesis, members: Doubles, non_members: Doubles, non_members_in_fact: Doubles
) -> Doubles:
    with np.errstate(divide="ignore", invalid="ignore"):
        if hypothesis.compare == "share_of_total":
            total = members[:, 0] + non_members[:, 0]
            return np.where(total > 0, members[:, 0] / total, np.nan)
        member_mean = members[:, 0] / members[:, 1]
        other_mean = non_members[:, 0] / non_members[:, 1]
        if hypothesis.compare == "probability_of_more":
            return member_mean + other_mean - non_members_in_fact[:, 0] / non_members_in_fact[:, 1]
        return np.where(other_mean > 0, member_mean / other_mean, np.nan)


def _test_hypothesis(
    members: Mask, outcome: Outcome, hypothesis: Hypothesis, effects: Doubles, settings: Programme
) -> tuple[Test, float]:
    (part, total), threshold = outcome, hypothesis.threshold
    member_part, rest_part = part[members], part[~members]
    sign = 1.0 if hypothesis.relation == ">=" else -1.0
    if hypothesis.compare == "probability_of_more" and threshold == 0.5:
        return "mann_whitney", compute_mann_whitney_p_value(sign * member_part, sign * rest_part)
    if total is not None:
        columns = _tabulate_columns(members, outcome, hypothesis)
        return "permutation", _permute(*columns, hypothesis, settings)
    if hypothesis.compare == "ratio_of_means" and (member_part.std() > 0 or rest_part.std() > 0):
        return "welch", compute_welch_p_value(sign * member_part, sign * threshold * rest_part)
    missed = sign * effects < sign * threshold
    return "bootstrap", (1 + int(missed.sum())) / (1 + len(effects))


def _permute(
    members: Doubles, non_members: Doubles, hypothesis: Hypothesis, settings: Programme
) -> float:
    """Test that the members' ratio lies beyond the threshold; a lower one is a higher negative."""
    sign = np.array([1.0 if hypothesis.relation == ">=" else -1.0, 1.0])
    rng = np.random.default_rng([settings.seed, 2])
    return compute_ratio_p_value(
        members * sign, non_members * sign, hypothesis.threshold, settings.resamples, rng
    )
