"""The past of a number as a line beside it, small enough to need no axis."""

from collections.abc import Sequence

WIDTH, HEIGHT, MARGIN = 60.0, 16.0, 2.0
"""In units of the drawing, set by eye: as high as a line of text."""
LEAST_POINTS = 3  # by convention: of two the change stands in words


def draw_sparkline(values: Sequence[float]) -> str:
    """Return the points of a line through values, as SVG writes them; empty for too few.

    Examples
    --------
    >>> draw_sparkline([0, 10, 5])
    '0.0,14.0 30.0,2.0 60.0,8.0'
    >>> draw_sparkline([7, 7, 7]), draw_sparkline([1, 2])
    ('0.0,8.0 30.0,8.0 60.0,8.0', '')
    """
    if len(values) < LEAST_POINTS:
        return ""
    lowest, highest = min(values), max(values)
    step, range_ = WIDTH / (len(values) - 1), highest - lowest
    room = HEIGHT - 2 * MARGIN

    def place(value: float) -> float:
        part = (value - lowest) / range_ if range_ else 0.5
        return HEIGHT - MARGIN - part * room

    return " ".join(f"{step * at:.1f},{place(value):.1f}" for at, value in enumerate(values))
