"""Look-ups from memory answer what the database answers."""

import os
import time
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.errors import StoreError
from clientela.serving.app import create_app
from clientela.serving.lookup_cache import UNKNOWN, Scores, SegmentIndex, collect_scores
from clientela.serving.shared_index import PREFIX, open_folder, share_index
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
    assert not SegmentIndex([[row]]).covers(["178501234"])
    assert not SegmentIndex([[row]]).covers(["é"])
    assert not SegmentIndex([[row]]).covers(["1785\0"])
    assert not SegmentIndex([[row._replace(customer_id="1" * 65)]]).covers(["17850"])


def test_what_is_saved_is_mapped_and_finds_the_same(tmp_path: Path) -> None:
    rows = [SegmentRow(f"{number:013}", 2, None, "lost", 1, None, 3) for number in range(300)]
    index = SegmentIndex(batches(rows, 7), lambda customer_id: f"{int(customer_id):016x}")
    index.save(tmp_path)
    ids = [rows[7].customer_id, "no such id", rows[299].customer_id]
    expected, found = index.look_up(ids), SegmentIndex.open(tmp_path).look_up(ids)
    assert list_scores(found) == list_scores(expected)
    assert found.persons == expected.persons == f"{7:016x} {299:016x}"


def test_one_worker_builds_what_the_others_map(tmp_path: Path) -> None:
    built: list[str] = []

    def share(state: str) -> SegmentIndex:
        def build() -> SegmentIndex:
            built.append(state)
            return SegmentIndex([[SegmentRow(state, 1, 0.5, "lost", 1, 1, 1)]])

        return share_index(tmp_path, state, build)

    earlier, again = share("A1"), share("A1")
    assert built == ["A1"]
    assert share("B2").look_up(["B2", "A1"]).numbers == [0, UNKNOWN]
    assert [index.look_up(["A1"]).numbers for index in (earlier, again)] == [[0], [0]]
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


def test_a_build_that_fails_is_built_again(tmp_path: Path) -> None:
    def fail() -> SegmentIndex:
        raise StoreError("gone")

    with pytest.raises(StoreError):
        share_index(tmp_path, "A1", fail)
    row = SegmentRow("A1", 1, 0.5, "lost", 1, 1, 1)
    assert share_index(tmp_path, "A1", lambda: SegmentIndex([[row]])).covers(["A1"])


def test_what_a_killed_server_left_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    (left / "held").touch()
    with open_folder() as first, open_folder() as second:
        assert not left.exists()
        assert first.exists()
        assert second.stat().st_mode & 0o777 == 0o700
    assert not list(tmp_path.iterdir())


def test_what_another_user_left_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("os.getuid", lambda: 1_000_000)
    theirs = tmp_path / f"{PREFIX}theirs"
    theirs.mkdir()
    os.mkfifo(theirs / "held")  # to open it would wait for ever
    with open_folder():
        assert theirs.exists()


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
