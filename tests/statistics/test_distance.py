"""Effect sizes of drift against published and independent values."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from clientela.statistics.distance import (
    compute_jensen_shannon,
    compute_psi,
    compute_wasserstein,
)

RNG = np.random.default_rng(7)


def test_psi_is_the_sum_written_out() -> None:
    before, after = np.array([0.2, 0.3, 0.5]), np.array([0.3, 0.3, 0.4])
    written = 0.1 * np.log(0.3 / 0.2) + 0.0 - 0.1 * np.log(0.4 / 0.5)
    assert compute_psi(before, after) == pytest.approx(written)
    assert compute_psi(before, after) == pytest.approx(compute_psi(after, before))


def test_psi_of_an_empty_bin_is_finite() -> None:
    assert compute_psi(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(
        0.5 * np.log(2) + 0.4999 * np.log(5_000), rel=1e-3
    )


@pytest.mark.parametrize("bins", [2, 7])
def test_jensen_shannon_is_that_of_scipy(bins: int) -> None:
    before, after = RNG.dirichlet(np.ones(bins), 2)
    assert compute_jensen_shannon(before, after) == pytest.approx(
        jensenshannon(before, after, base=2)
    )


def test_wasserstein_is_that_of_scipy_in_spreads() -> None:
    before, after = RNG.gamma(2.0, size=4_000), RNG.gamma(2.0, 1.3, 4_000)
    levels = (np.arange(2_000) + 0.5) / 2_000
    quantiles = np.quantile(before, levels)
    spread = np.abs(quantiles - np.median(quantiles)).mean()
    ours = compute_wasserstein(quantiles, np.quantile(after, levels))
    assert ours == pytest.approx(wasserstein_distance(before, after) / spread, rel=0.01)


def test_wasserstein_of_a_constant() -> None:
    assert compute_wasserstein(np.ones(5), np.ones(5)) == 0.0
    assert compute_wasserstein(np.ones(5), np.zeros(5)) == np.inf
