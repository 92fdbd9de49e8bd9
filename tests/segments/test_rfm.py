from typing import get_args

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.config import PresetName
from clientela.segments.fit.rfm_breaks import fit_rfm
from clientela.segments.score.rfm import from_artifact
from tests.segments.crowd import AS_OF, customers

people = st.lists(
    st.tuples(st.integers(1, 9), st.floats(-50, 900), st.integers(0, 400)), min_size=1, max_size=30
)


def snapshot(drawn: list[tuple[int, float, int]]) -> pa.Table:
    orders, value, recency = zip(*drawn, strict=True)
    return customers(orders, value, recency, recency)


@pytest.mark.slow
@given(people, st.sampled_from(get_args(PresetName)))
def test_scores_are_the_same_alone_and_in_any_order(
    drawn: list[tuple[int, float, int]], preset: str
) -> None:
    everyone = snapshot(drawn)
    model = fit_rfm(everyone, preset, as_of=AS_OF, data_hash="x")
    batch, turned = model.score(everyone), model.score(everyone.take(np.arange(len(drawn))[::-1]))
    for number in range(len(drawn)):
        alone = model.score(everyone.slice(number, 1))
        assert alone.equals(batch.slice(number, 1))
        assert alone.equals(turned.slice(len(drawn) - 1 - number, 1))


@given(people, st.sampled_from(get_args(PresetName)))
def test_customers_who_buy_alike_score_alike(
    drawn: list[tuple[int, float, int]], preset: str
) -> None:
    everyone = snapshot(drawn * 2)
    scores = fit_rfm(everyone, preset, as_of=AS_OF, data_hash="x").score(everyone)
    assert scores.slice(0, len(drawn)).equals(scores.slice(len(drawn)))


def test_what_is_stored_comes_back_the_same() -> None:
    everyone = snapshot([(1, 10.0, 3), (4, 20.0, 90), (9, 15.0, 300)])
    model = fit_rfm(everyone, "shopify11", as_of=AS_OF, data_hash="x")
    back = from_artifact(model.artifact())
    assert back.card == model.card
    assert back.score(everyone).equals(model.score(everyone))
