"""Data without groups says so, data with groups does not."""

import numpy as np
import pytest

from clientela.segments.fit.measurement import permute_points
from clientela.statistics.arrays import Doubles
from tests.segments.crowd import customers, fitted, grouped


def codes(correlation: float, seed: int) -> list[str]:
    """Fit customers who vary without any group, their orders tied to what they spend."""
    rng = np.random.default_rng(seed)
    orders, value, recency, tenure = rng.normal(size=(4, 900))
    value = correlation * orders + np.sqrt(1 - correlation**2) * value
    days = np.round(60 * np.exp(recency))
    snapshot = customers(
        np.maximum(1, np.round(np.exp(1.5 + 0.9 * orders))),
        200 * np.exp(0.6 * value),
        days,
        np.maximum(days, np.round(300 * np.exp(0.5 * tenure))),
    )
    return [note.code for note in fitted(snapshot, bootstraps=0).card.notes]


@pytest.mark.parametrize("correlation", [0.0, 0.8])
@pytest.mark.parametrize("seed", [1, 2])
def test_customers_without_groups_are_said_to_form_none(correlation: float, seed: int) -> None:
    assert "no_groups" in codes(correlation, seed)


def test_customers_in_groups_are_not() -> None:
    assert fitted(grouped(each=200)[0], bootstraps=0).card.notes == ()


def cloud() -> Doubles:
    rng = np.random.default_rng(4)
    turned = np.array([[2.0, 1.5, 0.0], [0.0, 0.5, 0.0], [0.0, 0.3, 1.0]])
    return np.asarray(rng.normal(size=(3000, 3)) @ turned)


def test_shuffling_along_principal_axes_keeps_spread_and_correlation() -> None:
    points = cloud()
    shuffled = permute_points(points, seed=1, rows=3000)
    assert shuffled.mean(axis=0) == pytest.approx(points.mean(axis=0), abs=1e-9)
    assert np.cov(shuffled.T) == pytest.approx(np.cov(points.T), rel=0.1, abs=0.1)
    assert not np.allclose(np.sort(shuffled, axis=0), np.sort(points, axis=0))
