import builtins
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from clientela.churn.fit.evidence import build_contacts
from clientela.churn.fit.holdout import HoldoutPredictions
from clientela.churn.fit.learners.candidates import LEARNERS, divide_trials
from clientela.churn.fit.learners.linear import learn_bases
from clientela.churn.fit.logistic import fit_ridge, fit_slope
from clientela.churn.fit.selection import ChampionChoice, choose_champion, prove_over_dates
from clientela.churn.fit.training_data import stack_rows
from clientela.churn.score.encoding import learn_encoding
from clientela.config.churn import Churn, ChurnName
from clientela.errors import MissingExtra
from clientela.statistics.arrays import Doubles
from clientela.statistics.dates import Difference
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


def test_contacts_go_by_expected_loss_and_count_what_leavers_had_spent() -> None:
    rows = judged([0.9, 0.5, 0.1, 0.8], [1, 0, 0, 1], [100.0, 10.0, 10.0, 20.0])
    table = build_contacts(rows, "m", Churn(resamples=100)).to_pylist()
    assert [row["contacts"] for row in table] == [0, 1, 2, 3]  # one at low risk is not contacted
    assert [row["at_stake"] for row in table] == pytest.approx([0.0, 100.0, 120.0, 120.0])
    assert table[2]["threshold"] == pytest.approx(16.0)
    assert table[-1]["at_stake_random"] == table[-1]["at_stake_revenue"] == pytest.approx(120.0)
    assert all(row["at_stake_low"] <= row["at_stake"] + 1e-9 for row in table)


def test_what_was_expected_then_goes_before_the_pace() -> None:
    rows = judged([0.5, 0.8, 0.5], [1, 1, 0], [100.0, 10.0, 0.0])
    expected = replace(rows, expected=np.array([1.0, 50.0, 0.0]))
    first = [
        build_contacts(each, "m", Churn(resamples=100)).to_pylist()[1] for each in (rows, expected)
    ]
    assert [row["at_stake"] for row in first] == [100.0, 10.0]
    assert first[1]["threshold"] == pytest.approx(50.0 * 0.8 / 0.2)


@pytest.mark.parametrize("name", ["knn", "tree", "hist_gradient_boosting"])
def test_a_sample_without_leavers_tells_nobody_apart(name: ChurnName) -> None:
    one = past()[0]
    rows = stack_rows([one], learn_encoding([one.table], ["score"]), 500, 1)
    stayed = replace(rows, left=np.zeros(len(rows)))
    logits = LEARNERS[name].fit(stayed, LEARNERS[name].defaults, 1).logits(rows.matrix)
    assert np.ptp(logits) == 0.0
    assert np.isfinite(logits).all()


@pytest.mark.parametrize(
    ("differences", "claim"),
    [
        ([-0.1, -0.1, -0.1], "unclaimed"),
        ([-0.1, -0.11, -0.09, -0.1], "beats"),
        ([-0.1, 0.11, -0.3, 0.05, -0.01], "beats_not"),
    ],
)
def test_the_date_is_the_unit_of_what_is_claimed(differences: list[float], claim: str) -> None:
    certain = Difference(-0.1, -0.12, -0.08)
    choice = ChampionChoice("spline_logistic", "logistic", {}, certain)
    assert choice.claim == "beats"
    learners = [LEARNERS["logistic"], LEARNERS["spline_logistic"], LEARNERS["lightgbm"]]
    proven = prove_over_dates(choice, np.array(differences), learners)
    assert (proven.claim, proven.dates) == (claim, len(differences))


@pytest.mark.parametrize(("certain", "champion"), [(True, "logistic"), (False, "spline_logistic")])
def test_a_learned_model_that_is_nearer_serves_where_it_need_not_be_certain(
    certain: bool, champion: str
) -> None:
    draws = np.random.default_rng(0).normal(0.5, 0.1, 200)
    panel = {
        "logistic": {"log_loss": np.r_[0.5, draws]},
        "spline_logistic": {"log_loss": np.r_[0.49, draws[::-1] - 0.01]},
    }
    learners = [LEARNERS["logistic"], LEARNERS["spline_logistic"]]
    choice = choose_champion(panel, learners, certain=certain)
    assert (choice.champion, choice.simple) == (champion, "logistic")
