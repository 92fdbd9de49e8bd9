"""Experiments: published sample sizes, a reproducible draw, and planted uplifts found again."""

import datetime as dt
import math
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from clientela.experiments.assignment import ARM_SCHEMA, assign_arms
from clientela.experiments.design import (
    OUTCOMES,
    ExperimentDesign,
    OutcomeName,
    OutcomeSpread,
    count_arms,
    design_outcome,
    find_uplift,
    measure_spread,
)
from clientela.experiments.readout import compare_arms, estimate_effect, remove_past
from clientela.experiments.sentences import describe_design, describe_readout
from clientela.statistics.arrays import Doubles
from clientela.statistics.power import ExperimentPlan

DAYS = (dt.date(2011, 6, 30), dt.date(2011, 9, 28))
compare = partial(compare_arms, days=DAYS, alpha=0.05)


SMALL = 0.001
"""An uplift so small that it spreads the treated by nothing worth counting."""


def needed(effect_size: float, power: float = 0.8, control_share: float = 0.5) -> tuple[int, int]:
    """Return the arms, treated and held out, that show an uplift of so many standard deviations."""
    plan = ExperimentPlan(SMALL, power, control_share=control_share)
    found = count_arms("revenue", OutcomeSpread(100, 1.0, SMALL / effect_size, 0.0), plan, 1.0)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("effect_size", "power", "an_arm"),
    [(0.2, 0.8, 393), (0.5, 0.8, 63), (0.8, 0.8, 25), (0.5, 0.9, 85), (0.2, 0.9, 526)],
)
def test_sizes_are_those_of_the_normal_tables(
    effect_size: float, power: float, an_arm: int
) -> None:
    """2 (1.960 + z)^2 / d^2 with z 0.8416 at 80 % and 1.2816 at 90 %."""
    found = needed(effect_size, power)
    assert found[1] == found[0]
    assert abs(found[1] - an_arm) <= 1


@pytest.mark.parametrize("effect_size", [0.1, 0.3, 1.0])
def test_sizes_agree_with_lehrs_rule(effect_size: float) -> None:
    """Sixteen s-squared over d-squared, which rounds 15.7 up."""
    assert needed(effect_size)[1] == pytest.approx(16 / effect_size**2, rel=0.03, abs=1)


def test_a_small_control_costs_customers() -> None:
    """Shares c and 1 - c need 1 / (4 c (1 - c)) times the customers of equal arms."""
    equal, small = needed(0.03), needed(0.03, control_share=0.1)
    assert sum(small) / sum(equal) == pytest.approx(1 / (4 * 0.1 * 0.9), rel=3e-3)
    assert small[1] / sum(small) == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize("outcome", ["revenue", "orders", "repeat"])
def test_what_a_group_of_the_size_needed_can_detect_is_the_uplift(outcome: OutcomeName) -> None:
    plan = ExperimentPlan(uplift=0.07, power=0.9, control_share=0.3)
    known = OutcomeSpread(100, 0.4, 0.9, 0.6)
    sizes = count_arms(outcome, known, plan, known.unexplained)
    assert sizes is not None
    group = replace(known, customers=sum(sizes))
    found = find_uplift(outcome, group, plan, known.unexplained)
    assert found == pytest.approx(0.07, rel=1e-2)


def draw_power(
    outcome: OutcomeName, customers: int, spend: float, seed: int
) -> tuple[float, float]:
    """Return how often the smallest uplift is seen, and how often one where there is none.

    The shop is skewed as real ones are: half buy nothing, and spending is log-normal.
    """
    rng, plan = np.random.default_rng(seed), ExperimentPlan()

    def draw() -> Doubles:
        bought = rng.random(customers) < 0.5
        return bought * rng.lognormal(3.0, spend, customers)

    def measure(revenue: Doubles) -> Doubles:
        shown = {"repeat": revenue > 0, "winsorised": np.minimum(revenue, cap), "revenue": revenue}
        return np.asarray(shown[outcome], dtype=np.float64)

    cap = float(np.exp(3.0 + 1.5 * spend))
    usual = measure(np.concatenate([draw() for _ in range(200)]))
    spread = OutcomeSpread(customers, float(usual.mean()), float(usual.std()), 0.0)
    uplift = find_uplift(outcome, spread, plan, 1.0)
    assert uplift is not None
    seen = {0.0: 0, uplift: 0}
    for planted in seen:
        for _ in range(400):
            values, treated = measure(draw()), rng.random(customers) < 0.5
            if outcome == "repeat":
                idle = treated & (values == 0)
                values[idle] = rng.random(int(idle.sum())) < planted
            else:
                values = values * np.where(treated, 1 + planted, 1.0)
            seen[planted] += estimate_effect(values[treated], values[~treated]).certain
    return seen[uplift] / 400, seen[0.0] / 400


