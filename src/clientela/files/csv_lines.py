"""CSV of rows, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from clientela.files.safe_cell import safe_cell

MARK = b"\xef\xbb\xbf"  # by which spreadsheets know UTF-8, and show accents


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
