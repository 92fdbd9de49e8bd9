"""Tables and figures on a terminal, drawn by rich."""

import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH = 10_000  # a line is never broken: pipes and tests read the same as people
SIGNIFICANT = 4  # by convention: four digits tell two models apart
SMALLEST = 0.0001  # below it the four decimals would all be zero


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
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return _format_float(value) if isinstance(value, float) else str(value)


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
    return "" if low is None or high is None else f"[{format_figure(low)}, {format_figure(high)}]"


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
        table.add_column(name, justify="left" if is_text else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(write(cell)) for cell in row))
    file = io.StringIO()
    Console(file=file, width=WIDTH, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


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