@pytest.mark.parametrize("outcome", ["revenue", "winsorised", "repeat"])
def test_stated_power_and_level_hold_in_a_skewed_shop(outcome: OutcomeName) -> None:
    """Four standard errors of 400 experiments: 8 % about the power, 4.4 % about the level."""
    power, level = draw_power(outcome, 1_500, 1.0, seed=3)
    assert power == pytest.approx(0.80, abs=0.08)
    assert level == pytest.approx(0.05, abs=0.044)


def test_two_covariates_explain_more_than_either() -> None:
    """The same outcome before, and what a model expects: unbiased, and narrower than with one."""
    rng = np.random.default_rng(21)
    one: list[float] = []
    both: list[float] = []
    for _ in range(200):
        before, expected = rng.gamma(2, 30, (2, 300))
        treated = rng.permutation(300) < 150
        values = 0.5 * before + 0.5 * expected + rng.normal(10, 8, 300) + 10 * treated
        for covariates, found in ((before, one), (np.column_stack([before, expected]), both)):
            effect = compare(treated, covariates, values, missing=0).cuped
            found.append(effect.difference)
    assert np.mean(both) == pytest.approx(10, abs=0.4)
    assert np.std(both) < 0.6 * np.std(one)


def test_the_past_takes_off_the_square_of_the_correlation() -> None:
    rng = np.random.default_rng(0)
    before = rng.normal(50, 10, 20_000)
    revenue = 0.6 * before + rng.normal(20, 8, 20_000)
    known = measure_spread(revenue, before)
    made = design_outcome("revenue", known, ExperimentPlan())
    assert known.correlation == pytest.approx(0.6, abs=0.02)
    assert made.needed is not None
    assert made.needed_cuped is not None
    shrunk = sum(made.needed_cuped) / sum(made.needed)
    assert shrunk == pytest.approx(1 - known.correlation**2, abs=0.01)


def design(spread: OutcomeSpread, days: int = 90) -> ExperimentDesign:
    plan = ExperimentPlan()
    outcomes = {name: design_outcome(name, spread, plan) for name in OUTCOMES}
    return ExperimentDesign(days, plan, "revenue", 1.0, outcomes)


@pytest.mark.parametrize("revenue", [[], [5.0], [0.0, 0.0], [3.0, 3.0, 3.0], [-5.0, 1.0]], ids=str)
def test_a_group_without_spread_or_revenue_gets_a_sentence(revenue: list[float]) -> None:
    made = design(measure_spread(np.array(revenue), np.array(revenue)))
    assert (made.deciding.needed, made.deciding.enough) == (None, False)
    assert "cannot be planned" in describe_design(made, "en", "GBP")
    assert "não há como planejar" in describe_design(made, "pt_BR", None)


def test_a_past_that_explains_everything_needs_hardly_anyone() -> None:
    revenue = np.array([1.0, 2.0, 3.0, 4.0])
    made = design_outcome("revenue", measure_spread(revenue, 2 * revenue), ExperimentPlan())
    assert made.needed_cuped == (2, 2)


def test_design_says_whether_the_group_is_enough() -> None:
    tiny, small, large = (
        design(OutcomeSpread(customers, 0.5, 0.5, 0.5)) for customers in (4, 200, 20_000)
    )
    assert "told from chance" in describe_design(tiny, "en", "GBP")
    assert not small.deciding.enough
    assert "too small" in describe_design(small, "en", "GBP")
    assert large.deciding.enough
    told = describe_design(large, "en", "GBP")
    assert "large enough" in told
    assert "share who buy (now 50.0%)" in told


STARTS = [dt.date(2011, 7, 1)]


def crowd(customers: int = 1000) -> tuple[pa.Table, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    rng = np.random.default_rng(4)
    ids = [f"c{i:04d}" for i in range(customers)]
    table = pa.table(
        {
            "customer_id": ids,
            "segment": rng.integers(1, 4, customers),
            "expected": np.zeros(customers),
        }
    )
    return table, rng.exponential(100, customers).round(2)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.37])
