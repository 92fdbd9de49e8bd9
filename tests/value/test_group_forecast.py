"""Forecasts of groups: hand-made seasons, honest levels, and coverage where the truth is known."""

import datetime as dt
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from clientela.config import Programme
from clientela.features.daily_revenue import Takings
from clientela.value.groups import FORECAST, forecast
from clientela.value.groups.adding_up import adding_up
from clientela.value.groups.baseline import LastPeriod, Seasonal, YearShare, season
from clientela.value.groups.interval import band, hits
from clientela.value.groups.past_forecasts import past_forecasts
from clientela.value.groups.sentences import Forecast
from tests.value.daily import FIRST, brought, takings_of

DAY = dt.timedelta(days=1)


def steady(days: int, amount: float = 10.0) -> Takings:
    """Two customers who bring the same every day."""
    rows = [(one, day, amount) for one in ("a", "b") for day in range(days + 1)]
    return brought(rows, FIRST + days * DAY)


def only_a(day: dt.date) -> list[str]:
    return ["a"]


def test_the_band_claims_no_more_than_n_over_n_plus_1() -> None:
    for n in (4, 8, 9, 20):
        ratios = [1.1**i for i in range(-(n // 2), n - n // 2)]
        made = band(ratios)
        assert made.level <= n / (n + 1) + 1e-12
        assert made.level >= min(0.9, n / (n + 1)) - 1e-12
        assert math.isclose(made.low * made.high, 1)
    assert band([1.5]).level == 0.5


def test_hits_are_judged_by_the_other_dates() -> None:
    assert hits([1.0, 1.1, 1.2, 5.0]) == 3
    assert hits([2.0]) == 0


def test_coverage_on_stationary_groups_is_the_level_claimed() -> None:
    """Groups whose errors are exchangeable: 9 past ones claim 90 %, 4 claim 80 %."""
    rng = np.random.default_rng(7)
    for n, level in ((9, 0.9), (4, 0.8)):
        ratios = np.exp(rng.normal(0.05, 0.3, size=(4000, n + 1)))
        inside = 0
        for *past, now in ratios:
            made = band(past)
            assert math.isclose(made.level, level)
            inside += made.low <= now <= made.high
        assert abs(inside / len(ratios) - level) < 0.02


def test_coverage_of_whole_forecasts_on_simulated_firms() -> None:
    """Customers who order at random at a steady rate, forecast by what they brought before."""
    rng, inside, told = np.random.default_rng(3), 0, []
    for _ in range(40):
        made, came = random_firm(rng)
        row = forecast(made, everybody, Programme(), "GBP", everybody).to_pylist()[0]
        assert row["measurable"]
        told.append(row["level"])
        inside += row["low"] <= came <= row["high"]
    assert 0.75 <= inside / 40 <= 1.0
    assert {round(level, 3) for level in told} <= {round(8 / 9, 3), 0.9}  # 8 dates, or 9


def everybody(day: dt.date) -> list[str]:
    return [f"c{i:02d}" for i in range(40)]


def random_firm(rng: np.random.Generator) -> tuple[Takings, float]:
    """Give takings of a year and what the same 40 customers bring in the next 30 days."""
    days, ids = 640, everybody(FIRST)
    customer = np.repeat(np.arange(40), days + 31)
    day = np.tile(np.arange(days + 31), 40)
    bought = (rng.random(len(day)) < 0.05) | (day == 0)
    customer, day = customer[bought], day[bought]
    amount = rng.lognormal(3, 1, len(day))
    past = day <= days
    made = takings_of(ids, customer[past], days - day[past], amount[past], FIRST + days * DAY)
    return made, float(amount[~past].sum())


def test_the_last_period_needs_its_days() -> None:
    made = steady(59)
    everyone = np.ones(2, dtype=np.bool_)
    assert LastPeriod().expected(made, everyone, made.as_of, 60) == 1200.0
    assert LastPeriod().expected(made, everyone, made.as_of, 61) is None


def test_the_season_is_that_of_last_year() -> None:
    """Each December brings three times the other months."""
    days = 699
    rows = [
        ("a", day, 30.0 if (FIRST + day * DAY).month == 12 else 10.0) for day in range(days + 1)
    ]
    made = brought(rows, FIRST + days * DAY)  # the last day is 30 November 2011
    assert made.as_of == dt.date(2011, 12, 1)
    end = dt.date(2011, 11, 30)
    assert season(made, end, 30) == 3.0
    everyone = np.ones(1, dtype=np.bool_)
    assert Seasonal().expected(made, everyone, end, 30) == 900.0
    assert season(made, dt.date(2011, 1, 10), 30) is None


def test_a_year_alone_gives_the_season_by_the_groups_share() -> None:
    """A brings a third of the year; the firm took 90 a day in the same days last year."""
    days = 379  # 365 behind the last day, and two weeks before that
    rows = [(one, day, amount) for day in range(days + 1) for one, amount in amounts(day)]
    made = brought(rows, FIRST + days * DAY)
    only = np.array([True, False])
    found = YearShare().expected(made, only, made.as_of, 30)
    assert found == pytest.approx(30 * 90 / 3)
    assert YearShare().expected(made, only, FIRST + 363 * DAY, 30) is None
    assert YearShare().expected(made, only, made.as_of, 366) is None
    month = forecast(made, only_a, Programme(), "GBP").to_pylist()[0]
    assert (month["method"], month["measurable"], month["low"]) == ("year_share", False, None)
    assert month["expected"] == pytest.approx(900.0)
    assert "Repeating the last period" in month["sentence_en"]


def amounts(day: int) -> list[tuple[str, float]]:
    """Give three times as much in the 30 days that came a year before the next 30."""
    season = 3.0 if 15 <= day <= 44 else 1.0
    return [("a", 10.0 * season), ("b", 20.0 * season)]


def test_the_baseline_of_better_known_errors_is_taken() -> None:
    """Of 490 days the season over two periods has three dates, the share of the year four."""
    month = forecast(steady(490), only_a, Programme(), "GBP", only_a).to_pylist()[0]
    assert (month["method"], month["dates"], month["level"]) == ("year_share", 4, 0.8)


def test_without_a_season_no_level_is_claimed_however_many_dates() -> None:
    month = forecast(steady(360), only_a, Programme(), "GBP").to_pylist()[0]
    assert (month["method"], month["dates"], month["measurable"]) == ("last_period", 9, False)
    assert (month["low"], month["high"]) == (300.0, 300.0)
    assert "the season is unknown" in month["sentence_en"]


def test_a_model_knows_no_season_either_before_a_year_is_over() -> None:
    class Bold(LastPeriod):
        name = "bold"

    for days, used in ((360, "last_period"), (366, "bold")):
        table = forecast(steady(days), only_a, Programme(), None, forecasters=[Bold()])
        assert table["method"][0].as_py() == used


def test_a_steady_group_is_forecast_without_error() -> None:
    rows = forecast(steady(800), only_a, Programme(), "GBP", learnt_then=only_a).to_pylist()
    table = {(row["customer_group"], row["months"]): row for row in rows}
    assert list(rows[0]) == FORECAST.names
    month = table["members", 1]
    assert (month["expected"], month["low"], month["high"]) == (300.0, 300.0, 300.0)
    assert (month["method"], month["bias"], month["measurable"]) == ("seasonal", 0.0, True)
    assert month["hits"] == month["dates"] >= 4
    assert table["everyone", 3]["expected"] == 1800.0
    assert table["rest", 6]["expected"] == 1800.0
    assert "£300" in month["sentence_en"]
    assert "£ 300" in month["sentence_pt_br"].replace("\xa0", " ")


def test_members_simulated_with_todays_rules_claim_no_level() -> None:
    every = forecast(steady(800), only_a, Programme(), "GBP").to_pylist()
    rows = [row for row in every if row["months"] == 1]
    claimed = {row["customer_group"]: row["measurable"] for row in rows}
    assert claimed == {"members": False, "rest": False, "everyone": True}
    for row in rows[:2]:
        assert (row["level"], row["low"], row["high"]) == (None, 300.0, 300.0)
        assert "flatters" in row["sentence_en"]
        assert "favorece" in row["sentence_pt_br"]


def test_parts_that_claim_no_level_add_up_to_everyone() -> None:
    made, _ = random_firm(np.random.default_rng(5))
    rows = forecast(made, everybody_first, Programme(), "GBP").to_pylist()
    table = {(row["customer_group"], row["months"]): row for row in rows}
    for months in (1, 3, 6):
        members, rest = table["members", months], table["rest", months]
        assert members["expected"] + rest["expected"] == pytest.approx(
            table["everyone", months]["expected"]
        )
    assert [row["customer_group"] for row in rows] == ["members"] * 3 + ["rest"] * 3 + [
        "everyone"
    ] * 3


def everybody_first(day: dt.date) -> list[str]:
    return everybody(day)[:9]


def test_parts_that_claim_a_level_stay_as_they_are() -> None:
    told = Forecast(group="members", months=1, days=30, expected=6.0, low=3.0, method="seasonal")
    rest = replace(told, group="rest", expected=2.0, low=None)
    whole = replace(told, group="everyone", expected=4.0)
    found = adding_up([told, rest], whole)
    assert [(one.expected, one.low) for one in found] == [(3.0, 1.5), (1.0, None)]
    for parts in ([replace(told, level=0.8), rest], [told, replace(rest, expected=None)]):
        assert adding_up(parts, whole) == parts
    assert adding_up([told, rest], replace(whole, expected=None)) == [told, rest]


@pytest.mark.parametrize(("dates", "claimed"), [(3, False), (4, True)])
def test_four_dates_with_members_learnt_then_claim_one(dates: int, claimed: bool) -> None:
    made = steady(800)
    known = {made.as_of - 90 * age * DAY: ["a"] for age in range(1, dates + 1)}
    every = forecast(made, only_a, Programme(), None, known.__getitem__).to_pylist()
    rows = [row for row in every if row["months"] == 3]
    assert [row["measurable"] for row in rows] == [claimed, claimed, True]


def test_past_forecasts_share_no_day_and_see_no_future() -> None:
    made = steady(400)
    past = past_forecasts(made, made.known, LastPeriod(), 30, 30)
    days = [one.day for one in past]
    assert days[0] == made.as_of - 30 * DAY
    assert all(later - earlier == 30 * DAY for later, earlier in pairwise(days))
    assert min(days) >= made.first_day + 90 * DAY


def test_a_short_history_claims_nothing() -> None:
    rows = forecast(steady(200), only_a, Programme(), None).to_pylist()
    months = {row["months"]: row for row in rows if row["customer_group"] == "members"}
    assert not months[3]["measurable"]
    assert months[3]["level"] is None
    assert "too short" in months[3]["sentence_en"]
    assert (months[6]["expected"], months[6]["low"]) == (1800.0, None)
    tiny = forecast(steady(10), only_a, Programme(), None).to_pylist()
    assert {row["expected"] for row in tiny} == {None}
    assert all("shorter than" in row["sentence_en"] for row in tiny)


@pytest.mark.parametrize("ids", [[], ["nobody"]], ids=["nobody", "strangers"])
def test_a_group_without_members_brings_nothing(ids: list[str]) -> None:
    rows = forecast(steady(400), lambda day: ids, Programme(), "GBP").to_pylist()
    members = [row for row in rows if row["customer_group"] == "members"]
    assert {row["expected"] for row in members} == {0.0}
    assert all(row["sentence_en"] and row["sentence_pt_br"] for row in rows)


def test_a_programme_that_did_not_exist_yet_is_not_judged() -> None:
    made = steady(400)

    def choose(day: dt.date) -> list[str]:
        if day < made.as_of:
            raise KeyError(day)
        return ["a"]

    month = forecast(made, choose, Programme(), "GBP").to_pylist()[0]
    assert (month["expected"], month["low"], month["dates"]) == (300.0, None, 0)


def test_net_returns_are_no_forecast_of_less_than_nothing_in_disguise() -> None:
    rows = [("a", day, -1.0) for day in range(401)]
    month = forecast(brought(rows, FIRST + 400 * DAY), only_a, Programme(), "GBP").to_pylist()[0]
    assert (month["expected"], month["low"], month["measurable"]) == (-30.0, None, False)
