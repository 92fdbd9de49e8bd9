"""The data dictionary as Markdown, HTML page and workbook."""

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter
from jinja2 import Environment, PackageLoader

from clientela.errors import InputError
from clientela.files.atomic_write import aside
from clientela.i18n import Lang, format_date, format_number, format_share, t
from clientela.report.dictionary.entries import DictionaryEntry, Value

CELLS = ("column", "type", "unit", "meaning", "range", "missing")
WIDTHS = {
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
"""Columns of the workbook, with their widths in characters."""


def write_entries(entries: Sequence[DictionaryEntry], path: Path, lang: Lang) -> None:
    """Write the dictionary in the form that the suffix of the path names.

    Raises
    ------
    InputError
        The suffix is none of those of ``FORMS``.
    """
    build = FORMS.get(path.suffix.lower())
    if build is None:
        raise InputError(
            f"no form of the dictionary ends in '{path.suffix}'",
            where=str(path),
            do=f"end the name in one of {', '.join(FORMS)}",
        )
    with aside(path) as draft:
        draft.write_bytes(build(entries, lang))


def _group_by_table(
    entries: Sequence[DictionaryEntry],
) -> Iterator[tuple[DictionaryEntry, list[DictionaryEntry]]]:
    """Yield each table's entries together, with the first of them to name the table."""
    for _, group in groupby(entries, key=lambda entry: (entry.place, entry.table)):
        listed = list(group)
        yield listed[0], listed


def _list_headings(lang: Lang) -> list[str]:
    return [t(f"dictionary.{name}", lang) for name in CELLS]


def format_cells(entry: DictionaryEntry, lang: Lang) -> list[str]:
    """Return an entry as text, a cell for each of ``CELLS``."""
    return [
        entry.column,
        entry.type,
        _name_unit(entry, lang),
        t(entry.meaning_key, lang),
        format_range(entry.low, entry.high, entry.values, lang),
        "" if entry.missing is None else format_share(entry.missing, lang),
    ]


def _name_unit(entry: DictionaryEntry, lang: Lang) -> str:
    """Return the unit in words; empty for texts."""
    return t(f"dictionary.unit.{entry.unit}", lang) if entry.unit else ""


def _caption(first: DictionaryEntry, lang: Lang) -> str:
    """Return the meaning of a table, and its number of rows."""
    meaning = t(first.table_meaning_key, lang)
    if first.missing is None:
        return meaning
    return f"{meaning} {t('dictionary.rows', lang, rows=format_number(first.rows, lang))}."


def format_range(low: Value | None, high: Value | None, values: int | None, lang: Lang) -> str:
    """Write the range of a number, day or moment, or how many texts there are.

    Examples
    --------
    >>> format_range(-3, Decimal("168469.6"), None, "pt_BR")
    '-3 a 168.469,6'
    >>> format_range(None, None, 1, "en")
    'one value'
    """
    if low is not None and high is not None:
        first, last = _format_value(low, lang), _format_value(high, lang)
        return first if first == last else t("dictionary.span", lang, low=first, high=last)
    if not values:
        return ""
    if values == 1:
        return t("dictionary.distinct_one", lang)
    return t("dictionary.distinct", lang, values=format_number(values, lang))


def _format_value(value: Value, lang: Lang) -> str:
    if isinstance(value, dt.datetime):
        return f"{format_date(value.date(), lang)} {value:%H:%M}"
    if isinstance(value, dt.date):
        return format_date(value, lang)
    rounded = round(Decimal(str(value)), 4)
    decimals = max(0, -int(rounded.normalize().as_tuple().exponent))
    return format_number(rounded, lang, decimals)


def build_markdown(entries: Sequence[DictionaryEntry], lang: Lang) -> bytes:
    """Return a section for each table, with a table of its columns."""
    lines = [f"# {t('dictionary.title', lang)}", "", t("dictionary.intro", lang), ""]
    section = None
    for first, listed in _group_by_table(entries):
        if first.place != section:
            section = first.place
            lines += [f"## {t(f'dictionary.{section}', lang)}", ""]
            lines += [t(f"dictionary.in_{section}", lang), ""]
        rows = [_list_headings(lang), ["---"] * len(CELLS)]
        rows += [format_cells(entry, lang) for entry in listed]
        table = ("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows)
        lines += [f"### {first.table}", "", _caption(first, lang), "", *table, ""]
    return "\n".join(lines).encode()


def build_html(entries: Sequence[DictionaryEntry], lang: Lang) -> bytes:
    """Return a chapter for each place, with a section for each of its tables."""
    loader = PackageLoader("clientela.report.dictionary")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    text = environment.get_template("page.html").render(
        lang=lang.replace("_", "-"),
        title=t("dictionary.title", lang),
        intro=t("dictionary.intro", lang),
        header=_list_headings(lang),
        chapters=_list_chapters(entries, lang),
    )
    return text.encode()


def _list_chapters(entries: Sequence[DictionaryEntry], lang: Lang) -> list[dict[str, object]]:
    sections: dict[str, list[dict[str, object]]] = {}
    for first, listed in _group_by_table(entries):
        section: dict[str, object] = {
            "id": f"{first.place}-{first.table}",
            "table": first.table,
            "caption": _caption(first, lang),
            "rows": [format_cells(entry, lang) for entry in listed],
        }
        sections.setdefault(first.place, []).append(section)
    return [
        {
            "name": t(f"dictionary.{section}", lang),
            "intro": t(f"dictionary.in_{section}", lang),
            "sections": listed,
        }
        for section, listed in sections.items()
    ]


def build_workbook(entries: Sequence[DictionaryEntry], lang: Lang) -> bytes:
    """Return a workbook with a row for each entry, and no formula."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "remove_timezone": True})
    sheet = book.add_worksheet(t("dictionary.title", lang))
    _write_head(book, sheet, lang)
    formats = {
        dt.datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        dt.date: book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    share = book.add_format({"num_format": "0.0%"})
    for row, entry in enumerate(entries, start=1):
        for column, (name, value) in enumerate(_list_values(entry, lang).items()):
            form = share if name == "missing" else formats.get(type(value))
            if isinstance(value, str):
                sheet.write_string(row, column, value)
            elif isinstance(value, dt.date):
                sheet.write_datetime(row, column, value, form)
            elif isinstance(value, int | float | Decimal):
                sheet.write_number(row, column, value, form)
    sheet.autofilter(0, 0, len(entries), len(WIDTHS) - 1)
    book.close()
    return content.getvalue()


def _write_head(book: Any, sheet: Any, lang: Lang) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#EEEEEE", "border": 1})
    for column, (name, width) in enumerate(WIDTHS.items()):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, t(f"dictionary.{name}", lang), bold)
    sheet.freeze_panes(1, 3)


def _list_values(entry: DictionaryEntry, lang: Lang) -> dict[str, Any]:
    return {
        "place": t(f"dictionary.{entry.place}", lang),
        "table": entry.table,
        "column": entry.column,
        "type": entry.type,
        "unit": _name_unit(entry, lang),
        "meaning": t(entry.meaning_key, lang),
        "from": entry.low,
        "to": entry.high,
        "values": entry.values,
        "missing": entry.missing,
    }


FORMS = {".md": build_markdown, ".html": build_html, ".xlsx": build_workbook}
