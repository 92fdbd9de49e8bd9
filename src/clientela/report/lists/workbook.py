"""A list as an xlsx workbook, written row by row in little memory."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any

import xlsxwriter

from clientela.errors import InputError
from clientela.i18n import Lang
from clientela.report.lists.kinds import ColumnKind, ListContent

MOST_ROWS = 1_048_575  # of the xlsx format: what a sheet holds below its header
_LONGEST = 32_767  # of the xlsx format: characters of a cell
_DAYS: dict[Lang, str] = {"en": "yyyy-mm-dd", "pt_BR": "dd/mm/yyyy"}
_NUMBERS: dict[ColumnKind, str] = {
    "money": "#,##0.00",
    "count": "#,##0",
    "share": "0%",
    "text": "@",
}


def write_workbook(
    target: IO[bytes], content: ListContent, rows: Iterable[Sequence[object]]
) -> int:
    """Write a sheet with a header to filter by, and return its number of rows.

    Texts are written as texts: ids keep their leading zeros and nothing becomes a formula. The
    same rows give the same bytes.

    Raises
    ------
    InputError
        There are more rows than a sheet holds.
    """
    with _open_book(target, content) as book:
        return _write_rows(book, content, iter(rows))


@contextmanager
def _open_book(target: IO[bytes], content: ListContent) -> Iterator[Any]:
    """Open a workbook, and close it whatever happens: it keeps files of its own."""
    options = {"constant_memory": True, "default_date_format": _DAYS[content.lang]}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties(
        {"title": content.title, "created": content.run.finished_at.replace(tzinfo=None)}
    )
    try:
        yield book
    finally:
        book.close()


def _write_rows(book: Any, content: ListContent, rows: Iterator[Sequence[object]]) -> int:
    sheet = book.add_worksheet(content.title[:31])
    _write_head(book, sheet, content)
    forms = [_make_form(book, column.kind, content.lang) for column in content.kind.columns]
    count = 0
    for count, row in enumerate(islice(rows, MOST_ROWS), start=1):
        for column_index, (value, form) in enumerate(zip(row, forms, strict=True)):
            _write_cell(sheet, (count, column_index), value, form)
    _check_end(rows)
    sheet.autofilter(0, 0, max(count, 1), len(forms) - 1)
    return count


def _write_head(book: Any, sheet: Any, content: ListContent) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#EEEEEE", "border": 1, "text_wrap": True})
    for column_index, column in enumerate(content.kind.columns):
        sheet.set_column(column_index, column_index, column.width)
    sheet.freeze_panes(1, 1)
    for column_index, heading in enumerate(content.header()):
        sheet.write_string(0, column_index, heading, bold)


def _make_form(book: Any, kind: ColumnKind, lang: Lang) -> Any:
    return book.add_format({"num_format": _NUMBERS.get(kind, _DAYS[lang])})


def _write_cell(sheet: Any, cell: tuple[int, int], value: object, form: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(*cell, value[:_LONGEST], form)
    elif isinstance(value, dt.date):
        sheet.write_datetime(*cell, value, form)
    elif isinstance(value, int | float):
        sheet.write_number(*cell, value, form)


def _check_end(rows: Iterator[Sequence[object]]) -> None:
    if next(rows, None) is not None:
        raise InputError(
            f"the list has more than the {MOST_ROWS} rows a sheet holds",
            do="take it as CSV",
        )
