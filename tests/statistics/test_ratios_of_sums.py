"""Ratios of sums: the level kept with rare returns, real differences found, too few told."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from clientela.config import Programme
from clientela.hypotheses import Hypothesis
from clientela.hypotheses.compare import compare_groups
from clientela.hypotheses.outcomes import Outcome
from clientela.hypotheses.table import decide_verdict, write_sentence
from clientela.statistics.arrays import Mask
from clientela.statistics.significance import compute_ratio_p_value

FEWER = Hypothesis(
    key="k",
    text_en="x",
    text_pt_br="x",
    compare="ratio_of_means",
    measure="returned_share",
    relation="<=",
    threshold=0.9,
)


def returns(rng: np.random.Generator, customers: int, share: float, amount: float = 1.0) -> Any:
    """Give what customers returned and bought; ``share`` of them return a part of it."""
    bought = rng.lognormal(0, 1, customers)
    back = bought * (rng.random(customers) < share) * rng.beta(1, 3, customers) * amount
    return np.column_stack([back, bought])


def parts(members: Any, rest: Any) -> tuple[Mask, dict[Any, Outcome]]:
    every = np.concatenate([members, rest])
    chosen = np.arange(len(every)) < len(members)
    return chosen, {"returned_share": (every[:, 0], every[:, 1])}


@pytest.mark.slow
@pytest.mark.parametrize("richer", [1.0, 5.0], ids=["alike", "richer"])
@pytest.mark.parametrize("sign", [-1.0, 1.0], ids=["<=", ">="])
@pytest.mark.parametrize(("rest", "members", "share"), [(400, 40, 0.2), (3500, 350, 0.25)])
def test_ratios_of_rare_returns_keep_the_level_at_the_boundary(
    rest: int, members: int, share: float, sign: float, richer: float
) -> None:
    """Members return exactly nine tenths of what the rest do."""
    rng, false, turned = np.random.default_rng(3), 0, np.array([sign, 1.0])
    for _ in range(300):
        mine = returns(rng, members, share, 0.9) * richer
        theirs = returns(rng, rest, share)
        false += compute_ratio_p_value(mine * turned, theirs * turned, 0.9, 199, rng) < 0.05
    assert false / 300 <= 0.07


@pytest.mark.slow
def test_members_who_return_far_less_are_found() -> None:
    rng, found = np.random.default_rng(4), 0
    for _ in range(40):
        groups = parts(returns(rng, 350, 0.25, 0.4), returns(rng, 3500, 0.25))
        (one,) = compare_groups(*groups, [FEWER], Programme(resamples=199))
        assert one.test == "permutation"
        assert one.low < one.effect < one.high
        found += one.p_value < 0.05
    assert found / 40 > 0.9


@pytest.mark.slow
def test_the_interval_covers_a_planted_ratio_of_sums() -> None:
    rng, inside = np.random.default_rng(5), 0
    for _ in range(120):
        groups = parts(returns(rng, 350, 0.25, 0.6), returns(rng, 3500, 0.25))
        (one,) = compare_groups(*groups, [FEWER], Programme(resamples=199))
        inside += one.low <= 0.6 <= one.high
    assert inside / 120 > 0.88


def test_blocks_hardly_change_the_p_value_of_a_large_firm() -> None:
    rng = np.random.default_rng(6)
    mine, theirs = returns(rng, 3000, 0.25, 0.95), returns(rng, 30_000, 0.25)
    least = [compute_ratio_p_value(mine, theirs, threshold, 999, rng) for threshold in (0.9, 2.0)]
    turned = np.array([-1.0, 1.0])
    most = [
        compute_ratio_p_value(mine * turned, theirs * turned, each, 999, rng) for each in (0.9, 2.0)
    ]
    assert least[0] + most[0] == pytest.approx(1, abs=0.05)
    assert (least[1], most[1]) == (1.0, 0.001)


@pytest.mark.parametrize("few", ["members", "rest"])
def test_fewer_than_ten_who_returned_are_not_measured_and_told_so(few: str) -> None:
    rng = np.random.default_rng(7)
    mine, theirs = returns(rng, 200, 1.0), returns(rng, 900, 1.0)
    (mine if few == "members" else theirs)[9:, 0] = 0.0
    (one,) = compare_groups(*parts(mine, theirs), [FEWER], Programme(resamples=199))
    assert not one.measurable
    day = dt.date(2011, 10, 2)
    assert decide_verdict(None) == "not_measurable"
    assert "fewer than 10 of the members" in write_sentence(FEWER, one, None, (day, day), "en")
    assert "menos de 10 dos membros" in write_sentence(FEWER, one, None, (day, day), "pt_BR")
