"""The members against the rest: effect, interval and p-value of each hypothesis.

Every comparison is a function of sums over members and sums over the rest, so one bootstrap of
customers, each group resampled by itself, gives the intervals of all hypotheses.
"""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

from clientela.config import Programme
from clientela.hypotheses.hypothesis import Hypothesis
from clientela.hypotheses.outcomes import Groups, Outcome
from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import assign_units, interval, resample_sums
from clientela.statistics.significance import compute_ratio_p_value

LEAST_CUSTOMERS = 10  # in each group; with a part of a whole too, where that is compared
LEAST_DRAWN = 0.99  # resamples that must give an effect

Test = Literal["welch", "mann_whitney", "bootstrap", "permutation"]


class Result(NamedTuple):
    """What a comparison gives; NaN where it cannot be measured.

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
    def measured(self) -> bool:
        """Whether there is an effect with an interval and a p-value."""
        return all(map(math.isfinite, (self.effect, self.low, self.high, self.p_value)))


def compared(groups: Groups, hypotheses: Sequence[Hypothesis], settings: Programme) -> list[Result]:
    """Compare members and the rest by every hypothesis.

    References
    ----------
    Welch (1947), doi:10.1093/biomet/34.1-2.28. Mann, Whitney (1947), doi:10.1214/aoms/1177730491.
    Efron, Tibshirani (1993), An introduction to the bootstrap. Ratios of sums are tested by
    permutation: :mod:`clientela.statistics.significance`.
    """
    if min(groups.members.sum(), (~groups.members).sum()) < LEAST_CUSTOMERS:
        return [_UNMEASURED] * len(hypotheses)
    columns = [_columns(groups, one) for one in hypotheses]
    sums = []
    for side, mine in enumerate((groups.members, ~groups.members)):
        customers = int(mine.sum())
        values = np.column_stack([*(pair[side] for pair in columns), np.ones(customers)])
        units = assign_units(customers, settings.seed)
        unit_sums = np.zeros((int(units.max()) + 1, values.shape[1]))
        np.add.at(unit_sums, units, values)
        # another seed for each group, or groups of one size would be drawn alike
        draws = resample_sums(unit_sums, settings.resamples, settings.seed + side)
        sums.append((unit_sums.sum(axis=0, keepdims=True), draws))
    return [_result(groups, one, place, sums, settings) for place, one in enumerate(hypotheses)]


_UNMEASURED = Result(math.nan, math.nan, math.nan, "bootstrap", math.nan)
_RARE = _UNMEASURED._replace(test="permutation", rare=True)


def _columns(groups: Groups, one: Hypothesis) -> tuple[Doubles, Doubles]:
    """Give two columns a hypothesis, the part and the whole, of members and of the rest."""
    outcome, members = groups.outcomes[one.measure], groups.members
    part, whole = outcome.part, outcome.whole
    if one.compare == "probability_of_more":
        part = _placements(part, members)
    if whole is None:
        whole = np.ones(len(part))
    both = np.column_stack([part, whole])
    return both[members], both[~members]


def _placements(values: Doubles, members: np.ndarray) -> Doubles:
    """Give each customer the share of the other group that a member's value exceeds.

    Of members: the share of the rest below them; of the rest: the share of members above them;
    equals count half. Either mean is the probability that a member has more.
    """
    placed = np.empty(len(values))
    for mine, sign in ((members, 1.0), (~members, -1.0)):
        others = np.sort(sign * values[~mine])
        below, upto = (
            np.searchsorted(others, sign * values[mine], side) for side in ("left", "right")
        )
        placed[mine] = (below + upto) / 2 / len(others)
    return placed


def _result(
    groups: Groups,
    one: Hypothesis,
    place: int,
    sums: Sequence[tuple[Doubles, Doubles]],
    settings: Programme,
) -> Result:
    if _rare(groups, one):
        return _RARE
    (member, members), (other, others) = (
        tuple(each[:, [2 * place, 2 * place + 1]] for each in side) for side in sums
    )
    effect = float(_effect(one, member, other, other)[0])
    drawn = _effect(one, members, others, other)
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < LEAST_DRAWN * len(members) or not math.isfinite(effect):
        return _UNMEASURED
    if min(member[0, 1], other[0, 1]) <= 0:  # a whole that returns have taken away
        return _UNMEASURED
    low, high = interval(drawn)
    test, p_value = _test(groups, one, drawn, settings)
    return Result(effect, low, high, test, p_value)


def _rare(groups: Groups, one: Hypothesis) -> bool:
    """Tell whether a ratio of sums hangs on fewer customers than a test needs."""
    outcome, members = groups.outcomes[one.measure], groups.members
    if outcome.whole is None:
        return False
    having = [int(np.count_nonzero(outcome.part[mine])) for mine in (members, ~members)]
    return min(having) < LEAST_CUSTOMERS


def _effect(one: Hypothesis, members: Doubles, rest: Doubles, rest_once: Doubles) -> Doubles:
    with np.errstate(divide="ignore", invalid="ignore"):
        if one.compare == "share_of_total":
            total = members[:, 0] + rest[:, 0]
            return np.where(total > 0, members[:, 0] / total, np.nan)
        mine, theirs = members[:, 0] / members[:, 1], rest[:, 0] / rest[:, 1]
        if one.compare == "probability_of_more":
            return mine + theirs - rest_once[:, 0] / rest_once[:, 1]
        return np.where(theirs > 0, mine / theirs, np.nan)


def _test(
    groups: Groups, one: Hypothesis, drawn: Doubles, settings: Programme
) -> tuple[Test, float]:
    outcome = groups.outcomes[one.measure]
    side = "greater" if one.relation == ">=" else "less"
    if one.compare == "probability_of_more" and one.threshold == 0.5:
        mine, rest = _split(outcome, groups)
        return "mann_whitney", float(stats.mannwhitneyu(mine, rest, alternative=side).pvalue)
    if outcome.whole is not None:
        return "permutation", _permutation(groups, one, settings)
    if one.compare == "ratio_of_means":
        mine, rest = _split(outcome, groups)
        if mine.std() > 0 or rest.std() > 0:
            return "welch", _welch(mine, one.threshold * rest, side)
    missed = drawn < one.threshold if side == "greater" else drawn > one.threshold
    return "bootstrap", (1 + int(missed.sum())) / (1 + len(drawn))


def _permutation(groups: Groups, one: Hypothesis, settings: Programme) -> float:
    """Test that the members' ratio lies beyond the threshold; a lower one is a higher negative."""
    mine, rest = _columns(groups, one)
    sign = np.array([1.0 if one.relation == ">=" else -1.0, 1.0])
    rng = np.random.default_rng([settings.seed, 2])
    return compute_ratio_p_value(mine * sign, rest * sign, one.threshold, settings.resamples, rng)


def _split(outcome: Outcome, groups: Groups) -> tuple[Doubles, Doubles]:
    return outcome.part[groups.members], outcome.part[~groups.members]


def _welch(mine: Doubles, rest: Doubles, side: str) -> float:
    """Test by moments: on the values SciPy warns where those of one group are all alike."""
    moments = [(each.mean(), each.std(ddof=1), len(each)) for each in (mine, rest)]
    found = stats.ttest_ind_from_stats(*moments[0], *moments[1], equal_var=False, alternative=side)
    return float(found.pvalue)
