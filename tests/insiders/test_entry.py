"""The entry rule: what it finds, and what it never does."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.insiders.fit.entry_rule import RECENT, RuleSearch, pick_rule, search_rules
from clientela.insiders.score.months import DayView
from clientela.insiders.score.rule import ProgrammeRule, RuleCondition
from tests.insiders.views import drawn, view

DAYS = [dt.date(2011, 12, 31) - dt.timedelta(days=30 * n) for n in range(3, 6)]


def shuffled(known: DayView, seed: int) -> DayView:
    order = np.random.default_rng(seed).permutation(known.customers)
    columns = {name: values[order] for name, values in known.columns.items()}
    assert known.later_revenue is not None
    later = known.later_revenue[order]
    return DayView(known.day, known.behind_days, known.rows, columns, later, later)


def hundred(later_of_best: float) -> DayView:
    """Ten of a hundred customers spent 1,000, were here yesterday, and bring something later."""
    good = np.arange(100) < 10
    columns = {
        "revenue_365d": np.where(good, 1000.0, 50.0 + np.arange(100) / 10),
        "days_since_last": np.where(good, 1.0, 200.0 + np.arange(100)),
        "orders_365d": np.ones(100),
    }
    given = {name: values.tolist() for name, values in columns.items()}
    return view(given, np.where(good, later_of_best, 0.0).tolist())


def test_the_ten_that_bring_everything_are_found() -> None:
    known = hundred(later_of_best=100.0)
    rule = pick_rule(search_rules([known], [known], budget=0.1, most_conditions=2), budget=0.1)
    assert known.choose(rule).tolist() == [True] * 10 + [False] * 90
    assert known.later_share(known.choose(rule)) == 1.0


@pytest.mark.parametrize("most", [1, 2, 3])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), budget=st.sampled_from([0.02, 0.05, 0.1, 0.2, 0.5]))
def test_the_budget_and_the_conditions_are_never_exceeded(
    most: int, seed: int, budget: float
) -> None:
    views = [drawn(80, seed + n, day, behind_days=400) for n, day in enumerate(DAYS)]
    today = drawn(90, seed + 9)
    rule = pick_rule(search_rules(views, [today], budget, most), budget)
    assert len(rule.conditions) <= most
    for known in (*views, today):
        assert known.choose(rule).mean() <= budget
    if rule.conditions:
        assert {one.feature for one in rule.conditions} & set(RECENT)
        assert today.choose(rule).any()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    views = [drawn(80, seed + n, day) for n, day in enumerate(DAYS)]
    today = drawn(90, seed + 9)
    there = pick_rule(search_rules(views, [today], 0.1, 3), 0.1)
    mixed = [shuffled(one, seed) for one in views]
    assert pick_rule(search_rules(mixed, [shuffled(today, seed)], 0.1, 3), 0.1) == there


@pytest.mark.parametrize(
    ("third", "conditions"),
    [
        ([0.003, 0.003, 0.003, 0.003], 2),  # sure, but not worth its words
        ([0.1, -0.05, 0.09, -0.06], 2),  # two points on average, and nothing but noise
        ([0.02, 0.03, 0.02, 0.03], 3),
    ],
)
def test_a_third_condition_must_bring_something_beyond_noise(
    third: list[float], conditions: int
) -> None:
    found = tuple(
        RuleCondition(name, ">=", 1.0) for name in ("revenue_365d", "orders_365d", "orders_90d")
    )
    one = np.array([0.5, 0.52, 0.54, 0.5])
    two = one + 0.03
    tried = RuleSearch(
        np.array([[0, -1, -1], [0, 2, -1], [0, 1, 2]]),
        np.full((3, 5), 0.1),
        np.stack([one, two, two + third]),
        found,
    )
    assert len(pick_rule(tried, 0.1).conditions) == conditions


def test_of_equals_the_rule_whose_share_moved_least_is_taken() -> None:
    found = tuple(RuleCondition("orders_90d", ">=", float(value)) for value in (1, 2))
    shares = np.array([[0.02, 0.1, 0.1], [0.09, 0.1, 0.09]])
    held = np.array([[0.501, 0.5], [0.5, 0.5]])
    tried = RuleSearch(np.array([[0, -1, -1], [1, -1, -1]]), shares, held, found)
    assert pick_rule(tried, 0.1) == ProgrammeRule((found[1],))


def test_customers_all_alike_give_a_rule_that_chooses_nobody() -> None:
    same = view({"revenue_365d": [100.0] * 50, "days_since_last": [5.0] * 50}, later=[10.0] * 50)
    tried = search_rules([same], [same], 0.1, 3)
    assert pick_rule(tried, 0.1) == ProgrammeRule(())


def test_a_day_after_which_nothing_was_earned_teaches_nothing() -> None:
    nothing = view({"revenue_365d": [1.0, 2.0]}, later=[0.0, 0.0])
    with pytest.raises(ValueError, match="it teaches nothing"):
        search_rules([nothing], [nothing], 0.5, 1)
