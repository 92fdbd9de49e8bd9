"""Sources read in parts hold what they hold read in order."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources import columnar, delimited_parts
from clientela.sources import reading as sources
from clientela.sources.guard import Guard
from clientela.sources.staging import Answer, Asked, CallEach, StagedSource

HEADER = "id,note,n"
FIELDS = st.sampled_from(
    ["", "7", '12" RULER', '"a, b"', '"two\nlines"', '"a ""b"" c"', '"\n\n"', "ç€", '"x"y', "'"]
)
RECORDS = st.lists(
    st.one_of(
        st.tuples(FIELDS, FIELDS, FIELDS).map(",".join),
        st.sampled_from(["", "1,2", "1,2,3,4"]),
    ),
    min_size=1,
    max_size=30,
)


class Calls:
    """Call where one stands, and count what was asked."""

    asked = 0

    def __call__(self, function: Any, items: Sequence[Asked], /) -> list[Any]:
        self.asked += len(items)
        return [function(item) for item in items]


def read(staged: StagedSource) -> list[dict[str, Any]]:
    table = pa.concat_tables(
        [pq.read_table(path) for path in staged.paths], promote_options="default"
    )
    rows: list[dict[str, Any]] = table.sort_by("source_row").to_pylist()
    return rows


def stage(location: Path, folder: Path, call_each: CallEach | None = None) -> StagedSource:
    return sources.stage(str(location), Source(), Guard(), folder, call_each)


def stage_or_reason(location: Path, folder: Path, call_each: CallEach | None) -> StagedSource | str:
    try:
        return stage(location, folder, call_each)
    except SourceError as error:
        return str(error)


def stage_both(location: Path, folder: Path) -> tuple[StagedSource, StagedSource]:
    """Read in order and in parts, and check that all but the places is the same."""
    whole, parts = stage(location, folder / "whole"), stage(location, folder / "parts", Calls())
    assert read(parts) == read(whole)
    assert parts.rejects.equals(whole.rejects)
    for name in ("columns", "counted", "parsed", "rejected", "sha256", "typed", "details"):
        assert getattr(parts, name) == getattr(whole, name), name
    return whole, parts


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(records=RECORDS, end=st.sampled_from(["\n", "\r\n"]), size=st.integers(8, 60))
def test_ranges_of_a_file_hold_its_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: list[str], end: str, size: int
) -> None:
    monkeypatch.setattr(delimited_parts, "PART_BYTES", size)
    path = tmp_path / "sales.csv"
    text = end.join([HEADER, "1,2,3", *records, ""])
    path.write_bytes(text.encode("utf-8"))
    told = [stage_or_reason(path, tmp_path / "staged", calls) for calls in (None, Calls())]
    if isinstance(told[0], str):
        assert told[1] == told[0]
    else:
        stage_both(path, tmp_path)


def test_a_large_file_is_read_in_several_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited_parts, "PART_BYTES", 200)
    path = tmp_path / "sales.csv"
    lines = [f'{n},"de ""{n}"", ou\nmais",{n / 4}' for n in range(200)]
    path.write_bytes("\n".join(["\ufeffid,texto,valor", *lines, "1,2"]).encode("utf-8"))
    whole, parts = stage_both(path, tmp_path)
    assert len(parts.paths) > 10
    assert whole.rejects["source_row"].to_pylist() == [201]


def test_the_next_encoding_is_tried_on_all_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited_parts, "PART_BYTES", 1 << 18)
    path = tmp_path / "sales.csv"
    path.write_bytes(b"id,texto\n" + b"1,plain\n" * 60_000 + b"2,caf\xe9\n")
    _, parts = stage_both(path, tmp_path)
    assert parts.details["encoding"] == "windows-1252"
    assert len(parts.paths) > 1


def test_a_folder_of_texts_is_one_source(tmp_path: Path) -> None:
    folder = tmp_path / "days"
    folder.mkdir()
    (folder / "1.csv").write_text("id,name\n", "utf-8")
    (folder / "2.csv").write_text("id,name\n1,a\n2\n", "utf-8")
    (folder / "3.csv.gz").write_bytes(gzip.compress(b"name;id\n\nb;3\n"))
    (folder / "_SUCCESS.txt").write_text("", "utf-8")
    whole, _ = stage_both(folder, tmp_path)
    assert read(whole) == [
        {"source_row": 1, "id": "1", "name": "a"},
        {"source_row": 3, "id": "3", "name": "b"},
    ]
    assert (whole.counted, whole.rejected, whole.details["files"]) == (3, 1, "3")
    assert sources.peek(str(folder), Source()).rows == (("1", "a"),)


def test_a_folder_of_texts_has_one_layout(tmp_path: Path) -> None:
    folder = tmp_path / "days"
    folder.mkdir()
    (folder / "1.csv").write_text("id,name\n1,a\n", "utf-8")
    (folder / "2.csv").write_text("id,title\n1,a\n", "utf-8")
    for call_each in (None, Calls()):
        with pytest.raises(SourceError, match="different columns: name, title"):
            stage(folder, tmp_path / "staged", call_each)


def test_row_groups_hold_their_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "PART_ROWS", 5)
    folder = tmp_path / "sales"
    for year in (2010, 2011):
        (folder / f"year={year}").mkdir(parents=True)
        table = pa.table({"id": range(11), "price": [year / 3] * 11, "tags": [["x"]] * 11})
        pq.write_table(table, folder / f"year={year}" / "a.parquet", row_group_size=2)
    _, parts = stage_both(folder, tmp_path)
    assert len(parts.paths) == 6
    assert parts.typed == {"id", "price"}


def test_what_parts_do_not_see_is_read_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited_parts, "PART_BYTES", 20)
    path = tmp_path / "sales.csv"
    path.write_text("id,n\n" + "1,2\n" * 40, "utf-8")

    def see_nothing(function: Any, items: Sequence[Asked], /) -> list[Answer]:
        path.rename(tmp_path / "away")
        try:
            return [function(item) for item in items]
        finally:
            (tmp_path / "away").rename(path)

    assert len(stage(path, tmp_path / "staged", see_nothing).paths) == 1


def test_keys_of_pseudonyms_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_parts, "PART_BYTES", 20)
    path, calls = tmp_path / "sales.csv", Calls()
    path.write_text("id,n\n" + "1,2\n" * 40, "utf-8")
    guard = Guard(id_column="id", keys=(b"secret",))
    sources.stage(str(path), Source(), guard, tmp_path / "staged", calls)
    assert calls.asked == 0
