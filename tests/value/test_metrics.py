"""Metrics on outcomes made by hand."""

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from clientela.statistics.arrays import Doubles
from clientela.value.fit.backtest import BacktestDay
from clientela.value.fit.boosting import compute_deviance
from clientela.value.fit.candidates import fit_quantile_curve
from clientela.value.fit.choice import choose_mean, choose_median
from clientela.value.fit.intervals import fit_bounds
from clientela.value.fit.metrics import measure_models
from clientela.value.fit.notes import write_headline, write_verdict

DAY = dt.date(2011, 1, 1)


def attempt(came: Doubles, past: Doubles | None = None, **forecasts: Doubles) -> BacktestDay:
    ids = pa.chunked_array([[f"c{at:05d}" for at in range(len(came))]])
    made = cast(Any, SimpleNamespace(day=SimpleNamespace(unit=1.0)))
    before = came if past is None else past
    return BacktestDay(DAY, made, ids, came, before, forecasts, forecasts)


def test_metrics_are_those_of_the_textbook() -> None:
    rng = np.random.default_rng(1)
    came, told = rng.gamma(1, 10, 200), rng.gamma(1, 10, 200)
    found = measure_models([attempt(came, btyd=told)], "value_mean", 100, 1)["btyd"]
    assert found.value("bias") == pytest.approx(told.sum() / came.sum() - 1)
    assert found.value("mae") == pytest.approx(np.abs(told - came).mean())
    assert found.value("rmse") == pytest.approx(np.sqrt(((told - came) ** 2).mean()))
    assert found.value("spearman") == pytest.approx(stats.spearmanr(told, came).statistic)
    top = np.argsort(-told)[:20]
    assert found.value("revenue_captured") == pytest.approx(came[top].sum() / came.sum())
    best = set(np.argsort(-came)[:20].tolist())
    assert found.value("top_decile_hit") == pytest.approx(len(best & set(top.tolist())) / 20)


def test_sorting_by_what_came_has_a_gini_of_one() -> None:
    came = np.arange(50.0)
    found = measure_models([attempt(came, btyd=came, tweedie=-came)], "value_mean", 100, 1)
    assert found["btyd"].value("gini") == pytest.approx(1.0)
    assert found["tweedie"].value("gini") == pytest.approx(-1.0)


def test_equal_forecasts_share_the_places_of_the_top() -> None:
    came = np.arange(100.0)
    found = measure_models([attempt(came, btyd=np.ones(100))], "value_mean", 100, 1)["btyd"]
    assert found.value("revenue_captured") == pytest.approx(0.1)


def test_totals_that_err_to_both_sides_do_not_cancel() -> None:
    came = np.ones(10)
    dates = [attempt(came, btyd=came * 1.5), attempt(came, btyd=came * 0.5)]
    found = measure_models(dates, "value_mean", 100, 1)["btyd"]
    assert found.value("bias") == pytest.approx(0.0)
    assert found.missed == pytest.approx(0.5)


def test_a_better_order_serves_at_its_own_total_though_a_naive_one_was_nearer() -> None:
    rng = np.random.default_rng(2)
    came = rng.gamma(2, 10, 500)
    again = rng.permutation(came)
    dates = [attempt(came, last_period=again, btyd=came * at) for at in (1.5, 1.6, 1.6, 1.7)]
    verdict = choose_mean(measure_models(dates, "value_mean", 200, 1), range(4))
    assert (verdict.model, verdict.baseline) == ("btyd", "last_period")
    assert verdict.naive_is_nearer
    assert not verdict.beats
    assert "although a naive total was nearer" in write_verdict("btyd", verdict, "en")
    assert "significantly nearer" in write_verdict("last_period", verdict, "en")


def test_a_naive_total_that_was_nearer_serves_unless_the_order_is_better_for_certain() -> None:
    rng = np.random.default_rng(2)
    came = rng.gamma(0.3, 10, 500)
    nearer, alike = rng.permutation(came) * 1.01, rng.permutation(came) * 1.02
    levels = (1.0, 1.06, 1.0, 1.06)
    dates = [attempt(came, last_period=nearer, btyd=came * at) for at in levels]
    knowing = measure_models(dates, "value_mean", 200, 1)
    better = choose_mean(knowing, range(4))
    assert better.model == "btyd"
    assert better.difference > 0
    assert better.low < 0
    assert better.by_order
    assert not better.naive_is_nearer
    assert not better.beats
    assert write_verdict("last_period", better, "en").startswith("compared: nearer")
    dates = [attempt(came, last_period=nearer, btyd=alike * at) for at in levels]
    blind = measure_models(dates, "value_mean", 200, 1)
    serving = choose_mean(blind, range(4))
    assert serving.model == "last_period"
    assert not serving.by_order
    assert choose_mean(blind, range(3)).model == "btyd"


