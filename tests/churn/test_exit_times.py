"""Exits without a date: where the likelihood puts them, on silences of known origin."""

import numpy as np

from clientela.churn.fit.exit_times import STEP_DAYS, _draw_exits, _spread_exits
from clientela.churn.fit.logistic import improve_ridge

STEPS = 6


def chances(leaving: float, silence: float, customers: int = 1) -> tuple[np.ndarray, np.ndarray]:
    return np.full((customers, STEPS), leaving), np.full((customers, STEPS), silence)


def test_who_buys_often_left_soon_after_the_last_purchase() -> None:
    often = _spread_exits(*chances(0.05, 0.01), np.array([65.0]))[0]
    seldom = _spread_exits(*chances(0.05, 0.95), np.array([65.0]))[0]
    np.testing.assert_allclose([often.sum(), seldom.sum()], 1.0)
    assert often[:2].sum() == seldom[:2].sum() == 0.0  # before the last purchase nobody left
    assert often[2] > 0.9
    assert seldom[2] < 0.3


def test_where_silence_makes_leaving_likely_the_exit_is_late() -> None:
    leaving, silence = chances(0.01, 0.9)
    leaving[:, 4] = 0.8
    assert _spread_exits(leaving, silence, np.array([65.0]))[0].argmax() == 4


def test_an_exit_is_drawn_as_often_as_it_is_likely() -> None:
    rng = np.random.default_rng(0)
    leaving, silence = chances(0.05, 0.6, 4_000)
    seen = np.full(4_000, 65.0)
    drawn = _draw_exits(leaving, silence, seen, rng.random(4_000), rng.random(4_000))
    assert drawn.min() > 65.0
    assert drawn.max() <= STEPS * STEP_DAYS
    shares = np.bincount(((drawn - 1) // STEP_DAYS).astype(int), minlength=STEPS) / 4_000
    expected = _spread_exits(leaving[:1], silence[:1], seen[:1])[0]
    np.testing.assert_allclose(shares, expected, atol=0.03)


def test_a_weight_of_two_is_a_row_twice() -> None:
    rng = np.random.default_rng(1)
    columns = np.column_stack([np.ones(40), rng.normal(size=40)])
    left = (rng.random(40) < 0.4).astype(float)
    twice = improve_ridge(columns, left, np.full(40, 2.0), 1.0, np.zeros(2))
    stacked = improve_ridge(
        np.vstack([columns, columns]), np.r_[left, left], np.ones(80), 1.0, np.zeros(2)
    )
    np.testing.assert_allclose(twice, stacked)
