"""CSV of every kind, read whole and unchanged."""

import csv
import gzip
import hashlib
import io
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clientela.config import Source
from clientela.errors import ConfigError, SourceError
from clientela.sources import delimited
from clientela.sources import reading as sources
from clientela.sources.grammar import Dialect
from clientela.sources.guard import Guard
from clientela.sources.staging import StagedSource


def stage(
    folder: Path, content: bytes | str, settings: Source | None = None, guard: Guard | None = None
) -> StagedSource:
    path = folder / "source.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return sources.stage(str(path), settings or Source(), guard or Guard(), folder / "staged")


def rows(staged: StagedSource) -> list[dict[str, Any]]:
    held: list[dict[str, Any]] = pq.read_table(staged.path).to_pylist()
    return held


def test_values_stand_as_they_are(tmp_path: Path) -> None:
    staged = stage(tmp_path, 'id, name ,note\n007, Ana ,\n8,"say ""hi""\nbye",NaN\n')
    assert rows(staged) == [
        {"source_row": 1, "id": "007", "name": " Ana ", "note": None},
        {"source_row": 2, "id": "8", "name": 'say "hi"\nbye', "note": "NaN"},
    ]
    assert (staged.counted, staged.parsed, staged.rejected) == (2, 2, 0)
    assert staged.columns == ("id", "name", "note")
    assert staged.sha256 == hashlib.sha256((tmp_path / "source.csv").read_bytes()).hexdigest()
    assert staged.details == {"format": "CSV", "delimiter": "comma", "encoding": "utf-8"}


@pytest.mark.parametrize(
    ("mark", "name"), [(";", "semicolon"), ("\t", "tab"), ("|", "bar"), (",", "comma")]
)
def test_delimiters_are_decided(tmp_path: Path, mark: str, name: str) -> None:
    lines = [["id", "valor", "texto"], ["1", "2.50", 'de "a, b; c"'], ["2", "3.10", "x"]]
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator="\r\n").writerows(lines)
    staged = stage(tmp_path, out.getvalue())
    assert staged.details["delimiter"] == name
    assert [list(row.values())[1:] for row in rows(staged)] == lines[1:]


def test_a_comma_decimal_does_not_hide_the_semicolon(tmp_path: Path) -> None:
    staged = stage(tmp_path, "id;data;valor\n1;01/02/2023;2,50\n2;02/02/2023;3,10\n")
    assert staged.columns == ("id", "data", "valor")


def test_a_delimiter_may_be_given(tmp_path: Path) -> None:
    staged = stage(tmp_path, "a^b,c\n1^2,3\n", Source(delimiter="^"))
    assert staged.columns == ("a", "b,c")


@pytest.mark.parametrize("given", ["", ";;", "é", '"'])
def test_a_delimiter_is_one_character(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigError, match="cannot separate fields"):
        stage(tmp_path, "a,b\n1,2\n", Source(delimiter=given))


def test_blanks_separate_without_a_header(tmp_path: Path) -> None:
    staged = stage(
        tmp_path, " 00004 0001 19970101  2   29.33\r\n 00004 0001 19970118  2   29.73\r\n"
    )
    assert staged.columns == ("column_1", "column_2", "column_3", "column_4", "column_5")
    assert list(rows(staged)[1].values()) == [2, "00004", "0001", "19970118", "2", "29.73"]
    assert staged.details["delimiter"] == "blanks"


TEXT = "id;região;nota\n1;São João;ação\n2;Ceará;maçã\n"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("cp1252", "windows-1252"),
        ("latin-1", "windows-1252"),
    ],
)
def test_encodings_are_decided(tmp_path: Path, encoding: str, told: str) -> None:
    staged = stage(tmp_path, TEXT.encode(encoding))
    assert staged.columns == ("id", "região", "nota")
    assert rows(staged)[0]["nota"] == "ação"
    assert staged.details["encoding"] == told


def test_latin_1_reads_what_windows_1252_does_not(tmp_path: Path) -> None:
    staged = stage(tmp_path, b"id,x\n1,\x81\xe7\n")
    assert (staged.details["encoding"], rows(staged)[0]["x"]) == ("latin-1", "\x81ç")


@pytest.mark.slow
def test_the_last_byte_of_a_long_file_decides_its_encoding(tmp_path: Path) -> None:
    body = b"".join(b"%d,plain text\n" % n for n in range(300_000))
    staged = stage(tmp_path, b"id,x\n" + body + b"300000,\xe7\n")
    assert staged.details["encoding"] == "windows-1252"
    assert staged.counted == 300_001
    assert pq.read_table(staged.path)["x"][-1].as_py() == "ç"


def test_a_given_encoding_is_kept_to(tmp_path: Path) -> None:
    staged = stage(tmp_path, TEXT.encode("cp850"), Source(encoding="cp850"))
    assert rows(staged)[1]["nota"] == "maçã"


