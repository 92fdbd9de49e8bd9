import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from clientela.segments.fit import cluster_metrics as silhouette
from clientela.segments.fit.cluster_metrics import compute_silhouettes


@pytest.mark.parametrize("block", [50, 2_000_000])
def test_silhouettes_are_scikit_learns(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silhouette, "BLOCK_DISTANCES", block)
    rng = np.random.default_rng(1)
    points = rng.normal(size=(300, 3)) + rng.integers(0, 3, size=(300, 1)) * 2
    divisions = [rng.integers(0, k, size=300) for k in (2, 5)] + [np.arange(300) // 299]
    for labels, found in zip(divisions, compute_silhouettes(points, divisions), strict=True):
        assert found == pytest.approx(silhouette_samples(points, labels), abs=1e-7)


def test_points_that_fall_together_have_no_silhouette() -> None:
    points = np.zeros((4, 2))
    assert compute_silhouettes(points, [np.array([0, 0, 1, 1])])[0].tolist() == [0.0] * 4
