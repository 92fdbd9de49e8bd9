"""The rhythm of a customer: days of purchase on one line, with the usual gap and today."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from clientela.serving.dashboard.frame import Page
from clientela.store.read import Row

if TYPE_CHECKING:
    from clientela.privacy.access import Order

WIDTH, HEIGHT = 600.0, 24.0
"""In units of the drawing, which is stretched to its column."""
MOST_DAYS = 3 * 366  # by convention: three seasons, as the columns of the timeline
Strip = tuple[str, float, float, float]


def say_rhythm(page: Page, row: Row) -> str:
    """Say how long ago they bought beside how long they usually wait; empty after one order."""
    usual, silent = row["gap_days_mean"], row["days_since_last"]
    if usual is None or silent is None:
        return ""
    late = cast(float, silent) > cast(float, usual)
    return page.say(
        "customer.late" if late else "customer.in_time",
        days=page.write(silent, "days"),
        usual=page.write(round(cast(float, usual)), "days"),
    )


def build_strip(page: Page, row: Row, orders: Sequence["Order"]) -> tuple[Strip, list[str]] | None:
    """Build the line of a customer's days of purchase, with what it shows in words.

    None where they bought on one day, or none of their orders is at hand.
    """
    usual, today = row["gap_days_mean"], page.run.as_of
    oldest = today - dt.timedelta(MOST_DAYS)
    bought = {order.day for order in orders if order.kind == "sale"}
    days = sorted(day for day in bought if day >= oldest)
    if usual is None or len(days) < 2:
        return None
    gap = round(cast(float, usual))
    words = page.say(
        "customer.strip",
        count=page.write(len(days)),
        first=page.write(days[0]),
        last=page.write(days[-1]),
        usual=page.write(gap, "days"),
        today=page.write(today),
    )
    ends = [page.write(days[0]), page.write(max(today, days[-1] + dt.timedelta(gap)))]
    return draw_strip(days, gap, today), [words, *ends]


def draw_strip(days: Sequence[dt.date], gap: int, today: dt.date) -> Strip:
    """Return ticks as an SVG path, start and width of the usual gap after the last, and today.

    Examples
    --------
    >>> first = dt.date(2011, 1, 1)
    >>> draw_strip([first, dt.date(2011, 1, 3)], 2, dt.date(2011, 1, 7))
    ('M0.0,0V24M200.0,0V24', 200.0, 200.0, 600.0)
    """
    last = days[-1]
    length = max((max(today, last + dt.timedelta(gap)) - days[0]).days, 1)

    def place(day: dt.date) -> float:
        return round((day - days[0]).days * WIDTH / length, 1)

    ticks = "".join(f"M{place(day)},0V{HEIGHT:.0f}" for day in days)
    return ticks, place(last), round(gap * WIDTH / length, 1), place(today)
