"""What the models foretell, against closed forms, integrals, and customers whose truth is known."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import hyp2f1

from clientela.btyd import counts
from clientela.btyd.beta_geometric import BetaGeometric
from clientela.btyd.candidates import load_purchase_model
from clientela.btyd.frame import Frame, Span
from clientela.btyd.model import compute_clv
from clientela.btyd.nbd import Nbd
from clientela.btyd.pareto_nbd import ParetoNbd, integrate_lapse
from clientela.btyd.simulate import Simulable, simulate_purchases
from clientela.btyd.staged import StageModel
from clientela.errors import ArtifactError
from clientela.statistics.arrays import Doubles

MODELS: list[Simulable] = [
    BetaGeometric(0.243, 4.414, 0.793, 2.426, unit="weeks"),
    BetaGeometric(0.525, 6.183, 0.891, 1.614, modified=True, unit="weeks"),
    BetaGeometric(0.58, 2.288, 1.134, 1.585, k=2, unit="weeks"),
    BetaGeometric(0.8, 1.2, 0.4, 2.0, k=4, modified=True, unit="weeks"),
    ParetoNbd(0.553, 10.578, 0.606, 11.669, unit="weeks"),
    ParetoNbd(1.5, 3.0, 2.5, 60.0, unit="weeks"),
    Nbd(0.385, 12.07, unit="weeks"),
    Nbd(0.7, 3.0, k=3, unit="weeks"),
]
IDS = [f"{model.name}-{position}" for position, model in enumerate(MODELS)]
STRESS = ([221.0, 254, 161, 204], [103.43, 97.14, 94.71, 98.57], [103.57, 97.29, 98.0, 99.43])
AHEAD = Span.weeks(26)


def frame_of(
    x: Doubles | list[float], t_x: Doubles | list[float], T: Doubles | list[float]
) -> Frame:
    x, t_x, T = (np.asarray(each, dtype=np.float64) for each in (x, t_x, T))
    return Frame(x, t_x, T, np.zeros(len(x)), "weeks")


def mixed(rows: int = 300) -> Frame:
    rng = np.random.default_rng(5)
    T = rng.integers(0, 60, rows).astype(float)
    x = np.where(T > 0, rng.poisson(rng.gamma(0.5, 6.0, rows)), 0.0)
    return frame_of(x, np.where(x > 0, np.ceil(T * rng.random(rows)), 0.0), T)


@pytest.mark.parametrize(
    "model",
    [
        BetaGeometric(0.5143, 2.8845, 0.2856, 14.1087, k=k, modified=modified, unit="weeks")
        for k in (1, 3)
        for modified in (False, True)
    ]
    + [ParetoNbd(0.5143, 2.8845, 0.2856, 14.1087, unit="weeks"), Nbd(0.5, 3.0, unit="weeks")],
)
def test_frequent_buyers_that_overflow_elsewhere_stay_finite(model: Simulable) -> None:
    frame = frame_of(*STRESS)
    alive, none = model.p_alive(frame), model.p_no_purchase(frame, AHEAD)
    expected = model.expected_purchases(frame, AHEAD)
    assert ((alive >= 0) & (alive <= 1) & (none >= 0) & (none <= 1)).all()
    assert np.isfinite(expected).all()
    most = (model.k if isinstance(model, BetaGeometric) else 1) == 1
    if most:  # long silent for a customer who bought every three days, yet likelier alive than not
        assert 0.5 < alive[2] <= alive[3] <= 1.0
    rate = frame.frequency / (2.8845 + frame.T)
    assert expected == pytest.approx(alive * rate * 26, rel=0.08)


def test_expected_purchases_of_bg_nbd_are_the_papers() -> None:
    m = BetaGeometric(0.243, 4.414, 0.793, 2.426, unit="weeks")
    f = frame_of([2, 0, 5, 20, 1], [30.43, 0, 20, 35, 1], [38.86, 38.86, 30, 36, 30])
    z = 26 / (m.alpha + f.T + 26)
    shape = m.r + f.frequency
    series = hyp2f1(shape, m.b + f.frequency, m.a + m.b + f.frequency - 1, z)
    paper = (m.a + m.b + f.frequency - 1) / (m.a - 1) * (1 - (1 - z) ** shape * series)
    assert m.expected_purchases(f, AHEAD) == pytest.approx(paper * m.p_alive(f), rel=1e-9)
    assert m.expected_purchases(f, Span.weeks(39))[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize("x", [0, 1, 7, 60, 220])
@pytest.mark.parametrize(
    ("r", "alpha", "s", "beta"),
    [
        (0.55, 10.6, 0.61, 11.7),
        (0.5, 2.9, 0.3, 14.1),
        (3.0, 200.0, 8.0, 2.0),
        (0.1, 0.5, 40.0, 9e3),
    ],
)
def test_the_time_of_dropout_is_integrated_well(
    x: float, r: float, alpha: float, s: float, beta: float
) -> None:
    t_x, T = (0.0 if x == 0 else 20.0), 39.0
    log_total, means = integrate_lapse(frame_of([x], [t_x], [T]), r, alpha, s, beta)

    def scaled(u: float) -> float:
        return float(
            ((alpha + u) / (alpha + t_x)) ** -(r + x) * ((beta + u) / (beta + t_x)) ** -(s + 1)
        )

    exact = quad(scaled, t_x, T, epsabs=0, epsrel=1e-11, limit=500, points=[t_x + 0.1, t_x + 1])[0]
    scale = -(r + x) * np.log(alpha + t_x) - (s + 1) * np.log(beta + t_x)
    assert log_total[0] == pytest.approx(np.log(exact) + scale, abs=1e-8)
    mean = quad(
        lambda u: scaled(u) / (alpha + u), t_x, T, epsabs=0, epsrel=1e-10, points=[t_x + 1]
    )[0]
    assert means[2][0] == pytest.approx(mean / exact, rel=1e-7)


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_chances_agree_with_each_other(model: Simulable) -> None:
    frame = mixed(60)
    none = model.p_no_purchase(frame, AHEAD)
    tails = [model.p_at_least(frame, AHEAD, np.full(len(frame), y)) for y in np.arange(400.0)]
    assert none == pytest.approx(1 - tails[1], abs=1e-12)
    assert model.expected_purchases(frame, AHEAD) == pytest.approx(
        np.sum(tails[1:], axis=0), rel=1e-5
    )
    levels = [0.1, 0.5, 0.9]
    counts = model.purchases_within(frame, AHEAD, levels)
    for level, count in zip(levels, counts.T, strict=True):
        assert (1 - model.p_at_least(frame, AHEAD, count + 1) >= level - 1e-9).all()
        assert (1 - model.p_at_least(frame, AHEAD, count) <= level + 1e-9)[count > 0].all()


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_the_next_orders_date_is_the_time_that_leaves_its_share_waiting(model: Simulable) -> None:
    frame = mixed(40)
    waits = model.next_order(frame, [0.1, 0.5, 0.9])
    assert (waits[:, 1:] >= waits[:, :-1]).all()
    for row in range(0, 40, 5):
        one = frame.take(np.array([row]))
        for level, days in zip([0.1, 0.5, 0.9], waits[row], strict=True):
            if np.isfinite(days):
                waiting = model.p_no_purchase(one, Span.days(days))
                assert waiting == pytest.approx(1 - level, abs=1e-4)
            else:
                assert model.p_no_purchase(one, Span.days(36_525)) >= 1 - level - 1e-6


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_simulated_customers_do_what_was_foretold(model: Simulable) -> None:
    rng = np.random.default_rng(3)
    ahead = AHEAD.to("weeks")
    made = simulate_purchases(model, rng.random(12_000) * 30, 40 + ahead, seed=11)
    frame, bought = made.frame(40), made.between(40, 40 + ahead)
    error = bought.std() / np.sqrt(len(bought))
    assert model.expected_purchases(frame, AHEAD).mean() == pytest.approx(
        bought.mean(), abs=4 * error
    )
    alive = model.p_alive(frame)
    for low, high in [(0, 0.3), (0.3, 0.6), (0.6, 0.9), (0.9, 1.01)]:
        those = (alive >= low) & (alive < high)
        if those.sum() > 100:
            assert made.alive(40)[those].mean() == pytest.approx(alive[those].mean(), abs=0.06)
    assert model.p_no_purchase(frame, AHEAD).mean() == pytest.approx((bought == 0).mean(), abs=0.02)
    above, beyond = (model.p_at_least(frame, AHEAD, bought + more) for more in (0.0, 1.0))
    place = 1 - above + rng.random(len(frame)) * (above - beyond)
    assert ((place > 0.1) & (place < 0.9)).mean() == pytest.approx(0.8, abs=0.015)


def test_a_customer_foretells_alone_as_among_others() -> None:
    frame = mixed(200)
    for model in MODELS:
        together = model.expected_purchases(frame, AHEAD)
        alone = [
            model.expected_purchases(frame.take(np.array([row])), AHEAD)[0]
            for row in range(0, 200, 20)
        ]
        assert together[::20] == pytest.approx(alone, rel=1e-12)


def test_very_frequent_buyers_are_counted_to_the_end() -> None:
    frame = frame_of([3000, 500, 40], [719, 309.5, 30], [720, 310, 31])
    model = BetaGeometric(0.5, 3.0, 1e-4, 14.0, unit="weeks")
    expected = model.expected_purchases(frame, Span.weeks(700))
    plain = Nbd(0.5, 3.0, unit="weeks").expected_purchases(frame, Span.weeks(700))
    assert expected == pytest.approx(plain, rel=0.01)
    assert (expected < plain).all()
    counts = model.purchases_within(frame, Span.weeks(700), [0.5])[:, 0]
    assert counts == pytest.approx(plain, rel=0.02)


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_models_survive_storage(model: Simulable) -> None:
    assert load_purchase_model(model.to_json()) == model


@pytest.mark.parametrize("payload", [{}, {"family": "Strange"}, {"family": "Nbd", "r": 1.0}])
def test_a_damaged_model_is_told(payload: dict[str, object]) -> None:
    with pytest.raises(ArtifactError, match="does not hold together"):
        load_purchase_model(payload)


def test_lifetime_value_discounts_later_money() -> None:
    frame, spend = mixed(50), np.full(50, 20.0)
    year = Span.days(365.25)
    model = MODELS[4]
    undiscounted = compute_clv(model, frame, spend, year, 0.0)
    assert undiscounted == pytest.approx(20 * model.expected_purchases(frame, year))
    at_ten = compute_clv(model, frame, spend, year, 0.10)
    assert (at_ten <= undiscounted).all()
    assert (at_ten >= undiscounted * 1.1**-0.5 * 0.999).all()  # later purchases are the fewer ones


def test_one_customer_is_foretold_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A live score is of one row, whose cost is the number of steps and not their size."""
    steps: list[int] = []
    bought, run = StageModel._share_bought, counts._run

    def counted(self: StageModel, *given: Doubles) -> tuple[Doubles, Doubles]:
        steps.append(1)
        return bought(self, *given)

    def counted_run(into: np.ufunc, first: Doubles, by: Doubles) -> Doubles:
        steps.append(1)
        return run(into, first, by)

    monkeypatch.setattr(StageModel, "_share_bought", counted)
    monkeypatch.setattr(counts, "_run", counted_run)
    model = BetaGeometric(0.9, 31.0, 0.15, 1.9, k=2, modified=True, unit="weeks")
    for x, t_x, T in ((0.0, 0.0, 30.0), (4.0, 25.0, 40.0), (30.0, 38.0, 39.0)):
        frame = frame_of([x], [t_x], [T])
        waits = model.next_order(frame, [0.1, 0.5, 0.9])[0]
        model.expected_purchases(frame, AHEAD)
        known = np.isfinite(waits)
        for level, wait in zip(np.array([0.1, 0.5, 0.9])[known], waits[known], strict=True):
            buys = 1.0 - model.p_no_purchase(frame, Span.days(float(wait)))[0]
            assert buys == pytest.approx(level, rel=1e-9)
    assert 0 < len(steps) < 150
