"""Every preset is a partition: each combination of scores belongs to one segment."""

from itertools import product
from typing import get_args

import msgspec
import numpy as np
import pytest

from clientela.config import PresetName
from clientela.errors import ClientelaError
from clientela.i18n import LANGS, Lang, t
from clientela.segments.score.rfm import load_preset

PRESETS = get_args(PresetName)
OUTSIDE = {"shopify11": {"prospects"}}  # buyers never belong to it


@pytest.mark.parametrize("name", PRESETS)
def test_each_combination_of_scores_has_exactly_one_segment(name: str) -> None:
    chosen = load_preset(name)
    named = [cell for segment in chosen.segments for cell in chosen.cells(segment)]
    grid = list(product(range(1, chosen.levels + 1), repeat=3))
    assert sorted(named) == grid


@pytest.mark.parametrize("name", PRESETS)
def test_each_segment_can_be_reached(name: str) -> None:
    chosen = load_preset(name)
    reached = {chosen.keys[number] for number in np.unique(chosen.board())}
    assert set(chosen.keys) - reached == OUTSIDE.get(name, set())


@pytest.mark.parametrize(("name", "count"), [("putler10", 10), ("shopify11", 11), ("klaviyo6", 6)])
def test_there_are_as_many_segments_as_the_name_says(name: str, count: int) -> None:
    assert len(set(load_preset(name).keys)) == count


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("lang", LANGS)
def test_names_of_a_preset_are_unique_in_every_language(name: str, lang: Lang) -> None:
    keys = load_preset(name).keys
    assert len({t(f"rfm.{name}.{key}", lang) for key in keys}) == len(keys)


@pytest.mark.parametrize(
    ("name", "score", "key"),
    [
        ("putler10", "555", "champions"),
        ("putler10", "554", "champions"),  # a mean of 4.5 lies in the upper tile
        ("putler10", "544", "loyal"),
        ("putler10", "155", "cant_lose"),
        ("putler10", "255", "at_risk"),
        ("putler10", "511", "new"),
        ("putler10", "111", "hibernating"),
        ("shopify11", "554", "champions"),  # the whole part of 4.5
        ("shopify11", "543", "active"),
        ("shopify11", "255", "previously_loyal"),
        ("shopify11", "311", "almost_lost"),
        ("klaviyo6", "323", "champions"),
        ("klaviyo6", "313", "recent"),
        ("klaviyo6", "123", "needs_attention"),
        ("klaviyo6", "121", "inactive"),
    ],
)
def test_scores_fall_where_the_vendor_puts_them(name: str, score: str, key: str) -> None:
    chosen = load_preset(name)
    r, f, m = (int(digit) - 1 for digit in score)
    assert chosen.keys[chosen.board()[r, f, m]] == key


def test_a_gap_and_an_overlap_are_refused() -> None:
    chosen = load_preset("klaviyo6")
    first, *rest = chosen.segments
    gap = msgspec.structs.replace(chosen, segments=tuple(rest))
    overlap = msgspec.structs.replace(chosen, segments=(first, first, *rest))
    with pytest.raises(ClientelaError, match="has no segment"):
        gap.board()
    with pytest.raises(ClientelaError, match="share a score"):
        overlap.board()