def test_gzip_is_known_by_its_bytes(tmp_path: Path) -> None:
    packed = gzip.compress(b"id,x\n1,a\n") + gzip.compress(b"2,b\n")
    staged = stage(tmp_path, packed)
    assert [row["x"] for row in rows(staged)] == ["a", "b"]
    assert staged.details["compression"] == "gzip"
    assert staged.sha256 == hashlib.sha256(packed).hexdigest()


def test_rejected_records_are_kept_with_number_and_reason(tmp_path: Path) -> None:
    staged = stage(tmp_path, "a,b\n1,2\n\n3\n4,5\n6,7,8\n9,10\n11,1")
    assert (staged.counted, staged.parsed, staged.rejected) == (6, 4, 2)
    assert [row["source_row"] for row in rows(staged)] == [1, 3, 5, 6]
    assert staged.rejects.to_pylist() == [
        {"source_row": 2, "line": "3", "reason": "1 fields where the header names 2"},
        {"source_row": 4, "line": "6,7,8", "reason": "3 fields where the header names 2"},
    ]


def test_a_file_cut_off_in_its_last_record_loses_only_that(tmp_path: Path) -> None:
    staged = stage(tmp_path, "a,b,c\n1,2,3\n4,5,6\n7,8")
    assert (staged.parsed, staged.rejected) == (2, 1)
    assert staged.rejects["line"].to_pylist() == ["7,8"]


def test_numbers_stay_right_over_many_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "BLOCKS", (512,))
    lines = [f"{n},x" if n % 7 else f"{n}" for n in range(1, 2_000)]
    staged = stage(tmp_path, "n,x\n" + "\n".join(lines) + "\n")
    held = pq.read_table(staged.path)
    assert held["source_row"].cast(pa.string()).equals(held["n"])
    assert staged.rejects["source_row"].to_pylist() == list(range(7, 2_000, 7))


def test_a_file_of_another_delimiter_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "MOST_REJECTS", 10)
    body = "".join(f"{n};x;y\n" for n in range(100))
    with pytest.raises(SourceError, match="most records do not fit the header"):
        stage(tmp_path, "a,b\n" + body, Source(delimiter=","))


def test_a_field_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    long = "x" * 10_000_000
    staged = stage(tmp_path, f'id,note\n1,a\n2,"{long}"\n3,b\n')
    held = pq.read_table(staged.path)["note"].to_pylist()
    assert [len(value) for value in held] == [1, 10_000_000, 1]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), st.sampled_from(",;\t|"))
def test_what_was_written_is_read(tmp_path: Path, lines: list[tuple[str, str]], mark: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("id", "x"), *lines])
    staged = stage(tmp_path, out.getvalue(), Source(encoding="utf-8", delimiter=mark))
    expected = [tuple(value or None for value in line) for line in lines]
    assert [(row["id"], row["x"]) for row in rows(staged)] == expected


def test_a_peek_shows_the_first_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("id;nome\n1;João\n\n2;\n3;a;b\n".encode("cp1252"))
    sample = sources.peek(str(path), Source())
    assert sample.columns == ("id", "nome")
    assert sample.rows == (("1", "João"), ("2", None))
    assert sources.peek(str(path), Source(), dropped=["NOME"]).rows == (("1",), ("2",))


def test_privacy_comes_before_the_disk(tmp_path: Path) -> None:
    guard = Guard(drop=frozenset({"Email"}), id_column="id", keys=(b"secret",))
    staged = stage(
        tmp_path, "id,email,x\n17850,ana@x.br,1\n17850.0,b@x.br,2\n9,c@x.br\n", guard=guard
    )
    held = pq.read_table(staged.path)
    assert held.column_names == ["source_row", "id", "x"]
    first, second = held["id"].to_pylist()
    assert first == second
    assert re.fullmatch("[0-9a-f]{64}", first)
    assert staged.rejects["line"].to_pylist() == ["(8 characters, not stored)"]
    written = b"".join(file.read_bytes() for file in (tmp_path / "staged").iterdir())
    assert b"ana@" not in written
    assert b"17850" not in written


def staged_or_reason(folder: Path, text: str) -> StagedSource | str:
    try:
        return stage(folder, text, Source(delimiter=",", encoding="utf-8"))
    except SourceError as error:
        return error.what


PIECES = st.sampled_from(['"', '""', ",", "\n", "\r", "\r\n", "a", " ", "b,c\n", '"x,y",z\n', "é"])


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PIECES, min_size=1, max_size=30).map("".join))
def test_any_text_is_accounted_for_or_refused(tmp_path: Path, text: str) -> None:
    """The parser's rows are those of the grammar, or the file is refused with a reason."""
    staged = staged_or_reason(tmp_path, "a,b\n" + text)
    if isinstance(staged, str):
        assert "never closed" in staged or "no rows" in staged
        return
    grammar = Dialect(b",")
    records = [grammar.split(r) for r in grammar.records(text.encode(), at_end=True)]
    whole = [(n, *record) for n, record in enumerate(records, 1) if len(record) == 2]
    assert staged.counted == len(records)
    assert staged.rejected == len(records) - len(whole)
    held = [(row["source_row"], row["a"] or "", row["b"] or "") for row in rows(staged)]
    assert held == whole
