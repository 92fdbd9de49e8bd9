"""Inputs that would hang, fill the memory or end in a stack trace: a sentence each."""

import os
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources import spreadsheet
from clientela.sources.reading import peek


def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="pipe or device"):
        peek(str(tmp_path / "pipe"), Source())


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_UNPACKED_BYTES", 10**6)
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (10**6 + 1))
    with pytest.raises(SourceError, match="unpacks to"):
        peek(str(tmp_path / "b.xlsx"), Source())


def test_nested_columns_are_left_out_and_bytes_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    table = pa.table({"id": ["1"], "tags": [["a"]], "place": [{"city": "Rio"}]})
    pq.write_table(table, path)
    assert peek(str(path), Source()).columns == ("id",)
    pq.write_table(table.append_column("photo", [[b"\xff\x00"]]), path)
    with pytest.raises(SourceError, match="column photo holds bytes"):
        peek(str(path), Source())


@pytest.mark.slow
def test_one_cell_far_away_does_not_take_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["customer_id", "date", "amount"])
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(SourceError, match=r"reaches to row 1,048,576 and column 16,384") as caught:
        peek(str(path), Source())
    assert "Ctrl+End" in caught.value.do
