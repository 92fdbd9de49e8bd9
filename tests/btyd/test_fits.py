"""Fits find what is known, with the errors they claim, and say what the data do not tell."""

import numpy as np
import pytest

from clientela.btyd import beta_geometric, gamma_gamma, nbd, pareto_nbd
from clientela.btyd.beta_geometric import BetaGeometric
from clientela.btyd.candidates import fit_dropout, fit_one
from clientela.btyd.choice import choose_model
from clientela.btyd.frame import Frame, Span
from clientela.btyd.gamma_gamma import GammaGammaLikelihood
from clientela.btyd.maximum_likelihood import Likelihood
from clientela.btyd.nbd import Nbd
from clientela.btyd.pareto_nbd import ParetoNbd, ParetoNbdLikelihood
from clientela.btyd.simulate import Simulable, simulate_purchases
from clientela.btyd.staged import StageLikelihood
from clientela.statistics.arrays import Doubles

YEAR = Span.days(365)


def frame_of(x: list[float], t_x: list[float], T: list[float], money: float = 0.0) -> Frame:
    paid = np.where(np.array(x) > 0, money, 0.0)
    return Frame(np.array(x), np.array(t_x), np.array(T), paid, "days")


def drawn(model: Simulable, customers: int = 1_500, seed: int = 1) -> Frame:
    born = np.floor(np.random.default_rng([seed, 2]).random(customers) * 100.0)
    return simulate_purchases(model, born, 300.0, seed).frame(300.0)


def likelihoods() -> list[Likelihood]:
    rng = np.random.default_rng(4)
    rows, counts, _ = drawn(BetaGeometric(0.5, 20.0, 0.8, 2.0), 200).distinct()
    staged = [
        StageLikelihood(rows, counts, k, modified=modified, dropout=dropout)
        for k in (1, 2, 4)
        for modified, dropout in ((False, True), (True, True), (False, False))
    ]
    spend = GammaGammaLikelihood(rng.integers(1, 9, 50).astype(float), rng.gamma(3.0, 20.0, 50))
    return [*staged, ParetoNbdLikelihood(rows, counts), spend]


@pytest.mark.parametrize("likelihood", likelihoods())
def test_gradients_are_those_of_differences(likelihood: Likelihood) -> None:
    rng = np.random.default_rng(9)
    for _ in range(3):
        theta = rng.normal(0.5, 1.0, len(likelihood.names))
        steps = np.eye(len(theta)) * 1e-5
        differences = [(likelihood(theta + s)[0] - likelihood(theta - s)[0]) / 2e-5 for s in steps]
        gradient = likelihood(theta)[1]
        assert gradient == pytest.approx(differences, rel=1e-5, abs=1e-4)


def test_one_stage_is_the_plain_model_and_no_dropout_is_its_limit() -> None:
    rows, counts, _ = drawn(BetaGeometric(0.5, 20.0, 0.8, 2.0), 200).distinct()
    theta = np.array([-0.3, 2.0, -11.0, 10.0])
    with_dropout = StageLikelihood(rows, counts)(theta)[0]
    without = StageLikelihood(rows, counts, dropout=False)(theta[:2])[0]
    assert with_dropout == pytest.approx(without, abs=1e-3)


def test_the_density_of_regular_purchases_sums_to_that_of_simulated_ones() -> None:
    """More stages may be told from fewer only where the densities are of the same thing."""
    for k in (1, 2, 3):
        frame = drawn(BetaGeometric(0.8, 10.0 / k, 0.6, 2.0, k=k), 3_000, seed=k)
        rows, counts, _ = frame.distinct()
        values = {
            other: beta_geometric.fit_beta_geometric(rows, counts, k=other).log_likelihood
            for other in (1, 2, 3)
        }
        assert max(values, key=lambda other: values[other]) == k


@pytest.mark.parametrize(
    "truth",
    [
        BetaGeometric(0.6, 15.0, 0.8, 2.0),
        BetaGeometric(0.9, 20.0, 0.9, 2.5, modified=True),
        BetaGeometric(0.8, 8.0, 0.8, 2.0, k=2, modified=True),
        ParetoNbd(0.8, 20.0, 0.7, 60.0),
        Nbd(0.6, 20.0),
    ],
    ids=lambda model: model.name,
)
def test_parameters_come_back_within_their_standard_errors(truth: Simulable) -> None:
    scores = []
    for seed in range(12):
        fit = fit_one(truth.name, drawn(truth, 800, seed))
        if fit.identified:
            found = fit.model.parameters()
            scores.append(
                [
                    np.log(found[name] / true) * found[name] / fit.standard_errors[name]
                    for name, true in truth.parameters().items()
                ]
            )
    z = np.array(scores)
    assert len(z) >= 10
    assert np.abs(z.mean(axis=0)).max() < 0.9  # its own standard error is 0.3
    assert (z.std(axis=0) > 0.5).all()
    assert (z.std(axis=0) < 1.6).all()


