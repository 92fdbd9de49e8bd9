"""The dictionary as a workbook of one sheet, to be filtered and sorted."""

import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter

from clientela.i18n import Lang, t
from clientela.report.dictionary.entry import DictionaryEntry
from clientela.report.dictionary.words import unit

COLUMNS = {
    "place": 20,
    "table": 20,
    "column": 26,
    "type": 24,
    "unit": 14,
    "meaning": 80,
    "from": 18,
    "to": 18,
    "values": 16,
    "missing": 10,
}


def workbook(entries: Sequence[DictionaryEntry], lang: Lang) -> bytes:
    """Give a row for each entry; texts are written as texts, so that none becomes a formula."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "remove_timezone": True})
    sheet = book.add_worksheet(t("dictionary.title", lang))
    _head(book, sheet, lang)
    forms = {
        dt.datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        dt.date: book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    share = book.add_format({"num_format": "0.0%"})
    for row, entry in enumerate(entries, start=1):
        for column, value in enumerate(_values(entry, lang)):
            form = share if column == len(COLUMNS) - 1 else forms.get(type(value))
            _write(sheet, (row, column), value, form)
    sheet.autofilter(0, 0, len(entries), len(COLUMNS) - 1)
    book.close()
    return content.getvalue()


def _head(book: Any, sheet: Any, lang: Lang) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#EEEEEE", "border": 1})
    for column, (name, width) in enumerate(COLUMNS.items()):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, t(f"dictionary.{name}", lang), bold)
    sheet.freeze_panes(1, 3)


def _values(entry: DictionaryEntry, lang: Lang) -> list[Any]:
    facts = entry.facts
    return [
        t(f"dictionary.{entry.place}", lang),
        entry.table,
        entry.column,
        entry.type,
        unit(entry, lang),
        t(entry.meaning_key, lang),
        facts.low,
        facts.high,
        facts.values,
        facts.missing,
    ]


def _write(sheet: Any, cell: tuple[int, int], value: Any, form: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(*cell, value)
    elif isinstance(value, dt.date):
        sheet.write_datetime(*cell, value, form)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(*cell, value, form)
