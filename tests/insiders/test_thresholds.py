"""Thresholds are few, readable and where customers differ."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.insiders.score.thresholds import MOST, list_amounts, list_thresholds, round_down


@settings(deadline=None)
@given(st.floats(0.01, 1e9), st.floats(1.0, 1e3))
def test_a_ladder_climbs_by_readable_steps_within_its_bounds(low: float, times: float) -> None:
    values = list_amounts(low, low * times)
    assert np.all(np.diff(values) > 0)
    assert np.all((values >= low) & (values <= low * times))
    for value in values:
        assert value == pytest.approx(float(f"{value:.1e}"), rel=1e-9)


@settings(deadline=None)
@given(st.floats(0.02, 1e8))
def test_rounding_down_never_asks_for_more_and_hardly_for_less(value: float) -> None:
    assert 0.9 * value <= round_down("revenue_365d", value) <= value


def test_counts_are_whole_and_above_one() -> None:
    values = list_thresholds(
        "orders_365d", np.array([1.0] * 50 + [2, 3, 4, 5, 6, 7, 8, 9, 10, 11.0])
    )
    assert values.tolist() == [float(n) for n in range(2, 12)]


def test_many_thresholds_are_thinned() -> None:
    spread = np.geomspace(1, 1e9, 1000)
    assert len(list_thresholds("revenue_365d", spread)) == MOST


@pytest.mark.parametrize("values", [[], [np.nan], [0.0, 0.0, 0.0], [-5.0, -3.0]])
def test_nothing_to_tell_customers_apart_gives_no_thresholds(values: list[float]) -> None:
    assert len(list_thresholds("revenue_365d", np.array(values))) == 0