def test_each_stratum_holds_out_its_share(share: float) -> None:
    customers, before = crowd()
    arms = assign_arms(customers, before, "x", 1, share, STARTS)
    assert arms.schema.equals(ARM_SCHEMA)
    drawn = Counter(arms["arm"].to_pylist())
    assert abs(drawn["control"] - share * 1000) <= 1
    for stratum in set(arms["stratum"].to_pylist()):
        mine = [row["arm"] for row in arms.to_pylist() if row["stratum"] == stratum]
        assert abs(mine.count("control") - share * len(mine)) <= 1
    assert len(set(arms["stratum"].to_pylist())) == 12


def test_the_draw_is_the_same_in_any_order_and_another_by_name_or_seed() -> None:
    customers, before = crowd()
    turned = pa.array(range(999, -1, -1))
    one = assign_arms(customers, before, "x", 1, 0.5, STARTS)
    assert one.equals(assign_arms(customers.take(turned), before[::-1], "x", 1, 0.5, STARTS))
    for name, seed in (("y", 1), ("x", 2)):
        other = assign_arms(customers, before, name, seed, 0.5, STARTS)
        same = sum(a == b for a, b in zip(one["arm"], other["arm"], strict=True))
        assert 400 < same < 600


def test_waves_hold_both_arms_of_every_stratum() -> None:
    customers, before = crowd()
    starts = [STARTS[0] + dt.timedelta(days=14 * wave) for wave in range(3)]
    arms = assign_arms(customers, before, "x", 1, 0.5, starts)
    drawn = Counter(
        zip(*(arms[key].to_pylist() for key in ("starts_on", "arm", "stratum")), strict=True)
    )
    for start in starts[1:]:
        for _, arm, stratum in drawn:
            assert abs(drawn[start, arm, stratum] - drawn[starts[0], arm, stratum]) <= 1
    assert arms.drop_columns(["starts_on"]).equals(
        assign_arms(customers, before, "x", 1, 0.5, STARTS).drop_columns(["starts_on"])
    )


def test_arms_are_alike_before_the_experiment_over_many_draws() -> None:
    customers, before = crowd(200)
    gaps = []
    for seed in range(200):
        arms = assign_arms(customers, before, "x", seed, 0.5, STARTS)
        control = np.array(arms["arm"].to_pylist()) == "control"
        gaps.append(before[control].mean() - before[~control].mean())
    alone = before.std() * math.sqrt(1 / 100 + 1 / 100)
    assert abs(np.mean(gaps)) < 3 * alone / math.sqrt(200)
    assert np.std(gaps) < 0.8 * alone  # strata leave less to chance


def test_one_customer_and_equal_customers_are_drawn_without_fault() -> None:
    one = pa.table(
        {"customer_id": ["a"], "segment": pa.array([None], pa.int64()), "expected": [1.0]}
    )
    assert assign_arms(one, np.zeros(1), "x", 0, 0.5, STARTS).num_rows == 1
    alike = pa.table({"customer_id": list("abcdef"), "segment": [1] * 6, "expected": [1.0] * 6})
    drawn = assign_arms(alike, np.ones(6), "x", 0, 0.5, STARTS)["arm"].to_pylist()
    assert drawn.count("control") == 3


