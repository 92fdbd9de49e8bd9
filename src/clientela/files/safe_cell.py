"""Cells that a spreadsheet opens as text, never as formulas.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab, a line break or one of the wide forms of
those signs would be computed, so it gets an apostrophe in front, unless it is a plain number such
as ``-12.50``. Only CSV needs it: xlsx says of every cell what it is.

References
----------
OWASP, "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection
"""

import re

SIGNS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
FORMULA = re.compile(f"[{SIGNS}]")
INSIDE = re.compile(f'(?<=[;,\t\r\n])(?="*[{SIGNS}])')
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def safe_cell(value: object) -> object:
    """Return a cell that no spreadsheet computes.

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
