import builtins
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from clientela.churn.fit.evidence import build_contacts, compute_threshold
from clientela.churn.fit.holdout import HoldoutPredictions
from clientela.churn.fit.learners.candidates import LEARNERS, divide_trials
from clientela.churn.fit.learners.linear import learn_bases
from clientela.churn.fit.logistic import fit_ridge, fit_slope
from clientela.churn.fit.training_data import stack_rows
from clientela.churn.score.encoding import learn_encoding
from clientela.config.churn import Churn, ChurnName
from clientela.errors import MissingExtra
from clientela.statistics.arrays import Doubles
from tests.churn.crowd import past


def test_ridge_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(400, 3))
    left = (rng.random(400) < 1 / (1 + np.exp(-columns[:, 0] + 0.4))).astype(float)
    coefficients, intercepts = fit_ridge(columns, left, np.ones((400, 1)), 5.0)
    known = LogisticRegression(C=0.2, tol=1e-10, max_iter=1000).fit(columns, left)
    assert coefficients == pytest.approx(known.coef_[0], abs=1e-4)
    assert intercepts[0] == pytest.approx(known.intercept_[0], abs=1e-4)


def test_ridge_stays_finite_where_a_column_tells_all() -> None:
    column = np.linspace(-1, 1, 50)[:, None]
    coefficients, _ = fit_ridge(column, (column[:, 0] > 0).astype(float), np.ones((50, 1)), 1e-3)
    assert np.isfinite(coefficients).all()


def test_curves_add_up_to_the_regression() -> None:
    one = past()[0]
    encoding = learn_encoding([one.table], [*one.table.column_names[1:]])
    matrix = encoding.matrix(one.table)
    bases = learn_bases(matrix, encoding, 3)
    columns = bases.columns(matrix)
    weights: Doubles = np.asarray(np.random.default_rng(1).normal(size=columns.shape[1]))
    curves = bases.additive(weights, -0.3, matrix)
    assert curves.logits(matrix) == pytest.approx(columns @ weights - 0.3, abs=1e-9)
    assert curves.contributions(matrix).mean(axis=0) == pytest.approx(0.0, abs=1e-9)


def test_the_slope_of_a_model_twice_too_sure_is_a_half() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0.0, 1.5, 20_000)
    left = (rng.random(20_000) < 1 / (1 + np.exp(-logits))).astype(float)
    assert fit_slope(2.0 * logits, left) == pytest.approx(0.5, abs=0.03)
    assert fit_slope(-logits, left) == 0.0
    assert fit_slope(2.0 * logits[:20], np.ones(20)) == 1.0


def test_trials_are_divided_without_remainder() -> None:
    for trials in (0, 1, 7, 24):
        counts = divide_trials(list(LEARNERS.values()), trials)
        assert sum(counts.values()) == trials
        assert set(counts) == set(LEARNERS)


@pytest.mark.parametrize("name", ["xgboost", "catboost"])
def test_a_booster_that_is_not_installed_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    normal = builtins.__import__

    def without(wanted: str, *given: object) -> object:
        if wanted == name:
            raise ImportError(wanted)
        return normal(wanted, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    one = past()[0]
    rows = stack_rows([one], learn_encoding([one.table], ["score"]), 300, 1)
    learner = next(one for one in LEARNERS.values() if one.name == name)
    with pytest.raises(MissingExtra, match=name) as caught:
        learner.fit(rows, learner.defaults, 1)
    assert "clientela[boosters]" in str(caught.value)


def judged(chance: list[float], left: list[float], worth: list[float]) -> HoldoutPredictions:
    return HoldoutPredictions(
        {"m": np.array(chance)}, np.array(left), np.arange(len(left)), np.array(worth)
    )


def test_profit_of_contacts_is_what_they_save_less_their_cost() -> None:
    settings = Churn(contact_cost=1.0, saved_share=0.1, resamples=100)
    one = judged([0.9, 0.5, 0.1, 0.8], [1, 0, 0, 1], [100.0, 10.0, 10.0, 20.0])
    rows = build_contacts(one, "m", settings).to_pylist()
    assert [row["contacts"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["profit"] for row in rows] == pytest.approx([0.0, 9.0, 10.0, 9.0, 8.0])
    assert rows[-1]["profit_random"] == pytest.approx(8.0)
    assert [row["contacts"] for row in rows if row["chosen"]] == [2]
    assert rows[2]["threshold"] == pytest.approx(16.0)
    assert all(row["profit_low"] <= row["profit"] + 1e-9 for row in rows)


def test_without_money_at_stake_the_threshold_is_a_half() -> None:
    assert (
        compute_threshold(np.zeros(3), Churn()) == compute_threshold(np.array([]), Churn()) == 0.5
    )
    assert compute_threshold(np.array([1.0]), Churn(contact_cost=5.0)) == 1.0


@pytest.mark.parametrize("name", ["knn", "tree", "hist_gradient_boosting"])
def test_a_sample_without_leavers_tells_nobody_apart(name: ChurnName) -> None:
    one = past()[0]
    rows = stack_rows([one], learn_encoding([one.table], ["score"]), 500, 1)
    stayed = replace(rows, left=np.zeros(len(rows)))
    logits = LEARNERS[name].fit(stayed, LEARNERS[name].defaults, 1).logits(rows.matrix)
    assert np.ptp(logits) == 0.0
    assert np.isfinite(logits).all()
