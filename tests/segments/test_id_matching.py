from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.segments.describe.id_matching import SAME_SEGMENT_JACCARD, match_ids
from clientela.segments.describe.segment_names import name_segments
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels
from tests.segments.crowd import fitted, grouped
from tests.segments.test_model import model as bare

Pair = tuple[SegmentModel, Labels]
labels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)


def of(labels: list[int], ids: tuple[int, ...], names: tuple[str, ...] = ()) -> Pair:
    """Make a model of five segments and what it says of customers."""
    made = replace(bare([[float(one)] * 3 for one in ids]), ids=ids, names=names)
    return made, np.array(ids, dtype=np.int64)[labels]


@given(labels, st.permutations([1, 2, 3, 4, 5]), st.permutations([3, 4, 7, 8, 11]))
def test_ids_are_kept_by_overlap_alone_and_never_used_twice(
    drawn: list[tuple[int, int]], ids: list[int], old_ids: list[int]
) -> None:
    here, there = (list(side) for side in zip(*drawn, strict=True))
    new, old = of(here, tuple(ids)), of(there, tuple(old_ids))
    given_ids = match_ids(*new, *old).ids
    assert len(set(given_ids)) == 5
    for place, one in enumerate(given_ids):
        members = np.array(here) == place
        if one in old_ids:
            before = old[1] == one
            assert (members & before).sum() >= SAME_SEGMENT_JACCARD * (members | before).sum() > 0
        else:
            assert one > 11


@given(labels, st.permutations(range(5)))
def test_a_refit_that_finds_the_same_segments_in_another_order_changes_no_id(
    drawn: list[tuple[int, int]], order: list[int]
) -> None:
    before = [one for one, _ in drawn]
    after = [order[one] for one in before]
    ids = match_ids(*of(after, (1, 2, 3, 4, 5)), *of(before, (9, 2, 6, 4, 5))).ids
    for one in set(before):
        assert ids[order[one]] == (9, 2, 6, 4, 5)[one]


def shared(both: int, new_only: int, old_only: int) -> tuple[list[int], list[int]]:
    """Return new and old labels: of segment 0 so many shared, the rest in a large segment 1."""
    new = [0] * (both + new_only) + [1] * old_only
    old = [0] * both + [1] * new_only + [0] * old_only
    return new + [1] * 50_000, old + [1] * 50_000


@pytest.mark.parametrize(
    ("both", "new_only", "old_only", "continued"),
    [
        (2, 1, 1, True),  # exactly one half, from both sides
        (2, 2, 0, True),  # exactly one half: the segment doubled
        (2, 0, 2, True),  # exactly one half: the segment halved
        (500, 500, 0, True),
        (5000, 5001, 0, False),  # 5,000 of 10,001
        (5000, 0, 5001, False),
        (5001, 5000, 0, True),  # 5,001 of 10,001
        (1, 1, 1, False),  # a third
    ],
)
def test_a_segment_keeps_its_id_from_a_jaccard_overlap_of_exactly_one_half(
    both: int, new_only: int, old_only: int, continued: bool
) -> None:
    new, old = shared(both, new_only, old_only)
    ids = match_ids(*of(new, (1, 2)), *of(old, (7, 8))).ids
    assert ids == ((7, 8) if continued else (9, 8))


def test_two_segments_continue_two_of_three_and_three_two() -> None:
    three, two = [0, 0, 1, 1, 2, 2, 2], [0, 0, 0, 0, 1, 1, 1]
    assert match_ids(*of(two, (1, 2)), *of(three, (4, 5, 6))).ids in ((4, 6), (5, 6))
    ids = match_ids(*of(three, (1, 2, 3)), *of(two, (4, 5))).ids
    assert sorted(ids) == [4, 5, 6]
    assert ids[2] == 5


def test_new_ids_follow_the_highest_ever_used_one_after_another() -> None:
    old_model, old = of([0, 0, 1, 1], (1, 2))
    old_model = replace(old_model, highest_id=9)
    found = match_ids(*of([0, 1, 0, 1], (1, 2)), old_model, old)
    assert (found.ids, found.highest_id) == ((10, 11), 11)
    same = match_ids(*of([1, 1, 0, 0], (1, 2)), old_model, old)
    assert (same.ids, same.highest_id) == ((2, 1), 9)


def test_segments_that_are_empty_on_both_sides_are_not_the_same() -> None:
    new, old = of([0, 0, 1], (1, 2, 3)), of([0, 0, 1], (4, 5, 6))
    assert match_ids(*new, *old).ids == (4, 5, 7)


def test_an_id_given_up_is_never_given_again() -> None:
    halves, other = [0, 0, 1, 1], [0, 1, 0, 1]
    first = of(halves, (1, 2))
    second = match_ids(*of(other, (1, 2)), *first)
    third = match_ids(*of(halves, (1, 2)), second, of(other, second.ids)[1])
    assert (second.ids, second.highest_id) == ((3, 4), 4)
    assert (third.ids, third.highest_id) == ((5, 6), 6)


def test_segments_torn_apart_are_new_ones() -> None:
    old = of([0, 0, 0, 0, 1, 1], (1, 2), ("champions", "new"))
    found = match_ids(*of([0, 1, 0, 1, 0, 1], (1, 2), ("champions", "once")), *old)
    assert found.ids == (3, 4)


def test_everyone_as_one_segment_continues_only_everyone() -> None:
    one, several = of([0] * 5, (1,), ("everyone",)), of([0, 0, 0, 0, 1], (1, 2), ("new", "once"))
    assert match_ids(*one, *several).ids == (3,)
    assert match_ids(*several, *one).ids == (2, 3)
    assert match_ids(*one, *one).ids == (1,)


def test_other_customers_are_refused() -> None:
    with pytest.raises(ValueError, match="same customers"):
        match_ids(*of([0], (1, 2)), *of([0, 1], (1, 2)))
    with pytest.raises(ValueError, match="same customers"):
        match_ids(*of([0, 1], (1, 2)), *of([0], (1, 2)))


def test_segments_of_a_shop_keep_their_ids_when_customers_are_added() -> None:
    before, after = grouped(each=60)[0], grouped(each=90, seed=8)[0]
    held = replace(name_segments(fitted(before), before), ids=(4, 1, 9, 2), highest_id=9)
    refitted = fitted(after)
    found = match_ids(refitted, refitted.assign(after)[0], held, held.assign(after)[0])
    found = name_segments(found, after, held)
    assert found.ids == held.ids
    assert found.names == held.names
    assert found.highest_id == 9
