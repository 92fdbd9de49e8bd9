import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clientela.statistics.ranks import (
    compute_ranks,
    eta_squared,
    explain_ranks,
    rank_columns,
    spearman,
)

numbers = st.lists(st.integers(-9, 9), min_size=3, max_size=40)


@given(numbers)
def test_ranks_are_scipys_about_their_mean(drawn: list[int]) -> None:
    expected = stats.rankdata(drawn) - (len(drawn) + 1) / 2
    assert compute_ranks(np.array(drawn, dtype=np.float64)) == pytest.approx(expected)


@pytest.mark.parametrize("tail", [1.0, 3.0])
def test_spearman_is_scipys(tail: float) -> None:
    rng = np.random.default_rng(1)
    one = np.exp(tail * rng.normal(size=300)).round(1)
    two = one * rng.lognormal(size=300)
    assert spearman(one, two) == pytest.approx(stats.spearmanr(one, two).statistic)


def test_spearman_is_taken_over_those_who_have_both() -> None:
    one = np.array([1.0, 2.0, np.nan, 3.0, 4.0])
    two = np.array([4.0, np.nan, 9.0, 2.0, 1.0])
    assert spearman(one, two) == -1.0
    assert spearman(one[:3], two[:3]) is None
    assert spearman(np.ones(5), two) is None


def test_eta_squared_is_kruskal_and_wallis_over_n_less_one() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(3, size=200)
    values = (rng.normal(size=200) + labels).round(1)
    test = stats.kruskal(*(values[labels == one] for one in range(3)))
    assert eta_squared(values, labels) == pytest.approx(test.statistic / 199)


@given(numbers, st.integers(0, 99))
def test_eta_squared_is_a_share(drawn: list[int], seed: int) -> None:
    labels = np.random.default_rng(seed).integers(4, size=len(drawn))
    found = eta_squared(np.array(drawn, dtype=np.float64), labels)
    assert found is None if len(set(drawn)) == 1 else 0 <= (found or 0) <= 1


def test_what_several_tell_is_the_squared_multiple_correlation() -> None:
    rng = np.random.default_rng(3)
    others = rng.normal(size=(500, 2))
    values = others @ [1.0, 2.0] + rng.normal(size=500)
    correlations, told = explain_ranks(values, others, rank_columns(others))
    ranks = stats.rankdata(np.column_stack([others, values]), axis=0)
    inverse = np.linalg.inv(np.corrcoef(ranks.T))
    assert told == pytest.approx(1 - 1 / inverse[2, 2])
    assert correlations == pytest.approx(np.corrcoef(ranks.T)[2, :2].tolist())


def test_missing_values_are_left_out_of_what_is_told() -> None:
    others = np.arange(8.0)[:, None]
    values = np.array([np.nan, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, np.nan])
    (correlation,), told = explain_ranks(values, others, rank_columns(others))
    assert (correlation, told) == pytest.approx((1.0, 1.0))
    ranks, nothing = rank_columns(others), np.zeros((8, 0))
    assert explain_ranks(np.full(8, np.nan), others, ranks) == ([None], None)
    assert explain_ranks(values, nothing, nothing) == ([], None)
