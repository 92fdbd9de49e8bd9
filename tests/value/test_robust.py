"""One buyer moves nobody else, and who gave everything back is no customer with a future."""

import numpy as np
import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.value.fit.learning import ValueFit, learn_value
from clientela.value.fit.wholesale import compute_limit
from tests.value.firms import history, lines, quick, table

DAYS = 420
MONEY = ("expected_revenue", "expected_revenue_long", "likely_revenue", "expected_orders")


def scores(engine: Engine, rows: pa.Table) -> tuple[ValueFit, dict[str, dict[str, float]]]:
    past = history(engine, rows, DAYS)
    learnt = learn_value(past, quick(trials=0, max_dates=5))
    scored = learnt.model.score(past.snapshot(past.as_of), past.as_of).to_pylist()
    return learnt, {row["customer_id"]: row for row in scored}


def wholesaler(revenue: float, every: int) -> pa.Table:
    days = np.arange(DAYS - 300, DAYS, every)
    return table(["whale"] * len(days), days, np.full(len(days), revenue / len(days)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("customers", "tolerance", "times", "every"),
    [(500, 0.10, 20.0, 90), (60, 0.20, 20.0, 90), (60, 0.20, 0.5, 30)],
)
def test_a_wholesale_buyer_moves_nobody_else(
    engine: Engine, customers: int, tolerance: float, times: float, every: int
) -> None:
    rows = lines(customers, DAYS, 7)
    total = float(sum(value.as_py() for value in rows["amount"]))
    _, without = scores(engine, rows)
    both = pa.concat_tables([rows, wholesaler(times * total, every)])
    _, beside = scores(engine, both)
    for name in MONEY:
        before, after = (
            np.array([each[key][name] for key in sorted(without)]) for each in (without, beside)
        )
        assert after.sum() == pytest.approx(before.sum(), rel=tolerance), name
        large = before > 0.01 * before.mean()
        assert np.abs(after[large] / before[large] - 1).max() <= tolerance, name
    own = beside["whale"]["expected_revenue"]
    assert 0.2 < own / (times * total * 90 / 300) < 2.0


@pytest.mark.slow
@pytest.mark.parametrize("naive", [False, True])
def test_who_gave_everything_back_has_no_future(engine: Engine, naive: bool) -> None:
    back = table(["back"] * 4, np.array([300, 310, 400, 405]), np.array([50.0, -50.0, 80.0, -80.0]))
    past = history(engine, pa.concat_tables([lines(120, DAYS, 3), back]), DAYS)
    models = () if naive else ("btyd", "two_stage", "tweedie")
    learnt = learn_value(past, quick(trials=0, max_dates=5, models=models))
    row = learnt.model.score(past.snapshot(past.as_of), past.as_of).to_pylist()
    (own,) = [each for each in row if each["customer_id"] == "back"]
    for name in ("expected_revenue", "expected_revenue_high", "likely_revenue"):
        assert not own[name]
    assert own["expected_revenue_long"] == 0.0
    assert sum(each["expected_revenue"] for each in row) > 0.0


def test_two_wholesale_buyers_do_not_hide_one_another() -> None:
    limit = compute_limit(np.r_[np.full(500, 10.0), 4_000.0, 90_000.0])
    assert 10.0 < limit < 4_000.0


def test_an_ordinary_firm_has_no_wholesale_buyer() -> None:
    revenue = np.exp(np.random.default_rng(1).normal(5.0, 1.2, 2_000))
    assert compute_limit(revenue) > revenue.max()
