"""Firms with too little of everything get forecasts and sentences, never a stack trace."""

import numpy as np
import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.store.arrow_schemas import TABLES
from clientela.value.fit.learning import learn_value
from clientela.value.score.model import VALUE
from tests.value.firms import history, lines, quick, table

Firm = tuple[pa.Table, int]


def _firm(rows: list[tuple[str, int, float]], days: int) -> Firm:
    ids, day, amount = zip(*rows, strict=True)
    return table(list(ids), np.array(day), np.array(amount, dtype=np.float64)), days


def three_customers() -> Firm:
    return _firm([("a", 0, 10.0), ("b", 40, 20.0), ("c", 80, 30.0), ("a", 90, 5.0)], 91)


def all_alike() -> Firm:
    days = (0, 100, 200, 300)
    return _firm([(f"c{one}", day, 10.0) for one in range(120) for day in days], 301)


def no_repeat_purchase() -> Firm:
    return _firm([(f"c{one}", one, 5.0 + one % 17) for one in range(300)], 300)


def one_month() -> Firm:
    rows = [(f"c{one}", one % 28, 10.0 + one % 31) for one in range(200)]
    again = [(f"c{one}", (one + 9) % 28, 12.0) for one in range(0, 200, 3)]
    return _firm(rows + again, 28)


def one_day() -> Firm:
    return _firm([(f"c{one}", 0, 1.0 + one) for one in range(50)], 1)


def nothing_earned() -> Firm:
    rows = [(f"c{one}", one, 10.0) for one in range(200)]
    return _firm(rows + [(f"c{one}", one + 20, -10.0) for one in range(200)], 220)


def one_giant_buyer() -> Firm:
    rows = [("giant", day, 1_000_000.0) for day in range(0, 400, 7)]
    rows += [(f"c{one}", one, 10.0 + one % 13) for one in range(200)]
    rows += [(f"c{one}", one + 90, 10.0) for one in range(200)]
    return _firm(rows, 401)


def long_asleep() -> Firm:
    return _firm([(f"c{one}", one % 40, 10.0) for one in range(100)], 600)


def ten_customers() -> Firm:
    return lines(10, 300, seed=1), 300


FIRMS = (
    three_customers,
    all_alike,
    no_repeat_purchase,
    one_month,
    one_day,
    nothing_earned,
    one_giant_buyer,
    long_asleep,
    ten_customers,
)


@pytest.mark.slow
@pytest.mark.parametrize("firm", FIRMS, ids=lambda firm: firm.__name__)
def test_a_firm_with_too_little_gets_finite_forecasts_and_sentences(
    firm: object, engine: Engine
) -> None:
    assert callable(firm)
    rows, days = firm()
    past = history(engine, rows, days)
    learnt = learn_value(past, quick(trials=0, max_dates=4))
    scores = learnt.model.score(past.snapshot(past.as_of), past.as_of)
    assert scores.schema == VALUE
    names = ("p_alive", "expected_orders", "expected_revenue", "likely_revenue")
    for name in (*names, "expected_revenue_long"):
        values = scores[name].to_numpy()
        assert np.isfinite(values).all(), name
        assert (values >= 0).all(), name
    for name, made in learnt.tables.items():
        assert made.schema == TABLES[name]
    said = [row["text_en"] for row in learnt.tables["model_notes"].to_pylist()]
    assert said
    assert not any("nan" in one or "None" in one for one in said)


def test_without_past_dates_the_headline_says_that_nothing_could_be_compared(
    engine: Engine,
) -> None:
    rows, days = one_month()
    notes = learn_value(history(engine, rows, days), quick()).tables["model_notes"].to_pylist()
    assert notes[0]["code"] == "headline"
    assert "nothing could be compared" in notes[0]["text_en"]


@pytest.mark.slow
def test_where_nobody_ever_came_back_the_headline_says_that_there_is_no_total(
    engine: Engine,
) -> None:
    rows, days = no_repeat_purchase()
    learnt = learn_value(history(engine, rows, days), quick(trials=0, max_dates=4))
    first = learnt.tables["model_notes"].to_pylist()[0]
    assert "spent nothing afterwards" in first["text_en"]


@pytest.mark.slow
def test_a_short_history_is_judged_at_the_level_that_serves(engine: Engine) -> None:
    past = history(engine, lines(200, 140, seed=4), 140)
    learnt = learn_value(past, quick(trials=0, models=("btyd",), max_dates=4))
    ground = learnt.ground
    assert ground.lacks_history
    for day in (past.as_of, *ground.dates.cutoffs):
        total = ground.levels.total(day)
        assert total is not None
        assert ground.on(day).unit * ground.firm.count_customers(day) == pytest.approx(
            total.expected
        )
    asked = ground.asked_levels.total(past.as_of)
    scores = learnt.model.score(past.snapshot(past.as_of), past.as_of)
    assert asked is not None
    assert sum(scores["expected_revenue"].to_pylist()) == pytest.approx(asked.expected)
