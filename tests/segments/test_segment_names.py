import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from clientela.i18n import LANGS, t
from clientela.segments.describe.segment_names import (
    ARCHETYPES,
    FEATURES,
    NEW_DAYS,
    Place,
    choose_names,
    rank_medians,
)

ranks = st.fixed_dictionaries(dict.fromkeys(FEATURES, st.floats(0, 1)))
segments = st.lists(st.tuples(ranks, st.booleans()), min_size=2, max_size=20)


@given(segments)
def test_names_are_unique_and_claim_only_what_holds(drawn: list[Place]) -> None:
    given_names = choose_names(drawn)
    claims = {archetype.key: archetype for archetype in ARCHETYPES}
    assert len(set(given_names)) == len(drawn)
    for (segment_ranks, once), name in zip(drawn, given_names, strict=True):
        if not name.startswith("group."):
            assert claims[name].once in (None, once)
            for rank, (least, most) in claims[name].claims.items():
                assert least <= segment_ranks[rank] <= most


@given(segments, st.sets(st.sampled_from([*(each.key for each in ARCHETYPES), "group.1"])))
def test_names_in_use_are_given_to_nobody_else(drawn: list[Place], taken: set[str]) -> None:
    given_names = choose_names(drawn, taken)
    assert len(set(given_names)) == len(drawn)
    assert not taken & set(given_names)


def test_a_single_new_segment_among_others_is_not_everyone() -> None:
    middle = dict.fromkeys(FEATURES, 0.5), False
    assert choose_names([middle]) == ["everyone"]
    assert choose_names([middle], ["champions"]) == ["occasional"]


def test_names_differ_in_every_language() -> None:
    for lang in LANGS:
        texts = {t(f"segment.{archetype.key}", lang) for archetype in ARCHETYPES}
        assert len(texts) == len(ARCHETYPES)


def test_a_segment_stands_where_its_median_customer_stands() -> None:
    snapshot = pa.table(
        {
            "days_since_last": [1, 2, 3, 4],
            "orders": [9, 1, 1, 1],
            "revenue": [4.0, 3.0, 2.0, 1.0],
            "tenure_days": [4, 3, 2, 1],
            "average_order_value": [1.0, 1.0, 1.0, 1.0],
        }
    )
    (first, first_once), (last, last_once) = rank_medians(
        snapshot, [np.arange(4) == 0, np.arange(4) == 3]
    )
    assert dict(first) == {
        "recent": 0.875,
        "orders": 0.875,
        "revenue": 0.875,
        "tenure": 0.875,
        "order_value": 0.5,
    }
    assert (first_once, last_once) == (False, True)
    assert last["recent"] == last["revenue"] == 0.125


def test_who_came_over_a_year_ago_is_called_new_in_no_base() -> None:
    """A firm without newcomers has a youngest part all the same."""
    speak_of_new = {each.key for each in ARCHETYPES if "tenure" in each.claims}
    assert {"rising", "new", "cooling_new"} <= speak_of_new
    tenure = NEW_DAYS + 1 + np.arange(40)
    for silence in (1, 400):
        snapshot = pa.table(
            {
                "days_since_last": np.where(np.arange(40) < 10, silence, 200 + np.arange(40)),
                "orders": np.full(40, 3),
                "revenue": np.arange(40, dtype=float),
                "tenure_days": tenure,
                "average_order_value": np.ones(40),
            }
        )
        young = rank_medians(snapshot, [np.arange(40) < 10, np.arange(40) >= 10])
        assert not speak_of_new & set(choose_names(young))
        recent = snapshot.set_column(3, "tenure_days", pa.array(tenure - NEW_DAYS))
        ranks, _ = rank_medians(recent, [np.arange(40) < 10])[0]
        assert ranks["tenure"] < 0.2
