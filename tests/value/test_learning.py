"""What is learnt of a firm whose law is known."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from clientela.engine import Engine
from clientela.features.history import History
from clientela.registry.artifacts import load, save
from clientela.value.fit.day_level import bring_to_day, explain_misfit
from clientela.value.fit.holdout import judge_value
from clientela.value.fit.learning import ValueFit, lay_out_history, learn_value
from clientela.value.score.inputs import READ
from clientela.value.score.model import VALUE, load_value_model
from tests.value.firms import FIRST, history, lines, quick, steady, yearly

pytestmark = pytest.mark.slow

CUSTOMERS, DAYS = 600, 640
AS_OF = FIRST + dt.timedelta(days=DAYS - 91)
ROWS = lines(CUSTOMERS, DAYS, seed=11, season=yearly)


@pytest.fixture(scope="module")
def whole(engine: Engine) -> History:
    return history(engine, ROWS, DAYS)


@pytest.fixture(scope="module")
def learnt(engine: Engine, whole: History) -> ValueFit:
    known = History(engine, whole.read, whole.groups, FIRST, AS_OF)
    return learn_value(known, quick(trials=2), currency="GBP")


@pytest.fixture(scope="module")
def snapshot(whole: History, learnt: ValueFit) -> pa.Table:
    return whole.snapshot(AS_OF)


def test_the_total_of_the_mean_forecast_is_nearly_right_though_a_season_is_ahead(
    learnt: ValueFit, whole: History, snapshot: pa.Table
) -> None:
    scores = learnt.model.score(snapshot, AS_OF)
    came = whole.later(AS_OF, 90)["later_revenue"].to_numpy()
    told = scores["expected_revenue"].to_numpy()
    assert abs(told.sum() / came.sum() - 1) < 0.15


def test_the_median_forecast_errs_less_than_the_mean_and_the_naive_ones(
    learnt: ValueFit, whole: History, snapshot: pa.Table
) -> None:
    scores = learnt.model.score(snapshot, AS_OF)
    came = whole.later(AS_OF, 90)["later_revenue"].to_numpy()
    median = np.abs(scores["likely_revenue"].to_numpy() - came).mean()
    mean = np.abs(scores["expected_revenue"].to_numpy() - came).mean()
    last = np.abs(snapshot["revenue_90d"].to_numpy() - came).mean()
    assert median < mean
    assert median < last


def test_judged_once_by_what_followed(learnt: ValueFit, whole: History) -> None:
    found = judge_value(learnt, whole, AS_OF, 90)["model_metrics"].to_pylist()
    coverage = [row["value"] for row in found if row["metric"] == "coverage"]
    assert 0.72 <= coverage[0] <= 0.88
    medians = [row for row in found if row["purpose"] == "value_median" and row["metric"] == "mae"]
    served = next(row for row in medians if row["model"] == learnt.facts["value_median"])
    assert served["difference_high"] < 0
    assert {row["as_of"] for row in found} == {AS_OF}


def test_bounds_hold_the_expectation_and_large_customers_get_wider_ones(
    learnt: ValueFit, snapshot: pa.Table
) -> None:
    scores = learnt.model.score(snapshot, AS_OF)
    mean, low, high = (
        scores[name].to_numpy()
        for name in ("expected_revenue", "expected_revenue_low", "expected_revenue_high")
    )
    assert ((low <= mean) & (mean <= high)).all()
    order = np.argsort(mean)
    width = (high - low)[order]
    assert width[-100:].mean() > 3 * width[:100].mean()
    dates = [
        scores[name].to_numpy() for name in ("next_order_low", "next_order", "next_order_high")
    ]
    known = ~np.isnat(dates[2])
    assert (dates[0][known] <= dates[1][known]).all()
    assert (dates[1][known] <= dates[2][known]).all()
    assert (dates[0][known] > np.datetime64(AS_OF)).all()


def test_a_row_alone_scores_as_in_the_batch(learnt: ValueFit, snapshot: pa.Table) -> None:
    whole = learnt.model.score(snapshot, AS_OF)
    assert whole.schema == VALUE
    for at in range(0, snapshot.num_rows, 40):
        alone = learnt.model.score(snapshot.slice(at, 1), AS_OF)
        for name in VALUE.names:
            first, second = alone[name][0].as_py(), whole[name][at].as_py()
            if isinstance(first, float):
                assert first == pytest.approx(second, rel=1e-9, abs=1e-9), name
            else:
                assert first == second, name


def test_the_stored_model_scores_the_same(
    learnt: ValueFit, snapshot: pa.Table, tmp_path: object
) -> None:
    artifact = learnt.model.artifact()
    model_id = save(tmp_path, artifact)  # type: ignore[arg-type]
    again = load_value_model(load(tmp_path, "value", model_id))  # type: ignore[arg-type]
    assert again.score(snapshot, AS_OF).equals(learnt.model.score(snapshot, AS_OF))
    assert save(tmp_path, again.artifact()) == model_id  # type: ignore[arg-type]
    assert set(again.features) == set(READ) == {one.name for one in again.card.features}


def test_neither_the_order_of_rows_nor_what_follows_changes_what_is_learnt(
    engine: Engine, learnt: ValueFit
) -> None:
    later = pc.greater(ROWS["ordered_local"], dt.datetime.combine(AS_OF, dt.time(23, 59)))
    seen = ROWS.filter(pc.invert(later))
    mixed = seen.take(np.random.default_rng(1).permutation(seen.num_rows))
    past = history(engine, mixed, DAYS)
    known = History(engine, past.read, past.groups, FIRST, AS_OF)
    again = learn_value(known, quick(trials=2), currency="GBP")
    first, second = learnt.model.artifact(), again.model.artifact()
    assert first.payload == second.payload
    assert all(np.array_equal(one, second.arrays[name]) for name, one in first.arrays.items())
    assert again.tables["model_metrics"].equals(learnt.tables["model_metrics"])


def test_past_days_are_sorted_by_what_was_known_then(learnt: ValueFit, whole: History) -> None:
    day = max(learnt.ground.dates.cutoffs)
    sort = learnt.model.past.expected_at(day)
    assert sort is not None
    told, came = sort(whole.snapshot(day)), whole.later(day, 90)["later_revenue"].to_numpy()
    top = np.argsort(-told)[: len(told) // 10]
    assert came[top].sum() / came.sum() > 0.2
    made = next(one for one in learnt.day_forecasts if one.day.day == day)
    assert all(outcome.day + dt.timedelta(days=90) <= day for _, outcome in made.pairs)
    assert learnt.model.past.expected_at(FIRST) is None


def test_dates_have_one_role_each(learnt: ValueFit) -> None:
    dates = learnt.ground.dates
    roles = (*dates.tuned, *dates.judged, *dates.conformal)
    assert len(set(roles)) == len(roles) > 2
    assert dates.tuned == (min(roles),)


def test_a_naive_forecast_serves_where_nothing_else_is_known_of_customers(engine: Engine) -> None:
    """All customers are alike and buy by chance: there is nothing to tell them apart by."""
    past = history(engine, lines(60, 300, seed=3, season=steady), 300)
    learnt = learn_value(past, quick(models=(), trials=0, max_dates=4))
    assert learnt.facts["value_mean"] in ("last_period", "lifetime_rate", "seasonal")
    roles = learnt.tables["model_candidates"].to_pylist()
    champions = {row["family"] for row in roles if row["role"] == "champion"}
    assert champions == {"naive"}  # no other was asked for


def test_on_its_own_day_a_stored_model_is_brought_to_its_own_level(
    learnt: ValueFit, snapshot: pa.Table, tmp_path: Path
) -> None:
    """Trees and all: what the level is measured from again gives what was learnt."""
    stored = load_value_model(load(tmp_path, "value", save(tmp_path, learnt.model.artifact())))
    brought = bring_to_day(stored, learnt.ground, "the same")
    first, second = (model.score(snapshot, AS_OF) for model in (learnt.model, brought))
    for name in VALUE.names:
        if pa.types.is_floating(VALUE.field(name).type):
            assert second[name].to_numpy() == pytest.approx(first[name].to_numpy(), rel=1e-6), name
        else:
            assert first[name].equals(second[name]), name
    assert brought.level_of == (AS_OF, "the same")
    assert explain_misfit(stored, learnt.ground) == ""


def test_on_a_later_day_a_stored_model_has_the_level_of_that_day(
    engine: Engine, learnt: ValueFit, whole: History
) -> None:
    day = AS_OF + dt.timedelta(days=25)
    later = History(engine, whole.read, whole.groups, FIRST, day)
    ground = lay_out_history(later, learnt.ground.settings)
    total = ground.levels.total(day)
    brought = bring_to_day(learnt.model, ground, "later")
    scores = brought.score(later.snapshot(day), day)["expected_revenue"].to_numpy()
    assert total is not None
    assert scores.sum() == pytest.approx(total.expected, rel=1e-6)
    stale = learnt.model.score(later.snapshot(day), day)["expected_revenue"].to_numpy()
    assert abs(stale.sum() / total.expected - 1) > 0.01


def test_what_past_days_could_have_forecast_is_stored_with_the_model(
    learnt: ValueFit, whole: History, tmp_path: Path
) -> None:
    stored = load_value_model(load(tmp_path, "value", save(tmp_path, learnt.model.artifact())))
    assert len(stored.past.models) == len(learnt.day_forecasts) > 4
    for day in (*learnt.ground.dates.cutoffs, AS_OF):
        for days in (30, 90):
            first, second = (
                model.past.forecast_customers(whole, day, days) for model in (learnt.model, stored)
            )
            assert first is not None
            assert second is not None
            assert first[0].equals(second[0])
            assert np.array_equal(first[1], second[1])
