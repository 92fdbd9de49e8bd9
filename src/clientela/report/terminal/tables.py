"""Tables and figures on a terminal, drawn by rich."""

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clientela.i18n import Lang, load_catalogue, t

WIDTH = 10_000  # a line is never broken: pipes and tests read the same as people
SIGNIFICANT = 4  # by convention: four digits tell two models apart
SMALLEST = 0.0001  # below it the four decimals would all be zero


_language: ContextVar[Lang] = ContextVar("language", default="en")
_SWAPPED = str.maketrans(",.", ".,")


@contextmanager
def write_numbers_in(lang: Lang) -> Iterator[None]:
    """Let figures be written as readers of a language do, for as long as the block lasts.

    Examples
    --------
    >>> with write_numbers_in("pt_BR"):
    ...     format_figure(2803231.4), format_figure(0.13312), format_figure(True)
    ('2.803.231', '0,1331', 'sim')
    """
    token = _language.set(lang)
    try:
        yield
    finally:
        _language.reset(token)


def format_figure(value: object) -> str:
    """Write a cell; of a number about four digits.

    Examples
    --------
    >>> numbers = (0.13312, -34.567, 2803231.4, 7043, float("nan"))
    >>> [format_figure(number) for number in numbers]
    ['0.1331', '-34.57', '2,803,231', '7,043', '-']
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return t(f"report.btyd.{'yes' if value else 'no'}", _language.get())
    if not isinstance(value, int | float):
        return str(value)
    return _localize(f"{value:,}" if isinstance(value, int) else _format_float(value))


def format_decimals(value: float, digits: int) -> str:
    """Write a number with so many decimals.

    Examples
    --------
    >>> format_decimals(-9582.4291, 3)
    '-9582.429'
    """
    return _localize(f"{value:.{digits}f}")


def _localize(number: str) -> str:
    return number.translate(_SWAPPED) if _language.get() == "pt_BR" else number


def _format_float(value: float) -> str:
    if not math.isfinite(value):
        return "-" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if value and abs(value) < SMALLEST:
        return f"{value:.1e}"
    integer_digits = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    return f"{value:,.{max(0, SIGNIFICANT - integer_digits)}f}"


def format_interval(low: object, high: object) -> str:
    """Write an interval, or nothing where there is none.

    Examples
    --------
    >>> format_interval(0.71, 0.75), format_interval(None, None)
    ('[0.7100, 0.7500]', '')
    """
    apart = "; " if _language.get() == "pt_BR" else ", "  # a comma stands within the numbers
    ends = format_figure(low), format_figure(high)
    return "" if low is None or high is None else f"[{apart.join(ends)}]"


def format_table(
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    write: Callable[[object], str] = format_figure,
) -> str:
    """Lay out rows: texts to the left, numbers to the right; nothing without rows.

    Examples
    --------
    >>> print(format_table(["model", "mae"], [["naive", 646.4], ["tweedie", None]]))
    model      mae
    naive    646.4
    tweedie      -
    """
    if not rows:
        return ""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for name, *cells in zip(header, *rows, strict=True):
        is_text = any(isinstance(cell, str) for cell in cells)
        table.add_column(_name_column(name), justify="left" if is_text else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(write(cell)) for cell in row))
    file = io.StringIO()
    Console(file=file, width=WIDTH, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def _name_column(name: str) -> str:
    """Return the heading of a column in the language that figures are written in."""
    return load_catalogue(_language.get()).get(f"terminal.column.{name}", name)


def format_records(columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Lay out rows by the names of their columns, each under its heading.

    Examples
    --------
    >>> print(format_records({"customer_group": "group"}, [{"customer_group": "new", "days": 90}]))
    group
    new
    """
    return format_table([*columns.values()], [[row[name] for name in columns] for row in rows])


def format_section(title: str, body: str, *, underline: bool = False) -> str:
    """Put a title over a text; nothing over nothing."""
    if not body:
        return ""
    return f"{title}\n{'-' * len(title)}\n{body}" if underline else f"{title}\n{body}"
