"""Published figures on CDNOW, and the holdout that the rule is judged on once."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import rankdata

from clientela.btyd import beta_geometric, gamma_gamma, pareto_nbd
from clientela.btyd.choice import choose_model
from clientela.btyd.frame import Frame, Span
from tests.btyd import cdnow


@pytest.fixture(scope="module")
def days(data_dir: Path) -> cdnow.Days:
    return cdnow.read(data_dir)


@pytest.fixture(scope="module")
def frame(days: cdnow.Days) -> Frame:
    return cdnow.frame(days, cdnow.KNOWN)


def test_bg_nbd_is_that_of_fader_hardie_and_lee_2005(frame: Frame) -> None:
    fit = beta_geometric.fit_beta_geometric(frame)
    assert list(fit.model.parameters().values()) == pytest.approx(
        [0.243, 4.414, 0.793, 2.426], abs=5e-4
    )
    assert fit.log_likelihood == pytest.approx(-9582.429, abs=1e-3)
    assert fit.identified
    assert fit.customers == 2357


def test_pareto_nbd_is_that_of_fader_hardie_and_lee_2005(frame: Frame) -> None:
    fit = pareto_nbd.fit_pareto_nbd(frame)
    found = list(fit.model.parameters().values())
    assert found == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=5e-4)
    assert fit.log_likelihood == pytest.approx(-9594.976, abs=1e-3)


def test_gamma_gamma_is_that_of_fader_and_hardie_2013(frame: Frame) -> None:
    fit = gamma_gamma.fit_gamma_gamma(frame)
    assert list(fit.model.parameters().values()) == pytest.approx([6.25, 3.74, 15.44], abs=5e-3)
    assert fit.log_likelihood == pytest.approx(-4055.918, abs=1e-3)
    assert fit.customers == 946


def test_mbg_nbd_is_that_of_other_programs(frame: Frame) -> None:
    fit = beta_geometric.fit_beta_geometric(frame, modified=True)
    found = list(fit.model.parameters().values())
    assert found == pytest.approx([0.525, 6.183, 0.891, 1.614], abs=5e-4)
    assert fit.log_likelihood == pytest.approx(-9582.14, abs=5e-3)


@pytest.mark.slow
def test_the_model_that_the_rule_picks_holds_in_the_next_39_weeks(
    days: cdnow.Days, frame: Frame
) -> None:
    choice = choose_model(frame, cdnow.pasts(days))
    later = cdnow.past(days, cdnow.KNOWN, cdnow.END)
    expected = choice.model.expected_purchases(frame, later.span)
    active, ranks = later.purchases > 0, rankdata(choice.ordering(frame, later.span))
    yes, no = active.sum(), (~active).sum()
    assert later.purchases.sum() == 1882
    assert abs(expected.sum() * choice.mean_factor / 1882 - 1) <= 0.10
    median = choice.model.purchases_within(frame, later.span, [0.5])[:, 0]
    assert np.abs(median - later.purchases).mean() <= 0.755
    assert (ranks[active].sum() - yes * (yes + 1) / 2) / (yes * no) >= 0.779
    assert later.span == Span.days(273)
