"""The days of a backtest, its measures, and the truth it is held against."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clientela.btyd.candidates import fit_one
from clientela.btyd.frame import Frame, Span
from clientela.errors import InputError
from clientela.pipeline.backtest.context import check_customers, choose_period
from clientela.pipeline.backtest.holdout import auc, calibration, score_counts
from clientela.pipeline.backtest.purchase_models import recover_parameters
from clientela.pipeline.backtest.truth import (
    is_subscription,
    read_truth,
    score_churn_model,
    score_p_alive,
)

FIRST, LAST = dt.date(1997, 1, 1), dt.date(1998, 6, 30)
DAY = dt.date(1997, 9, 30)


def test_the_last_horizon_is_judged_unless_another_day_is_asked_for() -> None:
    assert choose_period(FIRST, LAST, None, 273).as_of == DAY
    asked = choose_period(FIRST, LAST, DAY, 30)
    assert (asked.as_of, asked.upto) == (DAY, dt.date(1997, 10, 30))


@pytest.mark.parametrize(
    ("as_of", "horizon_days", "says"),
    [
        (dt.date(1996, 1, 1), 90, "outside the data, which goes from 1997-01-01 to 1998-06-30"),
        (dt.date(1999, 1, 1), 90, "outside the data"),
        (DAY, 274, "reach beyond 1998-06-30"),
        (dt.date(1997, 1, 20), 90, "19 days of history"),
        (None, 530, "15 days of history"),
        (None, 900, "0 days of history"),
    ],
)
def test_days_that_do_not_fit_are_refused(
    as_of: dt.date | None, horizon_days: int, says: str
) -> None:
    with pytest.raises(InputError, match=says) as raised:
        choose_period(FIRST, LAST, as_of, horizon_days)
    assert raised.value.do


def test_a_later_day_is_named_that_would_do() -> None:
    with pytest.raises(InputError) as raised:
        choose_period(FIRST, LAST, dt.date(1998, 6, 1), 90)
    assert "--as-of 1998-04-01" in raised.value.do
    choose_period(FIRST, LAST, dt.date(1998, 4, 1), 90)


def test_ten_customers_teach_nothing() -> None:
    with pytest.raises(InputError, match="10 customers had bought"):
        check_customers(10, DAY)
    check_customers(20, DAY)


def test_the_area_under_the_curve_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(1)
    score, came = rng.integers(0, 6, 300).astype(float), rng.random(300) < 0.3
    assert auc(score, came) == pytest.approx(roc_auc_score(came, score))
    assert auc(score, np.zeros(300, dtype=bool)) is None


def test_counts_are_compared_customer_by_customer() -> None:
    foretold, came = np.array([2.0, 0.0, 1.0]), np.array([1.0, 0.0, 3.0])
    found = score_counts(foretold, came, foretold)
    assert found["purchases"] == 3.0
    assert found["total_error"] == -0.25
    assert found["mae"] == pytest.approx(1.0)
    assert found["rmse"] == pytest.approx(np.sqrt(5 / 3))
    nothing = score_counts(foretold, np.zeros(3), foretold)
    assert (nothing["total_error"], nothing["spearman"], nothing["auc_active"]) == (None,) * 3


def test_groups_of_a_calibration_hold_everyone() -> None:
    told = np.linspace(0.0, 1.0, 105)
    groups = calibration(told, (told > 0.5).astype(float))
    assert sum(each["customers"] for each in groups) == 105
    assert [each["expected"] for each in groups] == sorted(each["expected"] for each in groups)
    assert (groups[0]["came"], groups[-1]["came"]) == (0.0, 1.0)


def test_who_was_alive_is_told_by_the_truth() -> None:
    truth = pa.table(
        {"customer_id": ["a", "b", "c"], "dropout_date": [None, dt.date(1997, 9, 30), LAST]}
    )
    scores = pa.table({"customer_id": ["c", "a", "b", "x"], "p_alive": [0.9, 0.8, 0.1, None]})
    found = score_p_alive(truth, scores, DAY)
    assert (found["customers"], found["auc"]) == (3, 1.0)
    assert found["alive"] == pytest.approx(2 / 3)


def test_leaving_is_judged_on_those_under_contract() -> None:
    months = [dt.date(1997, 9, 1), dt.date(1997, 10, 1)]
    exits = {"a": None, "b": dt.date(1997, 10, 9), "c": dt.date(1998, 5, 1), "d": DAY}
    truth = pa.table(
        {
            "customer_id": [name for name in exits for _ in months],
            "month": months * 4,
            "hazard": [0.5, 0.01, 0.5, 0.2, 0.5, 0.05, 0.5, 0.9],
            "exit_date": [left for left in exits.values() for _ in months],
        }
    )
    scores = pa.table(
        {"customer_id": ["d", "c", "b", "a"], "churn_probability": [0.9, 0.4, 0.3, 0.1]}
    )
    found = score_churn_model(truth, scores, DAY, 90)
    assert (found["customers"], found["left"]) == (3, 1)
    assert (found["deployed_auc"], found["oracle_auc"]) == (0.5, 1.0)


def test_a_truth_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_truth(tmp_path / "absent.parquet")
    (tmp_path / "text.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="cannot be read"):
        read_truth(tmp_path / "text.parquet")
    pq.write_table(pa.table({"customer_id": ["a"]}), tmp_path / "other.parquet")
    with pytest.raises(InputError, match="no truth"):
        read_truth(tmp_path / "other.parquet")
    pq.write_table(
        pa.table({"customer_id": ["a"], "dropout_date": [DAY]}), tmp_path / "truth.parquet"
    )
    assert not is_subscription(read_truth(tmp_path / "truth.parquet"))


def test_what_is_simulated_is_found_again() -> None:
    """Were the standard errors wrong, the spread of z would not be near 1."""
    rng = np.random.default_rng(3)
    T = rng.uniform(27.0, 39.0, 1_500)
    x = rng.poisson(rng.gamma(0.8, 1 / 8.0, 1_500) * T).astype(float)
    t_x = np.where(x > 0, T * rng.random(1_500) ** (1 / np.maximum(x, 1)), 0.0)
    fit = fit_one("nbd", Frame(x, t_x, T, np.zeros(1_500), "weeks"))
    frame = Frame(x, t_x, T, np.zeros(1_500), "weeks")
    found = recover_parameters(fit, frame, Span.weeks(13), 24)
    assert found["failed"] == 0
    for each in found["z"]:
        assert abs(each["mean"]) < 0.9
        assert 0.5 < each["spread"] < 1.6
    assert 0.75 < found["coverage"] < 0.85
    assert recover_parameters(replace(fit), frame, Span.weeks(13), 2) == recover_parameters(
        fit, frame, Span.weeks(13), 2
    )
