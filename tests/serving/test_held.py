"""Look-ups from memory answer what the database answers."""

import time
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.serving.lookup_cache import Held, told
from clientela.store.read import Reader, Segmented, open_reader
from tests.serving.conftest import LOCAL
from tests.serving.shop import IDS, RETURNS_ONLY, publish_shop, segment_of

IDENTIFIERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
SCORES = st.none() | st.integers(1, 5)
CUSTOMERS = st.builds(
    Segmented,
    IDENTIFIERS,
    st.none() | st.integers(0, 2**31 - 1),
    st.none() | st.floats(0, 1),
    st.none() | st.sampled_from(["champions", "lost"]),
    SCORES,
    SCORES,
    SCORES,
)


def batches(rows: list[Segmented], size: int) -> Iterator[list[Segmented]]:
    ordered = sorted(rows, key=lambda row: row.customer_id.encode())
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


@given(
    st.lists(CUSTOMERS, unique_by=lambda row: row.customer_id),
    st.lists(IDENTIFIERS | st.just("") | st.just("a\0"), min_size=1),
    st.integers(1, 7),
)
def test_it_tells_every_customer_and_nobody_else(
    rows: list[Segmented], strangers: list[str], size: int
) -> None:
    held = Held(batches(rows, size))
    by_id = {row.customer_id: row for row in rows}
    for asked in ([*by_id, *strangers], [*strangers, *by_id]):
        if held.can_tell(asked):
            rows_asked = [by_id.get(each) for each in asked]
            assert held.lookup(asked) == [row and told(row) for row in rows_asked]


@given(st.lists(st.integers(0, 10**9).map(str), min_size=1, unique=True))
def test_it_can_tell_usual_ids(ids: list[str]) -> None:
    held = Held(batches([Segmented(each, 1, 0.5, "lost", 1, 1, 1) for each in ids], 3))
    assert held.can_tell(ids)


def test_it_can_tell_nothing_where_nothing_is_held_or_ids_are_strange() -> None:
    row = Segmented("17850", 1, 0.5, "lost", 1, 1, 1)
    assert not Held([]).can_tell(["17850"])
    assert not Held([[row]]).can_tell(["178501"])
    assert not Held([[row]]).can_tell(["é"])
    assert not Held([[row]]).can_tell(["1785\0"])
    assert not Held([[row._replace(customer_id="1" * 65)]]).can_tell(["17850"])


def test_the_database_answers_until_a_run_is_held_and_about_strange_ids(store_url: str) -> None:
    asked: list[list[str]] = []

    def opener(url: str) -> Reader:
        reader: Any = open_reader(url)
        look_up = reader.lookup

        def watched(ids: list[str]) -> object:
            asked.append(ids)
            return look_up(ids)

        reader.lookup = watched
        return reader  # type: ignore[no-any-return]

    def answers_from_memory(client: TestClient[Any], shift: int) -> None:
        ids, end = [*IDS[:30], "no such id", RETURNS_ONLY], time.monotonic() + 30
        while True:
            before = len(asked)
            found = client.post("/v1/segments/lookup", json={"ids": ids}).json()
            told = [each["segment"] for each in found["results"][:30]]
            assert told == [segment_of(each, shift) for each in IDS[:30]]
            assert found["unknown"] == ["no such id"]
            if len(asked) == before:
                return
            assert time.monotonic() < end
            time.sleep(0.01)

    with TestClient(create_app(Serving(), store_url, opener), base_url=LOCAL) as client:
        answers_from_memory(client, shift=0)
        client.post("/v1/segments/lookup", json={"ids": ["é"]})
        assert asked[-1] == ["é"]
        publish_shop(store_url, 2, shift=1)
        answers_from_memory(client, shift=1)
