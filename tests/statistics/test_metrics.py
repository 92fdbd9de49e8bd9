import numpy as np
import pytest
from sklearn import metrics as known

from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import interval
from clientela.statistics.calibration import assign_bins, simulate_perfect_ece
from clientela.statistics.panel import METRICS, Owners, measure_models
from clientela.statistics.ranking import rank_rows, roc_auc

ROWS = 600


@pytest.fixture(scope="module")
def chance() -> Doubles:
    return np.random.default_rng(3).beta(2.0, 3.0, ROWS).round(2)  # rounded, so that many tie


@pytest.fixture(scope="module")
def left(chance: Doubles) -> Doubles:
    return (np.random.default_rng(4).random(ROWS) < chance).astype(np.float64)


@pytest.fixture(scope="module")
def measured(chance: Doubles, left: Doubles) -> dict[str, Doubles]:
    return measure({"m": chance}, left, np.arange(ROWS), 400, 7)


def measure(
    chances: dict[str, Doubles], left: Doubles, customers: Owners, resamples: int, seed: int
) -> dict[str, Doubles]:
    """Measure the model ``m`` with a threshold of 0.4."""
    panel = measure_models(chances, left, customers, threshold=0.4, resamples=resamples, seed=seed)
    return panel["m"]


def test_figures_are_those_of_scikit_learn(
    measured: dict[str, Doubles], chance: Doubles, left: Doubles
) -> None:
    called = chance >= 0.4
    expected = {
        "roc_auc": known.roc_auc_score(left, chance),
        "pr_auc": known.average_precision_score(left, chance),
        "log_loss": known.log_loss(left, chance),
        "brier": known.brier_score_loss(left, chance),
        "accuracy": known.accuracy_score(left, called),
        "precision": known.precision_score(left, called),
        "recall": known.recall_score(left, called),
        "f1": known.f1_score(left, called),
    }
    assert {name: measured[name][0] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_every_metric_has_a_value_for_each_resample(measured: dict[str, Doubles]) -> None:
    assert list(measured) == list(METRICS)
    assert all(values.shape == (401,) and np.isfinite(values).all() for values in measured.values())


def test_spread_of_the_auc_is_that_of_delong(
    measured: dict[str, Doubles], chance: Doubles, left: Doubles
) -> None:
    leavers, stayers = chance[left > 0], chance[left == 0]
    above = (leavers[:, None] > stayers) + 0.5 * (leavers[:, None] == stayers)
    variance = above.mean(axis=1).var(ddof=1) / len(leavers)
    variance += above.mean(axis=0).var(ddof=1) / len(stayers)
    assert measured["roc_auc"][1:].std() == pytest.approx(variance**0.5, rel=0.15)


def test_rows_of_one_customer_are_drawn_together(chance: Doubles, left: Doubles) -> None:
    rows = np.arange(ROWS)
    once = measure({"m": chance}, left, rows, 200, 1)["log_loss"]
    twice = measure({"m": np.r_[chance, chance]}, np.r_[left, left], np.r_[rows, rows], 200, 1)[
        "log_loss"
    ]
    assert twice == pytest.approx(once)


def test_equal_scores_tell_nothing() -> None:
    left = np.array([1.0, 0.0, 0.0, 1.0])
    assert roc_auc(*rank_rows(np.full(4, 0.3), left))[0] == 0.5


def test_one_class_has_no_auc() -> None:
    assert np.isnan(roc_auc(*rank_rows(np.array([0.1, 0.2]), np.ones(2)))[0])


def test_areas_leave_the_ranking_as_it_was() -> None:
    ranking = np.array([[1.0, 0.0, 1.0]]), np.array([[0.0, 1.0, 0.0]])
    assert roc_auc(*ranking)[0] == roc_auc(*ranking)[0] == 0.5


def test_ece_of_a_model_twice_too_sure(left: Doubles) -> None:
    sure = {"m": np.full(ROWS, left.mean() + 0.2)}
    far = measure(sure, left, np.arange(ROWS), 100, 0)["ece"][0]
    assert far == pytest.approx(0.2)


def test_bins_hold_equal_mass_and_keep_ties_together(chance: Doubles) -> None:
    member = assign_bins(chance)
    assert all(len(set(member[chance == value])) == 1 for value in np.unique(chance))
    assert np.bincount(assign_bins(np.random.default_rng(0).random(1000))).tolist() == [100] * 10


def test_a_perfect_model_shows_an_error_that_falls_with_its_customers() -> None:
    few = np.random.default_rng(0).random(200)
    many = np.random.default_rng(0).random(20_000)
    small, large = (simulate_perfect_ece(one, np.arange(len(one)), 1) for one in (few, many))
    assert small[1] < small[0] < small[2]
    assert small[0] / large[0] == pytest.approx(10.0, rel=0.25)


def test_no_value_has_no_interval() -> None:
    assert np.isnan(interval(np.array([np.nan]))).all()
