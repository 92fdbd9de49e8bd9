"""Forecasts of groups: one total, its parts, and levels held where the truth is known."""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.features.daily_revenue import DailyRevenue
from clientela.value.error_bands import count_hits, measure_band, select_year
from clientela.value.fit.learning import learn_value
from clientela.value.group_tables import (
    build_programme_forecast,
    build_value_forecast,
    write_forecast,
)
from clientela.value.groups import (
    MONTHS,
    GroupForecast,
    GroupForecaster,
)
from tests.value import test_degenerate as degenerate
from tests.value.daily import FIRST, brought, takings_of
from tests.value.firms import history, lines, quick, yearly

DAY = dt.timedelta(days=1)
IDS = ("a", "b", "c")
PASTS = ("members", "rest", "known")


def firm(days: int = 400, amount: float = 10.0) -> DailyRevenue:
    """Three customers who bring the same every day."""
    rows = [(who, day, amount) for who in IDS for day in range(days)]
    return brought(rows, FIRST + (days - 1) * DAY)


def forecaster(
    takings: DailyRevenue,
    model: str = "btyd",
    since: dt.date = FIRST,
    weights: Sequence[float] = (2.0, 1.0, 1.0),
    **options: Any,
) -> GroupForecaster:
    """A model that puts half of all on the first customer, known since a day."""
    daily = options.get("daily", 30.0)
    ids = pa.array([str(one) for one in takings.ids.to_pylist()])
    shares = np.asarray(weights) / np.sum(weights)

    def expected_at(day: dt.date, days: int) -> tuple[pa.Array, np.ndarray] | None:
        return (ids, shares * daily * days) if day >= since else None

    return GroupForecaster(
        daily_revenue=takings,
        crowd_revenue=takings,
        ids=ids,
        revenue=shares * daily * 90,
        horizon_days=90,
        expected_at=expected_at,
        model=model,
        by_rhythm=options.get("by_rhythm", False),
        level=options.get("level", 0.8),
    )


def only_a(day: dt.date) -> list[str]:
    return ["a"]


def by_group(forecasts: Sequence[GroupForecast]) -> dict[str, GroupForecast]:
    return {one.group: one for one in forecasts}


def test_members_and_the_rest_add_up_to_the_sum_of_the_customers() -> None:
    groups = forecaster(firm())
    members, rest = groups.forecast_parts(90, only_a)
    known, new, everyone = groups.forecast_base(90)
    assert known.expected == pytest.approx(2700.0)
    assert members.expected == pytest.approx(1350.0)
    assert rest.expected == pytest.approx(1350.0)
    assert new.expected == 0.0
    assert everyone.expected == known.expected


@pytest.mark.parametrize("model", ["btyd", "last_period", "seasonal", "lifetime_rate"])
@pytest.mark.parametrize("by_rhythm", [False, True])
def test_other_horizons_go_by_the_same_total(model: str, by_rhythm: bool) -> None:
    groups = forecaster(firm(), model, by_rhythm=by_rhythm)
    for days in (30, 90, 180):
        known = groups.forecast_base(days)[0]
        members, rest = groups.forecast_parts(days, only_a)
        assert known.expected == pytest.approx(30.0 * days)
        assert members.expected == pytest.approx(15.0 * days)
        assert (members.expected or 0.0) + (rest.expected or 0.0) == known.expected


def test_a_longer_horizon_never_brings_less() -> None:
    rng = np.random.default_rng(4)
    rows = [(who, day, rng.gamma(0.2, 50.0)) for who in IDS for day in range(700)]
    groups = forecaster(brought(rows, FIRST + 699 * DAY))
    totals = [groups.forecast_base(months * 30)[0].expected or 0.0 for months in MONTHS]
    assert totals == sorted(totals)


def test_days_before_the_first_model_are_no_evidence() -> None:
    takings = firm(800)
    late = forecaster(takings, since=takings.as_of - 10 * DAY)
    assert late.forecast_parts(30, only_a, only_a)[0].dates == 0
    early = forecaster(takings).forecast_parts(30, only_a, only_a)[0]
    assert early.dates >= 4


