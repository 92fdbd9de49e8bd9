"""The rate of repeat purchases, on firms drawn here whose next days are known."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from clientela.btyd.repeat_level import count_blocks, forecast_repeats
from clientela.features.daily_revenue import DailyRevenue

FIRST = dt.date(2010, 1, 1)


def draw_firm(days: int, peak: float, seed: int, newest: int | None = None) -> DailyRevenue:
    """Draw customers who come evenly and buy at one rate, with a peak before Christmas."""
    rng = np.random.default_rng(seed)
    season = 1.0 + peak * np.exp(-((((np.arange(days) % 365) - 325) / 30.0) ** 2))
    rows = []
    for customer in range(600):
        start = int(rng.integers(0, newest or days))
        bought = rng.random(days - start) < 0.02 * season[start:]
        bought[0] = True
        rows += [
            (customer, start + int(at), float(rng.gamma(4.0, 5.0))) for at in np.flatnonzero(bought)
        ]
    owner, day, amount = (np.asarray(column) for column in zip(*rows, strict=True))
    ages = np.asarray(days - 1 - day, dtype=np.int64)
    oldest = np.zeros(600, dtype=np.int64)
    np.maximum.at(oldest, owner, ages)
    ids = pa.array([f"{at:03d}" for at in range(600)])
    as_of = FIRST + dt.timedelta(days=days - 1)
    return DailyRevenue(ids, FIRST, as_of, owner, ages, amount, oldest)


def came(firm: DailyRevenue, day: dt.date, days: int) -> float:
    known = firm.mark_buyers(day)
    return float(firm.between(day, day + dt.timedelta(days=days))[known].sum())


@pytest.mark.parametrize("seed", [1, 2])
def test_an_even_firm_of_nine_months_is_forecast(seed: int) -> None:
    firm, day = draw_firm(365, 0.0, seed), FIRST + dt.timedelta(days=200)
    told = forecast_repeats(firm, day, 60, "none")
    assert told is not None
    expected, spread = told
    assert 0.1 < spread < 0.4
    assert abs(np.log(expected / came(firm, day, 60))) < 1.3 * spread


def test_a_season_that_was_seen_twice_is_foreseen_whatever_the_owner_says() -> None:
    firm, day = draw_firm(1_090, 2.0, 3), FIRST + dt.timedelta(days=1_020)
    told = [forecast_repeats(firm, day, 60, word) for word in ("none", "strong")]
    for one in told:
        assert one is not None
        assert one[0] == pytest.approx(came(firm, day, 60), rel=0.2)


def test_what_the_owner_says_counts_where_the_history_is_silent() -> None:
    firm, day = draw_firm(365, 2.0, 4), FIRST + dt.timedelta(days=270)
    told = [forecast_repeats(firm, day, 60, word) for word in ("none", "usual", "strong")]
    none, usual, strong = (one[0] for one in told if one is not None)
    assert none < usual < strong < came(firm, day, 60)


def test_what_follows_a_day_changes_nothing() -> None:
    firm, day = draw_firm(365, 1.0, 5), FIRST + dt.timedelta(days=200)
    early = firm.age_days >= firm.age(day)
    cut = DailyRevenue(
        firm.ids, FIRST, firm.as_of, firm.customer[early], firm.age_days[early],
        firm.amount[early], firm.first_age_days,
    )  # fmt: skip
    assert forecast_repeats(cut, day, 60) == forecast_repeats(firm, day, 60)


def test_first_orders_are_no_repeat_purchases() -> None:
    firm = draw_firm(365, 0.0, 6)
    blocks = count_blocks(firm, firm.as_of)
    assert blocks.customers.sum() == 600
    assert blocks.revenue.sum() < firm.amount.sum()


def test_too_few_blocks_have_no_rate() -> None:
    firm = draw_firm(365, 0.0, 7, newest=30)
    assert forecast_repeats(firm, FIRST + dt.timedelta(days=80), 30) is None
