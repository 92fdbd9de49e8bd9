import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clientela.statistics.sampling import draw_sample, hash_ids

ids = st.lists(st.integers(0, 999).map(str), unique=True, max_size=40)


@given(ids, st.integers(1, 40), st.integers(0, 5))
def test_the_sample_is_the_same_in_any_order(drawn: list[str], rows: int, seed: int) -> None:
    first = {drawn[place] for place in draw_sample(drawn, rows, seed)}
    turned = drawn[::-1]
    assert {turned[place] for place in draw_sample(turned, rows, seed)} == first
    assert len(first) == min(rows, len(drawn))


@given(ids, st.integers(1, 39), st.integers(0, 5))
def test_a_smaller_sample_lies_inside_a_larger_one(drawn: list[str], rows: int, seed: int) -> None:
    assert set(draw_sample(drawn, rows, seed)) <= set(draw_sample(drawn, rows + 1, seed))


def test_the_sample_keeps_the_order_of_ids_and_holds_the_smallest_hashes() -> None:
    drawn = [str(number) for number in range(1000)]
    places = draw_sample(drawn, 100, 42)
    assert (np.diff(places) > 0).all()
    kept = hash_ids(drawn, 42)[places]
    assert kept.max() < np.delete(hash_ids(drawn, 42), places).min()


def test_another_seed_draws_another_sample() -> None:
    drawn = [str(number) for number in range(1000)]
    shared = set(draw_sample(drawn, 100, 1)) & set(draw_sample(drawn, 100, 2))
    assert len(shared) < 30


def test_the_hash_is_blake2b_keyed_by_the_seed_read_from_the_little_end() -> None:
    digest = hashlib.blake2b("café".encode(), digest_size=8, key=b"42").digest()
    assert int(hash_ids(["café"], 42)[0]) == int.from_bytes(digest, "little")


def test_ids_are_hashed_one_by_one_whatever_they_hold() -> None:
    odd = ["a", "b\x1fc", "", "d"]
    assert hash_ids(odd, 42).tolist() == [hash_ids([name], 42)[0] for name in odd]
    assert hash_ids(["a", "b", "c"], 42)[1] == hash_ids(["b"], 42)[0]
    assert hash_ids([], 42).tolist() == []