def test_what_follows_a_day_changes_no_forecast_made_on_it() -> None:
    takings, days = firm(), 400
    day = takings.as_of - 90 * DAY
    rows = [(who, at, 10.0 if at < days - 90 else 99.0) for who in IDS for at in range(days)]
    members = takings.members(pa.array(["a"]))
    other = forecaster(brought(rows, takings.as_of))
    for past in (forecaster(takings), other):
        assert past._predict_at(members, day, 30) == pytest.approx(450.0)


def test_the_band_claims_no_more_than_n_over_n_plus_1() -> None:
    for n in (4, 8, 9, 20):
        ratios = [1.1**i for i in range(-(n // 2), n - n // 2)]
        widest, level = measure_band(ratios, 0.9)
        assert widest >= 1.0
        assert level <= n / (n + 1) + 1e-12
        assert level >= min(0.9, n / (n + 1)) - 1e-12
    assert measure_band([1.5], 0.9)[1] == 0.5


def test_bands_of_few_dates_claim_no_more_than_their_number_shows() -> None:
    assert measure_band([1.1, 0.9, 1.2], 0.8) == pytest.approx((1.2, 0.75))
    assert count_hits([1.0, 1.0, 3.0, 1.0, 1.0], 0.8) == 4


def test_hits_are_judged_by_the_other_dates() -> None:
    assert count_hits([1.0, 1.1, 1.2, 5.0], 0.9) == 3
    assert count_hits([2.0], 0.9) == 0


def test_coverage_on_stationary_groups_is_the_level_claimed() -> None:
    """Groups whose errors are exchangeable: 9 past ones claim 90 %, 4 claim 80 %."""
    rng = np.random.default_rng(7)
    for n, level in ((9, 0.9), (4, 0.8)):
        ratios = np.exp(rng.normal(0.05, 0.3, size=(4000, n + 1)))
        inside = 0
        for *past, now in ratios:
            widest, claimed = measure_band(past, 0.9)
            assert math.isclose(claimed, level)
            inside += 1 / widest <= now <= widest
        assert abs(inside / len(ratios) - level) < 0.02


@pytest.mark.slow
def test_coverage_of_whole_forecasts_on_simulated_firms() -> None:
    """Customers who order at random at a steady rate, forecast at the firm's level."""
    rng, inside, levels = np.random.default_rng(3), 0, []
    for _ in range(40):
        takings, came = random_firm(rng)
        total = forecaster(takings, weights=[1.0] * 40)._levels(30).total(takings.as_of)
        assert total is not None
        groups = forecaster(takings, weights=[1.0] * 40, daily=total.expected / 30, level=0.9)
        forecast = groups.forecast_parts(30, everybody, everybody)[0]
        assert forecast.low is not None
        assert forecast.high is not None
        levels.append(forecast.level)
        inside += forecast.low <= came <= forecast.high
    assert 0.75 <= inside / 40 <= 1.0
    assert all(level is not None and level >= 0.8 for level in levels)


def everybody(day: dt.date) -> list[str]:
    return [f"c{i:02d}" for i in range(40)]


def random_firm(rng: np.random.Generator) -> tuple[DailyRevenue, float]:
    """Takings of a year and what the same 40 customers bring in the next 30 days."""
    days, ids = 640, everybody(FIRST)
    customer = np.repeat(np.arange(40), days + 31)
    day = np.tile(np.arange(days + 31), 40)
    bought = (rng.random(len(day)) < 0.05) | (day == 0)
    customer, day = customer[bought], day[bought]
    amount = rng.lognormal(3, 1, len(day))
    past = day <= days
    takings = takings_of(ids, customer[past], days - day[past], amount[past], FIRST + days * DAY)
    return takings, float(amount[~past].sum())


def test_a_steady_group_is_forecast_without_error() -> None:
    groups = forecaster(firm(800))
    table = build_programme_forecast(groups, only_a, "Insiders", "GBP", learnt_then=only_a)
    rows = {(row["customer_group"], row["months"]): row for row in table.to_pylist()}
    month = rows["known", 1]
    assert month["expected"] == pytest.approx(900.0)
    assert (month["low"], month["high"]) == (pytest.approx(900.0), pytest.approx(900.0))
    assert (month["method"], month["measurable"]) == ("btyd", True)
    assert month["hits"] == month["dates"] >= 4
    assert month["bias"] == pytest.approx(0.0)
    assert "£900" in month["sentence_en"]
    assert "£ 900" in month["sentence_pt_br"].replace("\xa0", " ")
    assert "Repeating the last period" in month["sentence_en"]
    for group, amount in (("members", 300.0), ("known", 900.0)):
        beside = [rows[group, 1][name] for name in ("last_period", "last_year")]
        assert beside == pytest.approx([amount, amount])


def test_members_simulated_with_todays_rules_claim_no_level() -> None:
    table = build_programme_forecast(forecaster(firm(800)), only_a, "Insiders", "GBP")
    rows = [row for row in table.to_pylist() if row["months"] == 1]
    measurable = {row["customer_group"]: row["measurable"] for row in rows}
    assert measurable == {"members": False, "rest": False, "known": True}
    for row in rows[:2]:
        assert row["level"] is None
        assert "flatters" in row["sentence_en"]
        assert "favorece" in row["sentence_pt_br"]


def test_without_a_season_members_claim_no_level_however_many_dates() -> None:
    groups = forecaster(firm(360))
    members = groups.forecast_parts(30, only_a, only_a)[0]
    assert (members.level, members.dates > 4, members.season) == (None, True, False)
    assert "Your own season is not in it" in write_forecast(members, "Insiders", "en", None)


@pytest.mark.parametrize(("dates", "claims"), [(3, False), (4, True)])
def test_four_dates_with_members_learnt_then_claim_a_level(dates: int, claims: bool) -> None:
    groups = forecaster(firm(800))
    learnt = {groups.daily_revenue.as_of - 90 * age * DAY: ["a"] for age in range(1, dates + 1)}
    parts = groups.forecast_parts(90, only_a, learnt.__getitem__)
    assert [one.level is not None for one in parts] == [claims, claims]


@pytest.mark.parametrize("ids", [[], ["nobody"]], ids=["nobody", "strangers"])
def test_a_group_without_members_brings_nothing(ids: list[str]) -> None:
    table = build_programme_forecast(forecaster(firm()), lambda day: ids, "Insiders", "GBP")
    rows = table.to_pylist()
    assert {row["expected"] for row in rows if row["customer_group"] == "members"} == {0.0}
    assert all(row["sentence_en"] and row["sentence_pt_br"] for row in rows)
    assert_parts_add_up(table)


def test_a_programme_that_did_not_exist_yet_is_not_judged() -> None:
    groups = forecaster(firm())

    def choose(day: dt.date) -> list[str]:
        if day < groups.daily_revenue.as_of:
            raise KeyError(day)
        return ["a"]

    members = groups.forecast_parts(30, choose)[0]
    assert (members.low, members.dates) == (None, 0)
    assert members.expected == pytest.approx(450.0)


def test_where_rhythm_sets_the_level_newcomers_are_not_measurable() -> None:
    known, new, everyone = forecaster(firm(200), by_rhythm=True).forecast_base(90)
    assert known.expected == pytest.approx(2700.0)
    assert (new.expected, everyone.expected) == (None, None)
    assert "cannot be forecast" in write_forecast(new, "", "en", None)


@pytest.mark.parametrize(("days", "claims"), [(400, False), (800, True)])
def test_a_closed_group_is_judged_by_past_dates_that_hold_a_year(days: int, claims: bool) -> None:
    """Four years of a firm without newcomers are no short history."""
    groups = forecaster(firm(days), by_rhythm=True)
    known = groups.forecast_base(90)[0]
    learnt = [groups.daily_revenue.as_of - 90 * age * DAY for age in range(1, 5)]
    chosen = {day: ["a"] for day in learnt[: 4 if claims else 3]}
    members = groups.forecast_parts(90, only_a, chosen.__getitem__)[0]
    assert [one.level is not None for one in (known, members)] == [claims, claims]
    if claims:
        assert known.hits == known.dates == (days - 90) // 90
        assert "too short" not in write_forecast(known, "", "en", None)


def test_which_day_a_run_is_of_narrows_no_interval() -> None:
    """Dates a month apart can be parted in three ways; the one that erred most is taken."""
    days = [FIRST + 900 * DAY - 30 * step * DAY for step in range(18)]
    past = [(day, 100.0, 130.0 if step == 4 else 101.0) for step, day in enumerate(days)]
    apart = select_year(past, 90)
    assert [came for _, _, came in apart].count(130.0) == 1
    assert all((one[0] - two[0]).days >= 90 for one, two in pairwise(apart))
    assert select_year(past[:9], 90) == select_year([], 90) == []


def test_a_naive_total_has_errors_of_its_own() -> None:
    rows = [("a", day, 10.0 + day % 7) for day in range(400)]
    rows += [(f"n{day:04d}", day, 10.0 + day % 7) for day in range(400)]
    takings = brought(rows, FIRST + 399 * DAY)
    weights = [1.0] * len(takings.ids)
    known, new, everyone = forecaster(takings, "last_period", weights=weights).forecast_base(30)
    assert (known.method, known.level is None, new.level is None) == ("last_period", False, False)
    assert known.bias is not None
    assert known.bias > 0.5  # half of what is repeated came from newcomers
    assert (known.expected or 0) + (new.expected or 0) == everyone.expected


def assert_parts_add_up(table: pa.Table) -> None:
    rows = {(row["customer_group"], row["months"]): row["expected"] for row in table.to_pylist()}
    for months in MONTHS:
        members, rest = rows["members", months], rows["rest", months]
        assert members + rest == pytest.approx(rows["known", months], abs=0.005)


def seasonal_firm() -> degenerate.Firm:
    return lines(150, 480, seed=3, season=yearly), 480


FIRMS: tuple[Callable[[], degenerate.Firm], ...] = (*degenerate.FIRMS, seasonal_firm)


@pytest.mark.slow
@pytest.mark.parametrize("make", FIRMS, ids=lambda make: make.__name__)
def test_one_total_on_every_firm(make: Callable[[], degenerate.Firm], engine: Engine) -> None:
    """Both tables and the customers' column agree to the cent, whichever model serves."""
    rows, days = make()
    past = history(engine, rows, days)
    fit = learn_value(past, quick(trials=0, max_dates=4))
    scores = fit.model.score(past.snapshot(past.as_of), past.as_of)
    groups = GroupForecaster.of(fit.ground, fit.model, scores)
    ids = sorted(scores["customer_id"].to_pylist())
    value = {row["customer_group"]: row for row in build_value_forecast(groups, "GBP").to_pylist()}
    programme = build_programme_forecast(groups, lambda day: ids[::2], "Insiders", "GBP")
    total = float(scores["expected_revenue"].to_numpy().sum())
    assert value["known"]["expected"] == pytest.approx(total, abs=0.005)
    assert value["known"]["days"] == 90
    quarter = {row["customer_group"]: row for row in programme.to_pylist() if row["months"] == 3}
    for name in ("expected", "low", "high", "level", "method", "hits", "dates", "bias"):
        assert quarter["known"][name] == value["known"][name], name
    assert_parts_add_up(programme)
    if value["new"]["expected"] is not None:
        everyone = value["known"]["expected"] + value["new"]["expected"]
        assert value["everyone"]["expected"] == pytest.approx(everyone, abs=0.005)
    else:
        assert value["everyone"]["expected"] is None
    for row in (*value.values(), *programme.to_pylist()):
        assert row["expected"] is None or math.isfinite(row["expected"])
        assert "nan" not in row["sentence_en"]
        assert "None" not in row["sentence_pt_br"]