def test_dropout_that_is_not_there_is_not_told() -> None:
    frame = drawn(Nbd(0.7, 30.0))
    for fit in (
        beta_geometric.fit_beta_geometric(frame),
        beta_geometric.fit_beta_geometric(frame, modified=True),
        pareto_nbd.fit_pareto_nbd(frame),
    ):
        assert not fit.identified
        assert fit.note_code == "no_dropout"
    choice = choose_model(frame)
    assert choice.rule == "fallback"
    assert choice.notes == ("no_dropout",)
    assert choice.model.p_alive(frame).min() == 1.0


DEGENERATE = {
    "nobody": frame_of([], [], []),
    "one customer": frame_of([3.0], [50.0], [60.0]),
    "ten, none of whom came back": frame_of([0.0] * 10, [0.0] * 10, [30.0] * 10),
    "all bought first today": frame_of([0.0] * 20, [0.0] * 20, [0.0] * 20),
    "all alike": frame_of([4.0] * 50, [40.0] * 50, [50.0] * 50),
    "one buys daily": frame_of([0.0] * 9 + [364.0], [0.0] * 9 + [364.0], [365.0] * 10),
    "every second day to the last": frame_of([182.0] * 30, [364.0] * 30, [364.0] * 30),
    "gone at once": frame_of([1.0] * 40, [1.0] * 40, [900.0] * 40),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_customers_give_finite_forecasts(case: str) -> None:
    frame = DEGENERATE[case]
    choice = choose_model(frame)
    model = choice.model
    assert all(np.isfinite(fit.log_likelihood) for fit in choice.fits)
    assert np.isfinite(list(model.parameters().values())).all()
    found: list[Doubles] = [
        model.p_alive(frame),
        model.expected_purchases(frame, YEAR),
        model.p_no_purchase(frame, YEAR),
        model.purchases_within(frame, YEAR, [0.1, 0.5, 0.9]),
    ]
    assert all(np.isfinite(each).all() for each in found)
    assert not np.isnan(model.next_order(frame, [0.1, 0.5, 0.9])).any()
    if case in ("nobody", "ten, none of whom came back", "all bought first today"):
        assert choice.notes == ("no_repeats",)


def test_customers_who_are_all_alike_buy_at_the_common_rate() -> None:
    fit = nbd.fit_nbd(DEGENERATE["all alike"])
    assert fit.note_code == "alike"
    frame = DEGENERATE["all alike"]
    assert fit.model.expected_purchases(frame, Span.days(50)) == pytest.approx(4.0, rel=1e-3)


def test_spend_that_is_not_told_is_the_mean() -> None:
    same = frame_of([2.0] * 30, [20.0] * 30, [50.0] * 30, money=25.0)
    fit = gamma_gamma.fit_gamma_gamma(same)
    assert not fit.identified
    assert fit.model.expected_spend(same) == pytest.approx(25.0, rel=1e-6)
    none = gamma_gamma.fit_gamma_gamma(DEGENERATE["ten, none of whom came back"])
    assert none.note_code == "no_spend"
    assert (none.model.expected_spend(DEGENERATE["ten, none of whom came back"]) == 0.0).all()
    owing = frame_of([2.0] * 5, [20.0] * 5, [50.0] * 5, money=-3.0)
    assert gamma_gamma.fit_gamma_gamma(owing).note_code == "no_spend"


def test_spend_comes_back() -> None:
    rng = np.random.default_rng(6)
    x = rng.integers(1, 8, 3_000).astype(float)
    rate = rng.gamma(4.0, 1.0 / 15.0, len(x))
    mean = rng.gamma(6.0 * x) / rate / x
    frame = Frame(x, x, x * 9, mean, "weeks")
    fit = gamma_gamma.fit_gamma_gamma(frame)
    for (name, found), truth in zip(fit.model.parameters().items(), (6.0, 4.0, 15.0), strict=True):
        assert abs(found - truth) < 3 * fit.standard_errors[name]


def test_dropout_alike_for_all_is_kept_though_its_spread_is_not_told() -> None:
    alike = drawn(BetaGeometric(2.5, 22.0, 194.0, 6_428.0, modified=True), 250)
    assert not fit_one("mbg_nbd", alike).identified
    kept = fit_dropout(alike)
    assert isinstance(kept, BetaGeometric)
    assert kept.a / (kept.a + kept.b) == pytest.approx(0.03, rel=0.2)


def test_without_dropout_the_model_without_it_is_fitted() -> None:
    assert isinstance(fit_dropout(drawn(Nbd(2.5, 22.0), 250)), Nbd)
