"""A rule of today on a day when less was known."""

import datetime as dt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.insiders.score.months import rewrite_for
from clientela.insiders.score.rule import ProgrammeRule, RuleCondition
from tests.insiders.views import drawn, view

EARLY = dt.date(2011, 2, 1)
SPENT = ProgrammeRule((RuleCondition("revenue_365d", ">=", 70.0),))


def test_where_the_window_was_full_nothing_changes() -> None:
    today = view({"revenue_365d": [10, 20, 80, 90]}, behind_days=500)
    earlier = view({"revenue_365d": [1, 2, 3, 4]}, day=EARLY, behind_days=365)
    assert rewrite_for(SPENT, today, earlier) == SPENT


def test_where_it_was_not_the_same_share_reaches_the_threshold() -> None:
    today = view({"revenue_365d": [10, 20, 80, 90]}, behind_days=500)
    earlier = view({"revenue_365d": [1, 2, 3, 4, 5, 6]}, day=EARLY, behind_days=100)
    written = rewrite_for(SPENT, today, earlier)
    assert written == ProgrammeRule((RuleCondition("revenue_365d", ">=", 4.0),))
    assert earlier.choose(written).mean() == today.choose(SPENT).mean() == 0.5


def test_days_and_short_windows_are_never_rewritten() -> None:
    rule = ProgrammeRule(
        (RuleCondition("days_since_last", "<=", 60.0), RuleCondition("revenue_90d", ">=", 5.0))
    )
    today = view({"revenue_90d": [1.0]}, behind_days=500)
    assert rewrite_for(rule, today, view({"revenue_90d": [9.0]}, behind_days=91)) == rule


@settings(deadline=None)
@given(st.integers(0, 10**6), st.floats(1, 5000))
def test_no_larger_a_share_is_chosen_than_today(seed: int, value: float) -> None:
    today, earlier = drawn(60, seed), drawn(45, seed + 1, EARLY, behind_days=90)
    rule = ProgrammeRule((RuleCondition("orders_365d", ">=", float(np.ceil(value / 100))),))
    written = rewrite_for(rule, today, earlier)
    assert earlier.choose(written).sum() <= round(today.choose(rule).mean() * 45)


def test_held_is_the_share_of_what_came_after() -> None:
    known = view({"orders": [1, 2, 3]}, later=[10.0, 0.0, 30.0])
    assert known.later_share(np.array([False, True, True])) == 0.75
    assert np.isnan(view({"orders": [1]}).later_share(np.array([True])))
    assert np.isnan(view({"orders": [1]}, later=[-5.0]).later_share(np.array([True])))
