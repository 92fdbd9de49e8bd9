"""The level of all customers, from takings made by hand."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from clientela.features.daily_revenue import DailyRevenue
from clientela.value.fit.level import FirmRevenue, RevenueLevels
from clientela.value.groups import GroupForecast, GroupForecaster
from tests.value.daily import FIRST, brought

MONTH = 30


def levels(amounts: list[float], newcomers: bool = False) -> RevenueLevels:
    """Make a firm that takes an amount each day from one customer, and from a new one if so."""
    rows = [("a", day, amount) for day, amount in enumerate(amounts)]
    if newcomers:
        rows += [(f"n{day:04d}", day, amount) for day, amount in enumerate(amounts)]
    as_of = FIRST + dt.timedelta(days=len(amounts) - 1)
    dates = [as_of - dt.timedelta(days=age) for age in range(MONTH, len(amounts) - 60, 30)]
    return RevenueLevels(FirmRevenue(brought(rows, as_of), MONTH), dates)


def forecast_base(takings: DailyRevenue) -> list[GroupForecast]:
    """Forecast the groups where the customers' forecasts add up to the firm's level."""
    groups = GroupForecaster(
        daily_revenue=takings,
        crowd_revenue=takings,
        ids=pa.array(takings.ids),
        revenue=np.zeros(len(takings.ids)),
        horizon_days=MONTH,
        expected_at=lambda day, days: None,
        model="btyd",
        by_rhythm=False,
        level=0.8,
    )
    total = groups._levels(MONTH).total(takings.as_of)
    expected = 0.0 if total is None else total.expected
    even = np.full(len(takings.ids), expected / len(takings.ids))
    return replace(groups, revenue=even).forecast_base(MONTH)


def test_a_steady_firm_is_forecast_as_it_was() -> None:
    total = levels([10.0] * 300).total(FIRST + dt.timedelta(days=299))
    assert total is not None
    assert total.expected == pytest.approx(300.0)
    assert total.newcomers == pytest.approx(0.0)


def test_a_season_ahead_that_was_there_last_year_is_foreseen() -> None:
    day = np.arange(365 * 3 - 90)
    amounts = 10.0 * (1.0 + 0.8 * np.sin(2 * np.pi * day / 365.0))
    made = levels(amounts.tolist())
    total = made.total(FIRST + dt.timedelta(days=int(day[-1])))
    ahead = 10.0 * (1.0 + 0.8 * np.sin(2 * np.pi * (day[-1] + np.arange(1, 31)) / 365.0)).sum()
    assert total is not None
    assert total.expected == pytest.approx(ahead, rel=0.08)
    assert total.weights["season"] + total.weights["year"] > 0.8


def test_a_growing_firm_without_season_is_not_told_last_years_level() -> None:
    amounts = (10.0 * 1.003 ** np.arange(700)).tolist()
    total = levels(amounts).total(FIRST + dt.timedelta(days=699))
    ahead = float(np.sum(10.0 * 1.003 ** np.arange(700, 730)))
    assert total is not None
    assert total.expected == pytest.approx(ahead, rel=0.05)


def test_newcomers_have_a_line_of_their_own() -> None:
    made = levels([10.0] * 400, newcomers=True)
    known, new, everyone = forecast_base(made.firm.daily_revenue)
    assert known.expected is not None
    assert new.expected == pytest.approx(known.expected, rel=0.02)
    assert everyone.expected == pytest.approx(2 * known.expected, rel=0.02)
    assert known.level is not None
    assert 0.8 <= known.level < 0.9
    assert known.hits is not None


def test_a_firm_that_took_nothing_of_late_has_no_level() -> None:
    made = levels([10.0] * 100 + [0.0] * 200)
    day = made.firm.daily_revenue.as_of
    assert made.total(day) is None
    assert [one.expected for one in forecast_base(made.firm.daily_revenue)] == [0.0, None, None]


def test_a_past_day_is_forecast_from_what_was_known_then() -> None:
    first = levels([10.0] * 300)
    second = levels([10.0] * 250 + [90.0] * 50)
    day = FIRST + dt.timedelta(days=200)
    assert first.total(day) == second.total(day)


def test_customers_who_never_came_back_are_expected_to_bring_nothing() -> None:
    rows = [(f"n{day:04d}", day, 10.0) for day in range(300)]
    as_of = FIRST + dt.timedelta(days=299)
    known, new, _ = forecast_base(brought(rows, as_of))
    assert known.expected == pytest.approx(0.0, abs=0.01)
    assert new.expected == pytest.approx(300.0, rel=0.01)


def test_a_range_of_errors_to_one_side_holds_the_forecast() -> None:
    amounts = [100.0] * 90 + [90.0] * 30 + [60.0] * 30 + [20.0] * 30
    made = levels(amounts)
    known = forecast_base(made.firm.daily_revenue)[0]
    assert known.expected is not None
    assert known.level is None
    assert known.low is not None
    assert known.high is not None
    assert known.low < known.expected == known.high


def test_newcomers_whom_a_past_forecast_denied_have_no_interval() -> None:
    rows = [("a", day, 10.0) for day in range(400)] + [("b", 300, 10.0), ("c", 330, 10.0)]
    as_of = FIRST + dt.timedelta(days=399)
    known, new, _ = forecast_base(brought(rows, as_of))
    assert known.level is not None
    assert new.expected is not None
    assert (new.low, new.high, new.level) == (None, None, None)


def test_after_a_first_peak_the_total_is_known_to_a_factor_of_two_alone() -> None:
    rng = np.random.default_rng(8)
    rows = [
        (f"{customer:03d}", day, 10.0)
        for customer in range(200)
        for day in range(customer, 343)
        if day == customer or rng.random() < (0.1 if day > 290 else 0.04)
    ]
    as_of = FIRST + dt.timedelta(days=343)
    firm = FirmRevenue(brought(rows, as_of), MONTH)
    usual, even = (RevenueLevels(firm, [], usual=word) for word in ("usual", "none"))
    assert usual.follows_first_peak(as_of)
    assert np.exp(1.2816 * usual.estimate_spread(as_of)) >= 2.0 - 1e-9
    assert not even.follows_first_peak(as_of)
    assert even.estimate_spread(as_of) < usual.estimate_spread(as_of)
