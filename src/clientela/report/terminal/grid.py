"""Figures in columns, each with the decimals that its size asks for."""

import math
from collections.abc import Sequence


def grid(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out rows: texts to the left, numbers to the right.

    Examples
    --------
    >>> print(grid(["model", "mae"], [["naive", 646.4], ["tweedie", None]]))
    model      mae
    naive    646.4
    tweedie      -
    """
    cells = [list(header), *[[figure(value) for value in row] for row in rows]]
    widths = [max(len(row[place]) for row in cells) for place in range(len(header))]
    left = [any(isinstance(row[place], str) for row in rows) for place in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if to_left else cell.rjust(width)
            for cell, width, to_left in zip(row, widths, left, strict=True)
        ).rstrip()
        for row in cells
    )


def figure(value: object) -> str:
    """Write a cell; of a number about four digits.

    Examples
    --------
    >>> figure(0.13312), figure(-34.567), figure(2803231.4), figure(7043), figure(float("nan"))
    ('0.1331', '-34.57', '2,803,231', '7,043', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return _double(value) if isinstance(value, float) else str(value)


def _double(value: float) -> str:
    if not math.isfinite(value):
        return "-" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if value and abs(value) < 0.0001:
        return f"{value:.1e}"
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    return f"{value:,.{max(0, 4 - whole)}f}"


def interval(low: object, high: object) -> str:
    """Write an interval, or nothing where there is none.

    Examples
    --------
    >>> interval(0.71, 0.75), interval(None, None)
    ('[0.7100, 0.7500]', '')
    """
    return "" if low is None or high is None else f"[{figure(low)}, {figure(high)}]"


def titled(title: str, body: str) -> str:
    """Put a title over a table; nothing over nothing."""
    return f"{title}\n{body}" if body else ""
