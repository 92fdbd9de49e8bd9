"""The rule that picks a model, on customers whose truth is known."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from clientela.btyd import choice as choices
from clientela.btyd import gamma_gamma
from clientela.btyd.beta_geometric import BetaGeometric
from clientela.btyd.candidates import fit_all, fit_one
from clientela.btyd.choice import choose_model, compare_areas, subtract_area
from clientela.btyd.fit_table import build_fit_table, explain_note
from clientela.btyd.frame import Frame, Span
from clientela.btyd.past_dates import PastDate, choose_cuts, compute_level_factor, pair_snapshots
from clientela.btyd.simulate import SimulatedPurchases, simulate_purchases
from clientela.i18n import LANGS
from tests.btyd.shops import shop
from tests.conftest import ROOT

KNOWN, HORIZON = 280, 140
TRUTH = BetaGeometric(0.8, 20.0, 0.8, 2.0, modified=True)


@pytest.fixture(scope="module")
def made() -> SimulatedPurchases:
    born = np.floor(np.random.default_rng(1).random(1_500) * 90)
    return simulate_purchases(TRUTH, born, KNOWN + HORIZON, seed=5)


def pasts(made: SimulatedPurchases) -> list[PastDate]:
    return [
        PastDate(
            made.frame(KNOWN - span),
            made.between(KNOWN - span, KNOWN),
            Span.days(span),
            Span.days(KNOWN - span),
        )
        for span in choose_cuts(KNOWN, HORIZON)
    ]


def test_areas_are_shares_of_pairs_and_their_errors_the_bootstraps() -> None:
    rng = np.random.default_rng(2)
    bought = rng.random(300) < 0.3
    scores = np.stack([bought + rng.normal(0, s, 300) for s in (1.0, 1.5)]).round(1)
    found = compare_areas(scores, bought)
    for area, each in zip(found[0], scores, strict=True):
        ahead = np.sign(each[bought][:, None] - each[~bought])
        assert area == pytest.approx((ahead.mean() + 1) / 2)
    gains = []
    for _ in range(300):
        rows = rng.integers(0, 300, 300)
        again = compare_areas(scores[:, rows], bought[rows])[0]
        gains.append(again[0] - again[1])
    gain, error = subtract_area(*found, 0, 1)
    assert gain == found[0][0] - found[0][1]
    assert error == pytest.approx(np.std(gains), rel=0.15)
    equals = compare_areas(np.stack([scores[0], scores[0]]), bought)
    assert subtract_area(*equals, 0, 1) == (0.0, 0.0)


def test_the_first_cut_is_as_daring_as_the_forecast() -> None:
    spans = choose_cuts(400, 200)
    assert spans[0] / (400 - spans[0]) == pytest.approx(200 / 400, abs=0.01)
    assert spans == sorted(spans, reverse=True)
    assert choose_cuts(20, 90) == [] or min(choose_cuts(20, 90)) >= 14
    assert choose_cuts(0, 90) == []


def test_snapshots_pair_by_customer() -> None:
    early = {"customer_id": ["b", "a"], "purchase_days": [1, 2]}
    early |= {"tenure_days": [5, 9], "days_since_last": [5, 3]}
    late = {"customer_id": ["c", "a", "b"], "purchase_days": [1, 5, 1]}
    past = pair_snapshots(pa.table(early), pa.table(late), Span.days(30), Span.days(60))
    assert past.purchases.tolist() == [3.0, 0.0]
    assert past.frame.T.tolist() == [9.0, 5.0]
    assert past.proportion == 0.5


def test_a_model_near_the_truth_serves(made: SimulatedPurchases) -> None:
    frame, span = made.frame(KNOWN), Span.days(HORIZON)
    choice = choose_model(frame, pasts(made)[::2], proportion=HORIZON / KNOWN)
    assert choice.rule in ("likelihood", "order")
    expected = choice.model.expected_purchases(frame, span).sum()
    truth = TRUTH.expected_purchases(frame, span).sum()
    assert expected == pytest.approx(truth, rel=0.1)
    assert expected * choice.mean_factor == pytest.approx(truth, rel=0.2)
    names = [fit.model.name for fit in choice.fits]
    assert len(set(names)) == len(names) == 7
    assert set(choice.areas) <= set(names)


def test_the_choice_is_the_same_again_and_in_any_order(made: SimulatedPurchases) -> None:
    frame = made.frame(KNOWN)
    shuffled = frame.take(np.random.default_rng(3).permutation(len(frame)))
    one, other = choose_model(frame), choose_model(shuffled)
    assert one.model == other.model
    assert json.dumps(one.model.to_json()) == json.dumps(other.model.to_json())


def test_many_customers_are_sampled_by_rows(
    made: SimulatedPurchases, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = made.frame(KNOWN)
    monkeypatch.setattr(choices, "MOST_ROWS", 500)
    few = choose_model(frame)
    assert few.fits[0].customers < len(frame) / 2
    assert few.model.expected_purchases(frame, Span.days(90)).sum() == pytest.approx(
        TRUTH.expected_purchases(frame, Span.days(90)).sum(), rel=0.2
    )


def test_forecasts_that_fell_short_are_raised_and_thin_evidence_moves_little(
    made: SimulatedPurchases,
) -> None:
    frame = made.frame(KNOWN - 90)
    fit = fit_one("mbg_nbd", frame)
    expected = fit.model.expected_purchases(frame, Span.days(90)).sum()

    def seen(share: float, rows: int) -> PastDate:
        rng = np.random.default_rng(1)
        each = fit.model.expected_purchases(frame, Span.days(90))
        bought = rng.poisson(each * share).astype(float)
        kept = np.arange(0, len(frame), len(frame) // rows)
        return PastDate(frame.take(kept), bought[kept], Span.days(90), Span.days(KNOWN - 90))

    assert expected > 300
    asked = 90 / (KNOWN - 90)
    raised = compute_level_factor([fit], [seen(1.5, len(frame))], asked)
    assert 1.15 < raised < 1.5
    assert 1.0 < compute_level_factor([fit], [seen(1.5, len(frame))], asked / 4) < raised
    assert abs(np.log(compute_level_factor([fit], [seen(1.0, len(frame))], asked))) < 0.06
    assert 1.0 <= compute_level_factor([fit], [seen(1.5, 60)], asked) < raised
    assert compute_level_factor([], [], 1.0) == 1.0


def test_dates_that_tell_nothing_change_nothing(made: SimulatedPurchases) -> None:
    frame = made.frame(KNOWN)
    silent = PastDate(frame, np.zeros(len(frame)), Span.days(30), Span.days(KNOWN - 30))
    assert choose_model(frame, [silent]).mean_factor == 1.0
    assert choose_model(frame, [silent]).rule == "likelihood"


def test_every_figure_of_a_fit_is_told_in_both_languages(made: SimulatedPurchases) -> None:
    frame = made.frame(KNOWN)
    told = build_fit_table(choose_model(frame), gamma_gamma.fit_gamma_gamma(frame)).to_pylist()
    assert {row["model"] for row in told if row["chosen"]} >= {"gamma_gamma"}
    assert all(row["value"] is not None and np.isfinite(row["value"]) for row in told)
    assert all((row["note_en"] is None) == (row["note_pt_br"] is None) for row in told)
    spoken = [row for row in told if row["note_en"]]
    assert {row["chosen"] for row in spoken} >= {True}
    assert all(row["note_en"] or row["identified"] for row in told)
    assert all(row["note_en"] != row["note_pt_br"] for row in spoken)
    assert sum(row["parameter"] == "log_likelihood" for row in told) == 8


@pytest.mark.parametrize("lang", LANGS)
def test_every_note_has_its_sentence_and_every_sentence_its_note(lang: str) -> None:
    texts = json.loads((ROOT / f"src/clientela/locales/{lang}/clv.json").read_text("utf-8"))
    codes = {"told", "no_dropout", "not_told", "not_converged", "no_repeats", "alike", "no_spend"}
    assert {key.split(".")[2] for key in texts if key.startswith("clv.note.")} == codes
    for name in ("bg_nbd", "mbg_cnbd_3", "pareto_nbd", "nbd", "cnbd_2", "gamma_gamma"):
        for code in ["", *(codes - {"told"})]:
            assert "{" not in explain_note(code, name, lang)  # type: ignore[arg-type]


def test_models_are_fitted_by_name() -> None:
    ones = np.ones(3)
    frame = Frame(ones, ones, ones * 9, ones, "days")
    for name in ("nbd", "cnbd_2", "bg_nbd", "mbg_cnbd_4", "pareto_nbd"):
        assert fit_one(name, frame).model.name == name
    with pytest.raises(ValueError, match="no model"):
        fit_one("strange_nbd", frame)


@pytest.mark.parametrize("seed", [42, 1, 2])
def test_who_bought_once_may_have_left_and_the_chance_of_it_holds_in_a_shop(seed: int) -> None:
    """Half of those who bought once have left, which a model of the BG family cannot see."""
    frame, lives = shop(seed, day=283)
    model = choose_model(frame).model
    told, once = model.p_alive(frame), frame.frequency == 0.0
    assert told[once].mean() == pytest.approx(lives[once].mean(), abs=0.16)
    assert told.mean() == pytest.approx(lives.mean(), abs=0.08)
    assert compare_areas(told[None], lives)[0][0] > 0.78
    groups = np.array_split(np.argsort(told), 5)
    errors = [abs(told[rows].mean() - lives[rows].mean()) for rows in groups]
    assert np.mean(errors) < 0.08


def test_models_that_never_lose_whoever_bought_once_serve_where_no_other_is_told() -> None:
    frame = shop(42, day=283).frame
    fits = fit_all(*frame.distinct()[:2])
    family = {"bg_nbd", "bg_cnbd_2"}
    assert {fit.model.name for fit in fits if fit.identified} > family
    assert not {fit.model.name for fit in choices._list_candidates(fits)} & family
    untold = [replace(fit, identified=fit.model.name in {*family, "nbd"}) for fit in fits]
    assert {fit.model.name for fit in choices._list_candidates(untold)} == family
