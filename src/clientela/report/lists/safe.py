"""Cells that a spreadsheet opens as text, never as formulas.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab, a line break or one of the wide forms of
those signs would be computed, so it gets an apostrophe in front, unless it is a plain number such
as ``-12.50``. Only CSV needs it: xlsx says of every cell what it is.

References
----------
OWASP, "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

_SIGNS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(f"[{_SIGNS}]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def safe_cell(value: object) -> object:
    """Give a cell that no spreadsheet computes.

    Examples
    --------
    >>> [safe_cell(value) for value in ("=1+1", "-12.50", -12.5, "@SUM(A1)", "Ana", None)]
    ["'=1+1", '-12.50', -12.5, "'@SUM(A1)", 'Ana', None]
    """
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


def safe_columns(rows: pa.Table) -> pa.Table:
    """Do the same to every text of a table.

    Examples
    --------
    >>> safe_columns(pa.table({"id": ["=1+1", "-12", None]}))["id"].to_pylist()
    ["'=1+1", '-12', None]
    """
    for place, field in enumerate(rows.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            rows = rows.set_column(place, field.name, _safe(rows[field.name]))
    return rows


def _safe(values: pa.ChunkedArray) -> pa.ChunkedArray:
    computed = pc.match_substring_regex(values, f"^{_FORMULA.pattern}")
    number = pc.match_substring_regex(values, f"^{_NUMBER.pattern}\\z")
    marked = pc.binary_join_element_wise(pa.scalar("'", values.type), values, "")
    return pc.if_else(pc.and_not(computed, number), marked, values)
