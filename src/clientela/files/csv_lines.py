"""CSV of rows as a spreadsheet of a language reads it, safe to open."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

SIGNS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
FORMULA = re.compile(f"[{SIGNS}]")
INSIDE = re.compile(f'(?<=[;,\t\r\n])(?="*[{SIGNS}])')
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
MARK = b"\xef\xbb\xbf"  # by which spreadsheets know UTF-8, and show accents


class CsvDialect(NamedTuple):
    """How a language writes cells.

    Parameters
    ----------
    separator, decimal : str
        Between cells, and in numbers.
    date : str
        Form of a day.
    flags : pair of str
        False and true.
    """

    separator: str
    decimal: str
    date: str
    flags: tuple[str, str]


DIALECTS = {
    "en": CsvDialect(",", ".", "%Y-%m-%d", ("False", "True")),
    "pt_BR": CsvDialect(";", ",", "%d/%m/%Y", ("FALSO", "VERDADEIRO")),
}
"""As Excel reads a file on a double click: in Brazil with semicolons and decimal commas."""


def csv_lines(rows: Iterable[Sequence[object]], lang: Literal["en", "pt_BR"] = "en") -> bytes:
    r"""Write rows as UTF-8 CSV (RFC 4180), every text in quotes.

    Parameters
    ----------
    rows : iterable of sequences
        Cells: text, numbers, days, flags or None.
    lang : "en" or "pt_BR"
        Whose spreadsheet is to read it.

    Examples
    --------
    >>> csv_lines([("customer_id", "country"), ("=1+1", None)])
    b'"customer_id","country"\r\n"\'=1+1",\r\n'
    >>> csv_lines([("Ana; Lima", 1234.5, dt.date(2012, 1, 8), True)], "pt_BR")
    b'"Ana; Lima";1234,5;08/01/2012;VERDADEIRO\r\n'
    """
    dialect = DIALECTS[lang]
    lines = (dialect.separator.join(_write_cell(cell, dialect) for cell in row) for row in rows)
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")


def _write_cell(cell: object, dialect: CsvDialect) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return dialect.flags[cell]
        case int():
            return str(cell)
        case float() | Decimal():
            return str(cell).replace(".", dialect.decimal)
        case dt.date() if not isinstance(cell, dt.datetime):
            return cell.strftime(dialect.date)
        case _:
            text = str(safe_cell(str(cell))).replace('"', '""')
            return f'"{text}"'


def safe_cell(value: object) -> object:
    """Return a cell that a spreadsheet opens as text, never as a formula.

    One that begins with ``=``, ``+``, ``-``, ``@``, a tab, a line break or a wide form of those
    signs would be computed, so it gets an apostrophe in front, unless it is a plain number such as
    ``-12.50``. Only CSV needs it: xlsx says of every cell what it is.

    References
    ----------
    OWASP, "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection

    Examples
    --------
    >>> [safe_cell(value) for value in ("=1+1", "-12.50", -12.5, "@SUM(A1)", "Ana", None)]
    ["'=1+1", '-12.50', -12.5, "'@SUM(A1)", 'Ana', None]
    >>> safe_cell("Ana;=1+1"), safe_cell("Ana, -2")
    ("Ana;'=1+1", 'Ana, -2')
    """
    if not isinstance(value, str) or NUMBER.fullmatch(value):
        return value
    text = INSIDE.sub("'", value)
    return "'" + text if FORMULA.match(text) else text
