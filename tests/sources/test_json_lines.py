"""JSON lines are read as they are written, or refused by their line."""

import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources.guard import Guard
from clientela.sources.reading import peek, stage

LINES = b"""\xef\xbb\xbf{"id": "007", "paid": 1.50, "buyer": {"key": 7, "vip": true}, "items": [1]}

{"id": "008", "paid": 20, "note": "a\\nb"}
"""


@pytest.mark.parametrize("packed", [False, True])
def test_objects_are_rows_and_what_is_in_them_columns(packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_bytes(gzip.compress(LINES) if packed else LINES)
    columns = ("id", "paid", "buyer.key", "buyer.vip", "note")
    assert peek(str(path), Source()).columns == columns
    staged = stage(str(path), Source(), Guard(), tmp_path / "staged")
    assert (staged.columns, staged.counted, staged.parsed) == (columns, 2, 2)
    assert staged.typed == {"paid", "buyer.key"}
    rows = pq.read_table(staged.path).drop(["source_row"]).to_pylist()
    assert [*rows[0].values()] == ["007", "1.50", "7", "true", None]
    assert [*rows[1].values()] == ["008", "20", None, None, "a\nb"]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (b'{"a": ', "line 2 is no JSON"),
        (b"[1]", "line 2 is no JSON object"),
        (b'{"a": "\\ud800"}', "line 2 is no JSON: .* surrogates"),
        (b'{"\xed\xa0\x80": "a"}', "line 2 is no JSON"),
        (b'{"a": ' * 960 + b"1" + b"}" * 960, "line 2 is no JSON: .* recursion"),
        (b'{"a": "' + b"x" * (17 << 20), "longer than 16 MB"),
    ],
)
def test_a_line_that_is_none_is_refused(second: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b'{"a": 1}\n' + second)
    with pytest.raises(SourceError, match=message):
        stage(str(path), Source(), Guard(), tmp_path / "staged")
