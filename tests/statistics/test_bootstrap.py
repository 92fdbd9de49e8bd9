import numpy as np
import pytest
from scipy import stats

from clientela.statistics.bootstrap import MOST_UNITS, assign_units, interval, resample_sums
from clientela.statistics.significance import compute_exchange_p_value


def test_the_interval_of_a_mean_is_the_textbooks() -> None:
    values = np.random.default_rng(3).normal(100, 20, 1000)
    sums = np.stack([values, np.ones(1000)], axis=1)
    draws = resample_sums(sums, 2000, seed=4)
    low, high = interval(draws[:, 0] / draws[:, 1])
    expected = stats.t.interval(0.95, 999, values.mean(), stats.sem(values))
    assert (low, high) == pytest.approx(expected, abs=0.25)


def test_beyond_five_thousand_customers_groups_of_them_give_the_same_interval() -> None:
    values = np.random.default_rng(3).gamma(1, 50, 4 * MOST_UNITS)
    unit = assign_units(len(values), seed=4)
    sums = [np.bincount(unit, values), np.bincount(unit)]
    draws = resample_sums(np.stack(sums, axis=1), 1000, seed=4)
    low, high = interval(draws[:, 0] / draws[:, 1])
    expected = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    assert (low, high) == pytest.approx(expected, abs=0.2)


def test_an_exchange_of_a_few_is_counted_exactly() -> None:
    # of the 16 ways to turn four signs, 2 give a sum as far from 0 as all alike
    assert compute_exchange_p_value(np.ones(4), 20_000, seed=1) == pytest.approx(2 / 16, abs=0.01)


def test_p_values_are_uniform_where_nothing_differs() -> None:
    rng = np.random.default_rng(8)
    found = [compute_exchange_p_value(rng.normal(size=40), 199, seed) for seed in range(200)]
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert min(found) >= 1 / 200


def test_no_interval_without_draws() -> None:
    assert all(np.isnan(interval(np.array([np.nan, np.nan]))))


def test_units_keep_sums_and_their_spread() -> None:
    values = np.random.default_rng(5).exponential(1, 3 * MOST_UNITS)
    units = assign_units(len(values), 42)
    sums = np.bincount(units, values).astype(np.float64)[:, None]
    assert sums.shape == (MOST_UNITS, 1)
    assert sums.sum() == pytest.approx(values.sum())
    draws = resample_sums(sums, 300, seed=6)
    assert draws.std() == pytest.approx(values.std() * np.sqrt(len(values)), rel=0.15)
