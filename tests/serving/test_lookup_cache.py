"""Look-ups from memory answer what the database answers."""

import time
from collections.abc import Iterator
from math import isnan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.serving.lookup_cache import UNKNOWN, Scores, SegmentIndex, collect_scores
from clientela.store.read import Reader, SegmentRow, open_reader
from tests.serving.conftest import LOCAL
from tests.serving.shop import IDS, RETURNS_ONLY, publish_shop, segment_of

IDENTIFIERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
SCORES = st.none() | st.integers(1, 5)
CUSTOMERS = st.builds(
    SegmentRow,
    IDENTIFIERS,
    st.none() | st.integers(0, 2**31 - 1),
    st.none() | st.floats(0, 1),
    st.none() | st.sampled_from(["champions", "lost"]),
    SCORES,
    SCORES,
    SCORES,
)


def batches(rows: list[SegmentRow], size: int) -> Iterator[list[SegmentRow]]:
    ordered = sorted(rows, key=lambda row: row.customer_id.encode())
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def list_scores(scores: Scores) -> list[tuple[SegmentRow, float | None] | None]:
    """Put together what each customer has, whatever the numbers of the groups."""
    rows = scores.groups.rows
    return [
        None if number == UNKNOWN else (rows[number], None if isnan(sure) else sure)
        for number, sure in zip(scores.numbers, scores.confidences, strict=True)
    ]


@pytest.mark.slow
@given(
    st.lists(CUSTOMERS, unique_by=lambda row: row.customer_id),
    st.lists(IDENTIFIERS | st.just("") | st.just("a\0"), min_size=1),
    st.integers(1, 7),
)
def test_it_finds_every_customer_and_nobody_else(
    rows: list[SegmentRow], strangers: list[str], size: int
) -> None:
    index = SegmentIndex(batches(rows, size))
    by_id = {row.customer_id: row for row in rows}
    for ids in ([*by_id, *strangers], [*strangers, *by_id]):
        if index.covers(ids):
            expected = collect_scores([by_id.get(customer_id) for customer_id in ids])
            assert list_scores(index.look_up(ids)) == list_scores(expected)


@given(st.lists(st.integers(0, 10**9).map(str), min_size=1, unique=True))
def test_it_covers_usual_ids(ids: list[str]) -> None:
    index = SegmentIndex(
        batches([SegmentRow(customer_id, 1, 0.5, "lost", 1, 1, 1) for customer_id in ids], 3)
    )
    assert index.covers(ids)


def test_it_covers_nothing_where_it_is_empty_or_ids_are_strange() -> None:
    row = SegmentRow("17850", 1, 0.5, "lost", 1, 1, 1)
    assert not SegmentIndex([]).covers(["17850"])
    assert not SegmentIndex([[row]]).covers(["178501"])
    assert not SegmentIndex([[row]]).covers(["é"])
    assert not SegmentIndex([[row]]).covers(["1785\0"])
    assert not SegmentIndex([[row._replace(customer_id="1" * 65)]]).covers(["17850"])


def test_the_database_answers_until_a_run_is_indexed_and_about_strange_ids(store_url: str) -> None:
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
            answer = client.post("/v1/segments/lookup", json={"ids": ids}).json()
            segments = [result["segment"] for result in answer["results"][:30]]
            assert segments == [segment_of(customer_id, shift) for customer_id in IDS[:30]]
            assert answer["unknown"] == ["no such id"]
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
