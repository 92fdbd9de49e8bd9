import numpy as np
import pytest
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

from clientela.segments.fit.cluster_metrics import (
    compute_shares,
    measure_fidelity,
    measure_separation,
)


@pytest.mark.parametrize("k", [2, 5])
def test_figures_are_scikit_learns(k: int) -> None:
    rng = np.random.default_rng(k)
    points, labels = rng.normal(size=(300, 3)), np.arange(300) % k
    found = measure_separation(points + labels[:, None], labels)
    moved = points + labels[:, None]
    assert found["davies_bouldin"] == pytest.approx(davies_bouldin_score(moved, labels), abs=1e-5)
    assert found["calinski_harabasz"] == pytest.approx(
        calinski_harabasz_score(moved, labels), rel=1e-6
    )


def test_segments_without_spread_have_figures_too() -> None:
    found = measure_separation(np.array([[0.0], [0.0], [1.0]]), np.array([0, 0, 1]))
    assert list(found.values()) == [0.0, 1.0, 0.0]


def test_fidelity_leaves_noise_aside() -> None:
    assert measure_fidelity(np.array([0, 0, 1, 1, -1]), np.array([1, 1, 0, 0, 0])) == 1.0
    assert measure_fidelity(np.array([-1, -1]), np.array([0, 1])) == 0.0


def test_shares_of_nothing_are_nothing() -> None:
    assert compute_shares(np.array([0, 1]), 2, np.array([1.0, -1.0])) == (0.0, 0.0)
