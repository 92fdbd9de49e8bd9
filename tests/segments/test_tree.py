import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.contract.tables import Unit
from clientela.segments.describe.tree import DEPTH, Box, grow_leaves, mark_inside, round_threshold
from clientela.statistics.arrays import Doubles

UNITS: dict[str, Unit] = {"revenue": "amount", "orders": "count", "days_since_last": "days"}


def base(rows: int = 2000) -> dict[str, Doubles]:
    rng = np.random.default_rng(6)
    return {
        "revenue": rng.lognormal(6, 1, size=rows),
        "orders": rng.integers(1, 30, size=rows).astype(np.float64),
        "days_since_last": rng.integers(0, 365, size=rows).astype(np.float64),
    }


def test_a_planted_rule_is_found_again() -> None:
    values = base()
    planted: Box = {"orders": (6, None), "days_since_last": (None, 61)}
    labels = np.where(mark_inside(planted, values), 1, 2)
    (found,) = [box for box, label in grow_leaves(values, labels, UNITS, 0) if label == 1]
    assert found == planted


def test_leaves_leave_nobody_out_and_overlap_nowhere() -> None:
    values = base()
    labels = np.random.default_rng(7).integers(1, 6, size=2000)
    found = grow_leaves(values, labels, UNITS, 0)
    assert (np.sum([mark_inside(box, values) for box, _ in found], axis=0) == 1).all()
    assert all(len(box) <= DEPTH for box, _ in found)


def test_labels_are_those_of_the_rounded_leaves() -> None:
    values = base()
    labels = np.where(values["revenue"] < 612.7, 1, np.where(values["orders"] > 11, 2, 3))
    for box, label in grow_leaves(values, labels, UNITS, 0):
        held = labels[mark_inside(box, values)]
        assert np.bincount(held).argmax() == label


def test_one_label_is_one_leaf_without_questions() -> None:
    assert grow_leaves(base(50), np.full(50, 4), UNITS, 0) == [({}, 4)]


def test_what_another_condition_implies_is_not_said() -> None:
    values = {"days_since_last": np.arange(400.0), "tenure_days": np.arange(400.0) + 5}
    labels = np.where(values["days_since_last"] > 100, 1, np.where(np.arange(400) % 2, 2, 3))
    units: dict[str, Unit] = {"days_since_last": "days", "tenure_days": "days"}
    for box, _ in grow_leaves(values, labels, units, 0):
        for name in box:
            others = {each: box[each] for each in box if each != name}
            assert not np.array_equal(mark_inside(others, values), mark_inside(box, values))


@pytest.mark.parametrize(
    ("threshold", "unit", "least"),
    [
        (912.34, "amount", 910.0),
        (0.0456, "amount", 0.046),
        (-123.4, "amount", -120.0),
        (0.0, "amount", 0.0),
        (1.5, "count", 2.0),
        (1234.5, "count", 1200.0),
        (6.5, "days", 7.0),
        (17.5, "days", 18.0),
        (28.0, "days", 31.0),
        (62.5, "days", 61.0),
        (187.5, "days", 191.0),
    ],
)
def test_thresholds_are_numbers_people_use(threshold: float, unit: Unit, least: float) -> None:
    assert round_threshold(threshold, unit) == least


@given(st.floats(0.01, 1e7), st.sampled_from(["amount", "count", "days"]))
def test_rounding_stays_within_a_tenth(threshold: float, unit: Unit) -> None:
    # of days the upper side begins on the day after
    exact = math.floor(threshold) + 1 if unit == "days" else threshold
    assert round_threshold(threshold, unit) == pytest.approx(exact, rel=0.1, abs=1)