def test_the_median_forecast_of_least_error_serves() -> None:
    came = np.append(np.zeros(60), np.full(40, 10.0))
    dates = [
        attempt(came, nothing=np.zeros(100), btyd=np.full(100, 4.0), tweedie=came * at)
        for at in (1.0, 1.1, 0.9, 1.0)
    ]
    measured = measure_models(dates, "value_median", 200, 1)
    verdict = choose_median(measured, range(4))
    assert verdict.model == "tweedie"
    assert verdict.baseline == "nothing"
    assert verdict.beats


def test_nothing_is_claimed_from_fewer_than_four_dates() -> None:
    came = np.append(np.zeros(60), np.full(40, 10.0))
    dates = [attempt(came, nothing=np.zeros(100), tweedie=came * at) for at in (1.0, 1.1, 0.9)]
    verdict = choose_median(measure_models(dates, "value_median", 200, 1), range(3))
    assert verdict.high < 0
    assert not verdict.beats
    assert "Nothing can be claimed" in write_headline(verdict, 3, "en", "GBP")
    assert "não se pode concluir" in write_headline(verdict, 3, "pt_BR", "BRL")


def test_without_past_dates_nothing_is_said_to_beat() -> None:
    verdict = choose_mean({}, ())
    assert not verdict.has_past_dates
    assert not verdict.beats


def test_intervals_hold_as_often_as_they_claim_on_other_customers() -> None:
    rng = np.random.default_rng(3)
    told = rng.gamma(1.0, 1.0, 8000)
    came = np.where(rng.random(8000) < 0.4, 0.0, told * np.exp(rng.normal(0, 0.7, 8000)))
    bounds = fit_bounds(told[:4000], came[:4000], 0.8, 0.0)
    assert bounds is not None
    assert bounds.inside(told[4000:], came[4000:]).mean() == pytest.approx(0.8, abs=0.03)


def test_intervals_of_customers_who_nearly_never_buy_are_counted_with_a_draw_at_ties() -> None:
    rng = np.random.default_rng(4)
    told = np.linspace(0.5, 1.0, 2000)
    came = np.where(rng.random(2000) < 0.95, 0.0, 10.0)
    bounds = fit_bounds(told, came, 0.8, 0.0)
    assert bounds is not None
    assert bounds.inside(told, came).mean() == pytest.approx(0.8, abs=0.01)


def test_intervals_hold_on_dates_that_err_together() -> None:
    rng = np.random.default_rng(6)
    told = rng.gamma(1.0, 1.0, 4000)
    came = np.where(rng.random(4000) < 0.4, 0.0, told * np.exp(rng.normal(0, 0.3, 4000)))
    alone, wide = (fit_bounds(told, came, 0.8, spread) for spread in (0.0, 0.5))
    assert alone is not None
    assert wide is not None
    levels = np.exp(rng.normal(0, 0.5, 200))
    held = [np.mean([one.inside(told, came * at).mean() for at in levels]) for one in (alone, wide)]
    assert held[1] == pytest.approx(0.8, abs=0.03)
    assert held[0] < held[1]


def test_deviance_is_least_at_the_mean() -> None:
    came = np.random.default_rng(5).gamma(1, 1, 1000)
    at = [
        compute_deviance(came, np.full(1000, came.mean() * factor)) for factor in (0.8, 1.0, 1.25)
    ]
    assert at[1] == min(at)


def test_a_curve_goes_through_the_groups_medians() -> None:
    told = np.repeat([1.0, 2.0], 100)
    came = np.where(told == 1.0, 0.0, 5.0)
    curve = fit_quantile_curve(told, came, 0.5)
    assert curve.at(np.array([1.0, 2.0, 4.0])) == pytest.approx([0.0, 5.0, 10.0])
