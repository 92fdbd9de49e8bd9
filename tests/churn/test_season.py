import datetime as dt

import numpy as np
import pytest

from clientela.churn.fit.season import Rate, Season, assign_dates, find_shift
from tests.churn.crowd import TODAY, past

START = dt.date(2022, 1, 1)
HORIZON = dt.timedelta(days=90)


def sine(days: int, slope: float = 0.0) -> Season:
    dates = [START + dt.timedelta(days=30 * step) for step in range(days // 30)]
    logits = [
        float(np.sin(2 * np.pi * (day - START).days / 365) + slope * (day - START).days)
        for day in dates
    ]
    pairs = zip(dates, logits, strict=True)
    return Season(tuple(Rate(day, day + HORIZON, logit) for day, logit in pairs))


def share(logit: float) -> float:
    return float(1.0 / (1.0 + np.exp(-logit)))


def test_a_season_that_returns_is_foreseen() -> None:
    season = sine(1200)
    for age in (1000, 1090, 1180):
        day = START + dt.timedelta(days=age)
        found = season.expect_level(day)
        assert found.weight is not None
        assert found.weight > 0.8
        assert found.share == pytest.approx(share(np.sin(2 * np.pi * age / 365)), abs=0.05)


def test_nothing_known_only_later_matters() -> None:
    day = START + dt.timedelta(days=600)
    whole = sine(1200)
    then = Season(tuple(rate for rate in whole.rates if rate.known_on <= day))
    assert whole.expect_level(day) == then.expect_level(day)


def test_without_a_last_year_the_level_lies_between_mean_and_latest() -> None:
    season = sine(180)
    found = season.expect_level(START + dt.timedelta(days=240))
    mean = share(float(np.mean([rate.logit for rate in season.rates])))
    assert found.last_year is None
    assert found.weight is None
    assert found.latest == share(season.rates[-1].logit)
    assert min(mean, found.latest) < found.share < max(mean, found.latest)


def test_a_trend_follows_the_latest() -> None:
    rates = sine(300).rates
    trend = Season(tuple(Rate(one.day, one.known_on, 0.1 * n) for n, one in enumerate(rates)))
    found = trend.expect_level(START + dt.timedelta(days=330))
    assert found.share == pytest.approx(found.latest, abs=0.03)


def test_a_year_that_was_not_ripe_tells_no_season() -> None:
    season = sine(500)
    day = START + dt.timedelta(days=480)
    assert season.expect_level(day).last_year is not None
    unripe = Season(season.rates, START + dt.timedelta(days=200))
    assert unripe.expect_level(day).last_year is None


def test_the_shift_brings_the_mean_to_the_share() -> None:
    logits = np.random.default_rng(0).normal(0.0, 2.0, 500)
    chance = 1.0 / (1.0 + np.exp(-(logits + find_shift(logits, 0.2))))
    assert chance.mean() == pytest.approx(0.2, abs=1e-9)


@pytest.mark.parametrize("dates", range(1, 12))
def test_each_date_learns_from_what_was_known_on_it(dates: int) -> None:
    given = past(200, dates)
    line = assign_dates(given)
    splits = [one for one in (line.tuning, line.calibrating, *line.choosing) if one is not None]
    assert len({split[0] for split in splits}) == len(splits)
    for split in splits:
        for position in split[1]:
            assert given[position].known_on <= given[split[0]].as_of  # type: ignore[operator]
    assert all(one.known_on <= TODAY for one in given)  # type: ignore[operator]
    assert (not line.choosing) == (dates < 3)


def test_the_first_months_of_a_firm_set_no_level_while_riper_dates_do() -> None:
    days = [START + dt.timedelta(days=30 * step) for step in range(8)]
    logits = [-2.0 if step < 4 else 0.5 for step in range(8)]
    rates = [Rate(day, day + HORIZON, logit) for day, logit in zip(days, logits, strict=True)]
    today = days[-1] + HORIZON
    paces = dict.fromkeys((*days, today), (0.0, 0.0))
    ripe = Season(tuple(rates), days[4], paces).expect_level(today)
    assert ripe.by_orders
    assert ripe.share == pytest.approx(share(0.5))
    young = Season(tuple(rates[:4]), days[4], paces).expect_level(today)
    assert young.share == pytest.approx(share(-2.0))
