"""Parquet, typed values to text without loss."""

import datetime as dt
import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources.guard import Guard
from clientela.sources.reading import peek, stage
from clientela.sources.staging import StagedSource
from clientela.sources.values import as_text

EIGHT = dt.datetime(2010, 12, 1, 8, 26)


def read(folder: Path, location: Path) -> StagedSource:
    return stage(str(location), Source(), Guard(), folder / "staged")


def rows(staged: StagedSource) -> list[dict[str, Any]]:
    held: list[dict[str, Any]] = pq.read_table(staged.path).to_pylist()
    return held


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([17850, None]), ["17850", None]),
        (pa.array([17850.0, 0.1, -3.0, 1e22]), ["17850.0", "0.1", "-3.0", "1e+22"]),
        (pa.array([0.1], pa.float32()), ["0.1"]),
        (pa.array([1.5], pa.float16()), ["1.5"]),
        (pa.array([Decimal("2.10")]), ["2.10"]),
        (pa.array(["x", "", None]), ["x", None, None]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
        (pa.array(["x"], pa.large_string()), ["x"]),
        (pa.array([True]), ["true"]),
        (pa.array([EIGHT], pa.timestamp("s")), ["2010-12-01 08:26:00"]),
        (pa.array([EIGHT], pa.timestamp("ns")), ["2010-12-01 08:26:00"]),
        (pa.array([EIGHT.replace(microsecond=120_000)]), ["2010-12-01 08:26:00.12"]),
        (pa.array([EIGHT], pa.timestamp("us", "America/Sao_Paulo")), ["2010-12-01 08:26:00Z"]),
        (pa.array([EIGHT.replace(microsecond=5)], pa.timestamp("us", "UTC")), None),
        (pa.array([dt.date(2010, 12, 1)]), ["2010-12-01"]),
        (pa.array([["a", 1.5]][:0] or [[1, 2]]), ["[1, 2]"]),
        (pa.array([{"a": "ç"}]), ['{"a": "ç"}']),
        (pa.nulls(1), [None]),
    ],
    ids=str,
)
def test_typed_values_become_text(values: pa.Array, texts: list[str | None] | None) -> None:
    assert as_text(values).to_pylist() == (texts or ["2010-12-01 08:26:00.000005Z"])


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "no-suffix"
    table = pa.table({"id": [1.0, 2.0], "name": ["a", None], "day": [dt.date(2011, 1, 2)] * 2})
    pq.write_table(table, path)
    staged = read(tmp_path, path)
    assert rows(staged)[0] == {"source_row": 1, "id": "1.0", "name": "a", "day": "2011-01-02"}
    assert (staged.counted, staged.parsed, staged.rejected) == (2, 2, 0)
    assert staged.typed == {"id"}
    assert staged.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert peek(str(path), Source()).rows[1] == ("2.0", None, "2011-01-02")


def test_a_folder_is_read_in_order_with_the_values_in_its_names(tmp_path: Path) -> None:
    for year, ids in (("2012", [3]), ("2011", [1, 2])):
        folder = tmp_path / "sales" / f"year={year}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"id": ids}), folder / "part-0.parquet")
    (tmp_path / "sales" / "_temporary").mkdir()
    (tmp_path / "sales" / "_temporary" / "x.parquet").write_bytes(b"half written")
    staged = read(tmp_path, tmp_path / "sales")
    assert [(row["source_row"], row["id"], row["year"]) for row in rows(staged)] == [
        (1, "1", "2011"),
        (2, "2", "2011"),
        (3, "3", "2012"),
    ]
    assert staged.details == {"format": "Parquet", "files": "2"}


def test_files_must_have_the_same_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1], "b": [2]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": [1], "c": [2]}), tmp_path / "2.parquet")
    with pytest.raises(SourceError, match="different columns: b, c"):
        read(tmp_path / "out", tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("damaged", b"PAR1 and no more", "the Parquet file is damaged"),
        ("empty", pa.table({"a": pa.array([], pa.int64())}), "columns and no rows"),
        ("nul", pa.table({"a": ["x\0"]}), "'a' holds NUL characters"),
    ],
)
def test_faults_are_told(tmp_path: Path, name: str, content: Any, message: str) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        pq.write_table(content, path)
    with pytest.raises(SourceError, match=message):
        read(tmp_path, path)


def test_a_folder_without_parquet_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="the folder holds no Parquet or CSV files"):
        peek(str(tmp_path), Source())


def test_ids_are_replaced_alike_whatever_their_type(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [7.0, None]}), tmp_path / "floats")
    pq.write_table(pa.table({"id": ["7", "nan"]}), tmp_path / "texts")
    guard = Guard(id_column="id", keys=(b"secret",))
    held = [
        pq.read_table(stage(str(tmp_path / name), Source(), guard, tmp_path / "s").path)["id"]
        for name in ("floats", "texts")
    ]
    assert held[0].to_pylist() == held[1].to_pylist()
    assert held[0][1].as_py() is None
