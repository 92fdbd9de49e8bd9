import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.config import parse_settings
from clientela.errors import ConfigError
from clientela.segments.fit.rfm_breaks import compute_quantile_breaks, explain_refit, fit_rfm
from clientela.segments.score.rfm import from_artifact, score_by_breaks
from tests.segments.crowd import AS_OF, customers, grouped

numbers = st.lists(st.integers(-3, 8), min_size=1, max_size=50)


@given(numbers, st.sampled_from([3, 5]))
def test_equal_values_score_alike_and_higher_values_never_lower(
    drawn: list[int], levels: int
) -> None:
    values = np.array(drawn, dtype=np.float64)
    scores = score_by_breaks(values, compute_quantile_breaks(values, levels))
    ordered = scores[np.argsort(values)]
    assert (np.diff(ordered) >= 0).all()
    assert all(len(set(scores[values == value])) == 1 for value in values)
    assert set(scores) <= set(range(1, levels + 1))


@given(numbers, st.sampled_from([3, 5]))
def test_a_score_is_the_mid_rank_cut_into_levels(drawn: list[int], levels: int) -> None:
    values = np.array(drawn, dtype=np.float64)
    scores = score_by_breaks(values, compute_quantile_breaks(values, levels))
    for value, score in zip(drawn, scores, strict=True):
        doubled = sum(other < value for other in drawn) + sum(other <= value for other in drawn)
        assert score == 1 + doubled * levels // (2 * len(drawn))


def test_without_ties_each_score_has_its_fifth() -> None:
    values = np.random.default_rng(1).permutation(100).astype(np.float64)
    assert (
        np.bincount(score_by_breaks(values, compute_quantile_breaks(values, 5)))[1:].tolist()
        == [20] * 5
    )


def test_recent_buyers_score_high_and_ids_do_not_decide() -> None:
    snapshot = customers([1, 1, 1, 9], [10.0] * 4, [300, 5, 5, 5], [300, 5, 5, 5])
    scores = fit_rfm(snapshot, "putler10", as_of=AS_OF, data_hash="x").score(snapshot)
    assert scores["r_score"].to_pylist() == [1, 4, 4, 4]
    assert scores["f_score"].to_pylist() == [2, 2, 2, 5]


def test_klaviyo_counts_recency_in_fixed_days() -> None:
    snapshot = customers([1] * 4, [10.0] * 4, [180, 181, 365, 366], [400] * 4)
    model = fit_rfm(snapshot, "klaviyo6", as_of=AS_OF, data_hash="x")
    assert model.score(snapshot)["r_score"].to_pylist() == [3, 2, 2, 1]


@pytest.mark.parametrize("count", [0, 1])
def test_few_customers_are_scored_too(count: int) -> None:
    snapshot = grouped(each=1)[0].slice(0, count)
    scores = fit_rfm(snapshot, "shopify11", as_of=dt.date(2011, 1, 1), data_hash="x").score(
        snapshot
    )
    assert scores["m_score"].to_pylist() == [3] * count


def test_stored_scores_serve_until_another_preset_is_chosen() -> None:
    snapshot, _ = grouped(each=5)
    model = fit_rfm(snapshot, "putler10", as_of=AS_OF, data_hash="x")
    assert explain_refit(model, "putler10") is None
    assert explain_refit(model, "putler10", forced=True) == "a refit was asked for"
    assert explain_refit(model, "klaviyo6") == (
        "settings changed: rfm_preset from putler10 to klaviyo6"
    )


def test_own_limits_take_the_place_of_quantiles_and_the_days_count_from_the_best() -> None:
    snapshot = pa.table(
        {
            "days_since_last": [0, 30, 31, 400],
            "orders": [1, 2, 5, 40],
            "revenue": [5.0, 50.0, 99.0, 100.0],
        }
    )
    cuts = {"days_since_last": (30.0, 90.0), "orders": (2.0, 5.0), "revenue": (50.0, 100.0)}
    model = fit_rfm(snapshot, "klaviyo6", as_of=AS_OF, data_hash="x", cuts=cuts, levels=10)
    scores = from_artifact(model.artifact()).score(snapshot)
    assert scores["r_score"].to_pylist() == [3, 3, 2, 1]
    assert scores["f_score"].to_pylist() == [1, 2, 3, 3]
    assert scores["m_score"].to_pylist() == [1, 2, 2, 3]
    assert scores["m_score_fine"].to_pylist() == [2, 4, 7, 9]
    assert explain_refit(model, "klaviyo6", cuts=cuts, levels=10) is None
    changed = "settings changed: rfm_cuts or rfm_levels"
    assert explain_refit(model, "klaviyo6", cuts=cuts) == changed
    assert explain_refit(model, "klaviyo6", levels=10) == changed
    with pytest.raises(ConfigError, match="2 limits, and putler10 has scores from 1 to 5"):
        fit_rfm(snapshot, "putler10", as_of=AS_OF, data_hash="x", cuts=cuts)


def test_limits_that_do_not_rise_are_refused() -> None:
    with pytest.raises(ConfigError, match="do not rise"):
        parse_settings({"segments": {"rfm_cuts": {"orders": [5, 2]}}})
