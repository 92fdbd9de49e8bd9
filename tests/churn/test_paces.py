"""The share of leavers follows the orders ahead, where they are forecast."""

import datetime as dt

import numpy as np
import pytest

from clientela.churn.fit.season import PACE_SLOPE, Rate, Season

START, HORIZON = dt.date(2011, 1, 1), dt.timedelta(days=30)


def firm(slope: float, ahead: float) -> tuple[Season, dt.date]:
    """Make dates whose odds of leaving fall with the orders that came."""
    days = [START + dt.timedelta(days=30 * at) for at in range(6)]
    came = [0.3, 0.0, -0.3, 0.1, -0.1, 0.0]
    rates = [Rate(day, day + HORIZON, slope * pace) for day, pace in zip(days, came, strict=True)]
    today = days[-1] + HORIZON
    paces = {day: (None, pace) for day, pace in zip(days, came, strict=True)}
    return Season(tuple(rates), None, paces | {today: (ahead, None)}), today


@pytest.mark.parametrize(("slope", "ahead"), [(-0.7, 0.5), (-0.7, -0.5), (-1.6, 0.2)])
def test_more_orders_ahead_are_fewer_leavers(slope: float, ahead: float) -> None:
    season, today = firm(slope, ahead)
    level = season.expect_level(today)
    odds = float(np.log(level.share / (1.0 - level.share)))
    assert level.by_orders
    middle, half = (slope + PACE_SLOPE) / 2.0, abs(slope - PACE_SLOPE) / 2.0
    assert odds / ahead == pytest.approx(middle, abs=half + 1e-9)


def test_without_orders_ahead_the_shares_alone_speak() -> None:
    season, today = firm(-1.0, 0.5)
    alone = Season(season.rates, None, {})
    assert not alone.expect_level(today).by_orders
    assert not season.expect_level(today - dt.timedelta(days=1)).by_orders
