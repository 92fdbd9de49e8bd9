"""Other ways of choosing, and how large a programme is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.insiders.fit.policies import (
    PolicyChoice,
    choose_segments,
    find_better_policy,
)
from clientela.insiders.fit.proof_material import NAIVE, choose_naively, choose_top, estimate_value
from clientela.insiders.fit.tables import build_size_curve
from clientela.insiders.score.thresholds import count_places
from tests.insiders.views import drawn, view

NOBODY = np.zeros(1, dtype=np.bool_)


@pytest.mark.parametrize("name", NAIVE)
def test_every_naive_rule_chooses_as_many_as_asked(name: str) -> None:
    known = drawn(50, seed=1)
    for count in (0, 1, 5, 50):
        assert choose_naively(name, known, count, seed=3).sum() == count


def test_they_choose_by_what_they_are_called() -> None:
    known = view(
        {"revenue": [9.0, 1.0, 2.0], "orders": [1.0, 9.0, 2.0], "days_since_last": [5.0, 6.0, 0.0]}
    )
    found = {name: int(np.argmax(choose_naively(name, known, 1, 1))) for name in NAIVE}
    assert {name: found[name] for name in ("revenue", "orders", "recent")} == {
        "revenue": 0,
        "orders": 1,
        "recent": 2,
    }


def test_equals_are_decided_by_chance_not_by_their_place() -> None:
    same = view({"orders": [1.0] * 200})
    first = {int(np.flatnonzero(choose_naively("orders", same, 1, seed))[0]) for seed in range(20)}
    assert len(first) > 10
    assert (choose_naively("orders", same, 5, 1) == choose_naively("orders", same, 5, 1)).all()


def test_expected_value_is_revenue_a_day_fading_by_half_in_ninety_days() -> None:
    known = view(
        {
            "revenue": [180.0, 180.0, 180.0],
            "tenure_days": [180.0, 180.0, 3.0],
            "days_since_last": [0.0, 90.0, 0.0],
        }
    )
    assert estimate_value(known).tolist() == [1.0, 0.5, 2.0]


def test_the_best_segment_is_taken_even_beyond_the_budget_and_no_further() -> None:
    labels, revenue = np.array([1, 1, 1, 2, 3, 3]), np.array([1, 1, 1, 50, 30, 20.0])
    assert choose_segments(labels, revenue, 0.1).tolist() == [False] * 3 + [True, False, False]
    assert choose_segments(labels, revenue, 0.5).tolist() == [False] * 3 + [True] * 3
    everyone = np.ones(4, dtype=np.int64)
    assert choose_segments(everyone, np.ones(4), 0.1).all()


@settings(deadline=None)
@given(st.integers(0, 10**6), st.floats(0.001, 0.5))
def test_places_never_pass_the_budget(customers: int, budget: float) -> None:
    assert count_places(customers, budget) <= customers * budget + 1e-6
    assert count_places(customers, budget) > customers * budget - 1


def policy(name: str, *later: float, within: bool = True) -> PolicyChoice:
    return PolicyChoice(name, NOBODY, later, within)


def test_only_a_policy_clearly_ahead_of_the_rules_is_named() -> None:
    close = (policy("revenue", 0.6, 0.6), policy("rules", 0.56, 0.56))
    assert find_better_policy(close) is None
    far = (policy("revenue", 0.6, 0.6), policy("rules", 0.5, 0.52))
    assert find_better_policy(far) == far[0]
    beyond = (policy("revenue", 0.9, within=False), policy("rules", 0.5))
    assert find_better_policy(beyond) is None
    unjudged = (policy("revenue"), policy("rules"))
    assert find_better_policy(unjudged) is None


def test_the_size_curve_bends_where_few_hold_much() -> None:
    revenue = np.array([100.0] * 10 + [1.0] * 90)
    curve = build_size_curve(revenue, budget=0.2)
    rows = curve.to_pylist()
    bend = next(row for row in rows if row["bend"])
    assert bend["customers_share"] == 0.1
    assert bend["revenue_share"] == pytest.approx(1000 / 1090)
    assert [row["customers_share"] for row in rows if row["budget"]] == [0.2]
    assert rows[0]["revenue_share"] == 0.0
    assert rows[-1]["customers_share"] == rows[-1]["revenue_share"] == 1.0
    assert len(rows) <= 62


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300).filter(lambda values: sum(values) > 1))
def test_a_size_curve_rises_and_is_never_under_the_chord(values: list[float]) -> None:
    curve = build_size_curve(np.array(values), budget=0.1)
    held, customers = curve["revenue_share"].to_numpy(), curve["customers_share"].to_numpy()
    assert (np.diff(held) >= -1e-12).all()
    assert (held >= customers - 1e-9).all()
    assert sum(curve["bend"].to_pylist()) == sum(curve["budget"].to_pylist()) == 1


@pytest.mark.parametrize("revenue", [[], [0.0, 0.0], [5.0, -9.0]])
def test_without_revenue_there_is_no_curve(revenue: list[float]) -> None:
    assert build_size_curve(np.array(revenue), 0.1).num_rows == 0


def test_top_takes_the_highest() -> None:
    assert choose_top(np.array([3.0, 1.0, 2.0]), 2, np.zeros(3)).tolist() == [True, False, True]