def test_the_effect_is_welchs() -> None:
    rng = np.random.default_rng(8)
    treated, control = rng.normal(11, 3, 50), rng.normal(10, 1, 90)
    found = estimate_effect(treated, control)
    expected = stats.ttest_ind(treated, control, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.share == pytest.approx(treated.mean() / control.mean() - 1)


def test_percent_and_money_leave_out_zero_together() -> None:
    rng, agreed, covered = np.random.default_rng(12), 0, 0
    for _ in range(300):
        treated, control = rng.gamma(2, 60, 12), rng.gamma(2, 50, 12)
        found = estimate_effect(treated, control)
        assert found.share_low is not None
        assert found.share_high is not None
        agreed += found.certain == (found.share_low > 0 or found.share_high < 0)
        covered += found.share_low <= 0.2 <= found.share_high
    assert agreed == 300
    assert covered / 300 > 0.9


def test_a_control_that_may_be_zero_has_no_interval_in_percent() -> None:
    found = estimate_effect(np.array([5.0, 6.0, 7.0]), np.array([-50.0, 60.0, 1.0]))
    assert found.share is not None
    assert (found.share_low, found.share_high) == (None, None)


def test_cuped_finds_a_planted_uplift_with_less_variance() -> None:
    """Ten of 60 in revenue, over 400 experiments: unbiased, covered, and narrower."""
    rng, plain, sure, covered = np.random.default_rng(9), [], [], 0
    for _ in range(400):
        before = rng.gamma(2, 30, 300)
        treated = rng.permutation(300) < 150
        revenue = 0.8 * before + rng.normal(12, 20, 300) + 10 * treated
        found = compare(treated, before, revenue, missing=0)
        plain.append(found.plain.difference)
        sure.append(found.cuped.difference)
        covered += found.cuped.low <= 10 <= found.cuped.high
    assert np.mean(sure) == pytest.approx(10, abs=0.4)
    assert np.std(sure) < 0.65 * np.std(plain)
    assert abs(covered / 400 - 0.95) < 0.04


def test_cuped_does_not_move_the_uplift_when_the_past_says_nothing() -> None:
    rng = np.random.default_rng(10)
    revenue, treated = rng.normal(10, 2, 100), np.arange(100) < 50
    assert np.array_equal(remove_past(revenue, np.zeros(100), treated), revenue)


@pytest.mark.parametrize(
    ("gain", "english", "portuguese"),
    [
        (50.0, "the treatment added £", "o tratamento acrescentou £"),
        (-50.0, "spent less, not more", "gastaram menos, e não mais"),
        (0.0, "no effect is shown", "nenhum efeito fica demonstrado"),
    ],
)
def test_a_readout_says_gain_loss_or_chance(gain: float, english: str, portuguese: str) -> None:
    rng = np.random.default_rng(11)
    before, treated = rng.gamma(2, 100, 400), np.arange(400) % 2 == 0
    revenue = before + rng.normal(100, 40, 400) + gain * treated
    found = compare(treated, before, revenue, missing=3)
    told = describe_readout(found, "en", "GBP")
    assert english in told
    assert "3 customers who were drawn" in told
    assert portuguese in describe_readout(found, "pt_BR", "GBP")
    assert found.variance_reduction > 0.7


def test_arms_that_brought_nothing_are_read_without_percent() -> None:
    treated = np.array([True, True, False, False])
    found = compare(treated, np.zeros(4), np.zeros(4), missing=0)
    assert (found.plain.difference, found.plain.p_value, found.plain.share) == (0.0, 1.0, None)
    assert "no effect is shown" in describe_readout(found, "en", None)


def test_constant_arms_that_differ_differ_for_certain() -> None:
    found = estimate_effect(np.full(12, 12.0), np.full(9, 10.0))
    assert (found.difference, found.low, found.high, found.p_value) == (2.0, 2.0, 2.0, 0.0)
    assert (found.share, found.share_low, found.share_high) == pytest.approx((0.2, 0.2, 0.2))
    assert found.certain


@pytest.mark.parametrize("value", [0.1, 10.1, -3.3, 1e9 / 3, 0.0])
def test_constant_arms_that_are_alike_do_not_differ_by_rounding(value: float) -> None:
    found = estimate_effect(np.full(7, value), np.full(13, value * (1 + 2**-52)))
    assert (found.difference, found.low, found.high, found.p_value) == (0.0, 0.0, 0.0, 1.0)
    assert not found.certain


@pytest.mark.parametrize("level", [0.0, 100.0])
@pytest.mark.parametrize("gain", [0.0, 5.0])
def test_a_past_that_explains_all_leaves_no_rounding_to_test(level: float, gain: float) -> None:
    rng = np.random.default_rng(13)
    before, treated = rng.normal(level, 30, 60), np.arange(60) % 3 == 0
    before -= before.mean() - level
    found = compare(treated, before, 0.7 * before + gain * treated, missing=0).cuped
    assert found.difference == pytest.approx(gain)
    assert found.p_value == (0.0 if gain else 1.0)
    assert found.certain == (gain > 0)
    assert found.low == found.high == found.difference


def test_a_small_but_real_spread_is_tested_as_ever() -> None:
    rng = np.random.default_rng(14)
    treated, control = (1e6 + rng.normal(0, 1e-3, 30) for _ in range(2))
    expected = stats.ttest_ind(treated, control, equal_var=False).pvalue
    assert estimate_effect(treated, control).p_value == pytest.approx(expected)
