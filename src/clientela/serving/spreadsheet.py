"""CSV that a spreadsheet opens as text, never as formulas.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break would be computed by
spreadsheets, so it gets an apostrophe in front, unless it is a plain number such as ``-12.50``.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def safe_cell(value: object) -> object:
    """Give a cell that no spreadsheet computes.

    Examples
    --------
    >>> [safe_cell(value) for value in ("=1+1", "-12.50", -12.5, "@SUM(A1)", "Ana", None)]
    ["'=1+1", '-12.50', -12.5, "'@SUM(A1)", 'Ana', None]
    """
    if isinstance(value, str) and value.startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


def csv_lines(rows: Iterable[Sequence[object]]) -> bytes:
    r"""Write rows as UTF-8 CSV (RFC 4180).

    Examples
    --------
    >>> csv_lines([("customer_id", "country"), ("=1+1", None)])
    b"customer_id,country\r\n'=1+1,\r\n"
    """
    text = io.StringIO(newline="")
    csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")
