"""Sheets of xlsx files."""

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources.guard import Guard
from clientela.sources.reading import peek, stage


def book(folder: Path, **sheets: list[list[Any]]) -> str:
    """Write a workbook, under a name that does not tell what it is."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "export.dat"
    made.save(path)
    return str(path)


SALES: list[list[Any]] = [
    [None, None, None, None],
    ["id", "data ", "valor", "código"],
    [17850, dt.datetime(2010, 12, 1, 8, 26), 2.5, "A1"],
    [None, None, None, None],
    [17851.0, dt.date(2010, 12, 2), -3, 22],
    [17852, "soon", None, "1.234"],
]


def test_a_sheet_is_read_as_people_see_it(tmp_path: Path) -> None:
    path = book(tmp_path, Vendas=SALES)
    staged = stage(path, Source(), Guard(), tmp_path)
    assert pq.read_table(staged.path).to_pylist() == [
        {"source_row": 1, "id": "17850", "data": "2010-12-01 08:26:00", "valor": "2.5",
         "código": "A1"},
        {"source_row": 2, "id": "17851", "data": "2010-12-02", "valor": "-3", "código": "22"},
        {"source_row": 3, "id": "17852", "data": "soon", "valor": None, "código": "1.234"},
    ]  # fmt: skip
    assert staged.typed == {"id", "valor"}
    assert (staged.counted, staged.parsed) == (3, 3)
    assert staged.details == {"format": "spreadsheet", "sheet": "Vendas"}
    assert peek(path, Source()).rows[0] == ("17850", "2010-12-01 08:26:00", "2.5", "A1")


def test_a_sheet_is_chosen_by_its_name(tmp_path: Path) -> None:
    path = book(tmp_path, Capa=[["hello"]], Vendas=SALES)
    assert peek(path, Source(sheet="Vendas")).columns == ("id", "data", "valor", "código")
    with pytest.raises(SourceError, match="no sheet 'Compras'") as caught:
        peek(path, Source(sheet="Compras"))
    assert "Capa, Vendas" in caught.value.do


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "the sheet is empty"),
        ([["a", "b"]], "a header and no rows"),
        ([["a", "A"], [1, 2]], "the same name"),
    ],
)
def test_faults_are_told(tmp_path: Path, rows: list[list[Any]], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        stage(book(tmp_path, Sheet=rows), Source(), Guard(), tmp_path)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = Path(book(tmp_path, Sheet=SALES))
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(SourceError, match="the spreadsheet cannot be read"):
        peek(str(path), Source())


def test_columns_are_dropped_before_anything_is_written(tmp_path: Path) -> None:
    guard = Guard(drop=frozenset({"Código"}))
    staged = stage(book(tmp_path, Sheet=SALES), Source(), guard, tmp_path / "staged")
    assert staged.columns == ("id", "data", "valor")
    assert b"1.234" not in staged.path.read_bytes()
