"""Every fault of a text file has one clear message, and names its place."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clientela.config import Source
from clientela.errors import ConfigError, SourceError
from clientela.sources import delimited
from clientela.sources.guard import Guard
from clientela.sources.reading import peek, stage

LINES = b"".join(b"%d,%d,some text\n" % (n, n * 7) for n in range(20_000))


def read(folder: Path, content: bytes, settings: Source | None = None) -> None:
    path = folder / "faulty.csv"
    path.write_bytes(content)
    stage(str(path), settings or Source(), Guard(), folder / "staged")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \r\n\n", "the file is empty"),
        (b"a,b,c\n", "the file has a header and no rows"),
        (b"a,b,c", "the file has a header and no rows"),
        (b"a,b,c\n\n\n", "the file has a header and no rows"),
        (b"just one column\nx\n", "no comma, semicolon, tab or bar"),
        (b'a,"b\n1,2\n', "the header does not end"),
        (b"a,b, A \n1,2,3\n", "two columns have the same name: 'a', 'A'"),
        (b"a,Source_Row\n1,2\n", "kept for record numbers"),
        (b"a,b\n1,2\n3,\0\n", "NUL byte on line 3"),
        ("a,b\n1,2\n".encode("utf-16-le"), "NUL byte on line 1: .* UTF-16"),
        (b"SQLite format 3\0 and more", "this is an SQLite database"),
        (gzip.compress(b"a,b\n" + LINES)[:-40], "the compressed file is truncated"),
        (gzip.compress(b"a,b\n" + LINES)[:40] + b"x" * 99, "the compressed file is damaged"),
    ],
)
def test_a_fault_has_one_message(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        read(tmp_path, content)
    assert "faulty.csv" in caught.value.where
    assert caught.value.exit_code == 2
    assert caught.value.do


@pytest.mark.parametrize("at", [0, 500, 10_000, 19_999])
def test_one_quote_among_20_000_lines_loses_nothing(tmp_path: Path, at: int) -> None:
    lines = LINES.splitlines(keepends=True)
    lines[at] = b'1,"2,some text\n'
    with pytest.raises(SourceError, match=f"on line {at + 2:,} is never closed"):
        read(tmp_path, b"a,b,c\n" + b"".join(lines))


def test_a_quote_that_another_field_closes_is_found(tmp_path: Path) -> None:
    lines = LINES.splitlines(keepends=True)
    lines[100] = b'1,"2,some text\n'
    lines[15_000] = b'1,2,"some, text"\n'
    with pytest.raises(SourceError, match="on line 102 is never closed"):
        read(tmp_path, b"a,b,c\n" + b"".join(lines))


def test_stray_quotes_inside_fields_are_text(tmp_path: Path) -> None:
    path = tmp_path / "rulers.csv"
    path.write_bytes(b'a,b\n12" RULER,1\n7" FRAME,2\n')
    staged = stage(str(path), Source(), Guard(), tmp_path)
    assert staged.parsed == 2


def test_an_encoding_that_does_not_fit_is_told_by_its_byte(tmp_path: Path) -> None:
    content = b"a,b,c\n" + LINES + b"1,2,a\xe7\xe3o\n"
    with pytest.raises(SourceError, match="byte 0xE7 on line 20,002 is not utf-8"):
        read(tmp_path, content, Source(encoding="utf-8"))


def test_text_cut_in_the_middle_of_a_letter_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not utf-8"):
        read(tmp_path, "a,b\n1,ç".encode()[:-1], Source(encoding="utf-8"))


def test_an_encoding_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no encoding 'klingon'"):
        read(tmp_path, b"a,b\n1,2\n", Source(encoding="klingon"))


def test_a_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such file"):
        peek(str(tmp_path / "absent.csv"), Source())


def test_a_record_beyond_the_largest_block_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "BLOCKS", (1 << 10, 1 << 12))
    long = b"x" * 20_000
    with pytest.raises(SourceError, match="the parser fails after record") as caught:
        read(tmp_path, b'a,b\n1,2\n3,"' + long + b'"\n' + LINES)
    assert "a field of more than" in caught.value.do


def test_a_parser_that_loses_rows_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = delimited._batches

    def losing(*arguments: Any) -> Iterator[pa.RecordBatch]:
        for batch in parse(*arguments):
            yield batch.slice(1)

    monkeypatch.setattr(delimited, "_batches", losing)
    with pytest.raises(SourceError, match="3 records were counted, but 2 parsed and 0 rejected"):
        read(tmp_path, b"a,b\n1,2\n3,4\n5,6\n")
