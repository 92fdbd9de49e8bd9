"""Tests of means and ranks agree with SciPy's, whose distributions take a second to load."""

import itertools

import numpy as np
import pytest
from scipy import optimize, stats

from clientela.statistics.power import ExperimentPlan, find_smallest_rate
from clientela.statistics.significance import (
    compute_mann_whitney_p_value,
    compute_welch_p_value,
)

CASES = list(itertools.product(range(12), (0, 1, 6)))
"""Seeds, and decimals of the values: none makes many ties."""


@pytest.mark.parametrize(("seed", "decimals"), CASES)
def test_p_values_are_those_of_scipy(seed: int, decimals: int) -> None:
    rng = np.random.default_rng(seed)
    members = rng.exponential(3.0, rng.integers(10, 80)).round(decimals)
    others = rng.exponential(2.5, rng.integers(10, 300)).round(decimals)
    for sign, alternative in ((1.0, "greater"), (-1.0, "less")):
        welch = stats.ttest_ind(members, others, equal_var=False, alternative=alternative)
        ranks = stats.mannwhitneyu(members, others, alternative=alternative, method="asymptotic")
        own = compute_welch_p_value(sign * members, sign * others)
        assert own == pytest.approx(float(welch.pvalue), rel=1e-10)
        own = compute_mann_whitney_p_value(sign * members, sign * others)
        assert own == pytest.approx(float(ranks.pvalue), rel=1e-10)


def test_where_all_have_the_same_nobody_has_more() -> None:
    assert compute_mann_whitney_p_value(np.ones(20), np.ones(30)) == 1.0


@pytest.mark.parametrize("seed", range(30))
def test_the_smallest_rate_is_where_reach_and_difference_meet(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base, unexplained = rng.uniform(0.001, 0.99), rng.uniform(0.2, 1.0)
    plan, customers = ExperimentPlan(control_share=rng.uniform(0.05, 0.95)), rng.integers(2, 5000)
    control = customers * plan.control_share
    reach = float(stats.norm.ppf(1 - plan.alpha / 2) + stats.norm.ppf(plan.power))
    assert plan.reach == pytest.approx(reach, rel=1e-12)

    def miss(rate: float) -> float:
        variance = base * (1 - base) / control + rate * (1 - rate) / (customers - control)
        return float(rate - base - reach * np.sqrt(unexplained * variance))

    found = find_smallest_rate(base, int(customers), plan, unexplained)
    if miss(1.0) <= 0.0:
        assert found is None
    else:
        root = optimize.brentq(miss, base, 1.0, xtol=1e-15, rtol=1e-14)
        assert found == pytest.approx(root, rel=1e-10)
