from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clientela.registry.card import Note
from clientela.segments.describe.feature_spread import (
    explain_role,
    flag_far_values,
    measure_spread,
)
from clientela.statistics.arrays import Doubles


def ties(
    correlations: dict[str, float | None] | None = None,
    explained: float | None = 0.1,
    persistence: float | None = 0.9,
    *,
    is_share: bool = False,
) -> dict[str, Any]:
    return {
        "correlations": correlations or {},
        "explained": explained,
        "persistence": persistence,
        "is_share": is_share,
    }


SPREAD = np.arange(1.0, 101.0)
ALL_OR_NOTHING = np.where(SPREAD <= 45, 0.0, np.where(SPREAD <= 90, 1.0, SPREAD))


def test_spread_is_scipys() -> None:
    values = np.random.default_rng(4).lognormal(size=1000)
    found = measure_spread(values)
    assert found["skewness"] == pytest.approx(stats.skew(values))
    assert found["std"] == pytest.approx(values.std())
    assert (found["q05"], found["q95"]) == pytest.approx(tuple(np.quantile(values, [0.05, 0.95])))


def test_the_order_of_customers_changes_no_bit_of_the_spread() -> None:
    rng = np.random.default_rng(5)
    values = rng.lognormal(size=5000)
    assert measure_spread(rng.permutation(values)) == measure_spread(values)


@pytest.mark.parametrize("values", [np.zeros(0), np.full(3, np.nan)])
def test_without_values_there_is_no_spread(values: Doubles) -> None:
    found = measure_spread(values)
    assert (found["mean"], found["skewness"], found["maximum"]) == (None, None, None)
    assert found["missing_share"] == (1.0 if values.size else None)


def test_what_is_the_same_for_all_has_no_skewness() -> None:
    assert measure_spread(np.full(7, 0.1))["skewness"] is None


def test_fences_stand_two_and_a_half_ranges_from_the_quartiles() -> None:
    within = np.array([0.0, 1.0, 2.0, 3.0, 4.0])  # quartiles 1 and 3
    for far, outside in ((8.0, False), (9.0, True), (-4.0, False), (-5.0, True)):
        values = np.concatenate([np.tile(within, 200), [far]])
        assert flag_far_values(values)[-1] == outside


@given(st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), max_size=30))
def test_no_more_than_half_of_the_customers_are_far_out(drawn: list[float]) -> None:
    values = np.array(drawn, dtype=np.float64)
    assert flag_far_values(values).sum() <= (~np.isnan(values)).sum() / 2


def test_where_the_quartiles_are_equal_nobody_is_far_out() -> None:
    assert not flag_far_values(np.array([1.0] * 8 + [99.0])).any()


@pytest.mark.parametrize(
    ("values", "of", "code"),
    [
        (np.full(100, np.nan), ties(), "empty"),
        (np.full(100, 3.0), ties(), "constant"),
        (np.where(SPREAD <= 20, np.nan, SPREAD), ties(), "missing"),
        (np.where(SPREAD <= 51, 0.0, SPREAD), ties(), "same_value"),
        (SPREAD, ties({"orders": -0.8, "revenue": 0.1}), "same_ranks"),
        (SPREAD, ties({"orders": 0.79}, explained=0.7), "told"),
        (SPREAD, ties(persistence=0.49), "fleeting"),
        (ALL_OR_NOTHING, ties(is_share=True), "all_or_nothing"),
        (SPREAD, ties({"orders": None}, explained=None, persistence=None), "own"),
    ],
)
def test_each_reason_follows_from_what_was_computed(
    values: Doubles, of: dict[str, Any], code: str
) -> None:
    assert explain_role(values, **of).code == code


def test_reasons_carry_their_figures() -> None:
    assert explain_role(np.where(SPREAD <= 60, 7.0, SPREAD), **ties()) == Note(
        "same_value", {"value": 7.0, "same_share": 0.6}
    )
    assert explain_role(SPREAD, **ties({"a": 0.1, "b": -0.95})) == Note(
        "same_ranks", {"other": "b", "correlation": -0.95}
    )
