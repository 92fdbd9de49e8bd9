"""Heat maps of the segments: who bought lately and often, when each buys beside everybody."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from clientela.contract.features import FEATURES
from clientela.i18n import name_month
from clientela.report.answer import Axis, Chart, Series
from clientela.serving.dashboard.cross_filter import CrossFilter
from clientela.serving.dashboard.frame import Page
from clientela.store.filters import Condition, FilterGroup, write_filter
from clientela.store.read import Row

SCORES = (1, 2, 3, 4, 5)  # by convention: fifths, as RFM has them
TIMES = ("weekday_share_", "hour_share_")
EVERYBODY = 100.0  # by convention of indices: the average of all customers
Shares = tuple[float | None, float | None]
"""The share of a segment's orders, and of all customers'."""


class HeatMap(NamedTuple):
    """A table whose cells are the stronger the more they hold: text, link and heat from 0 to 1.

    A chart of the same ``key`` leads to the links of its cells, else to those of its rows.
    """

    title: str
    note: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[tuple[str, str, float]]]]
    key: str = ""
    row_links: Sequence[str] = ()


def draw_scores(page: Page, cells: Sequence[Row], narrowed: CrossFilter) -> HeatMap | None:
    """Draw the customers of each pair of scores, those who bought latest and most at the corner."""
    counts = {(row["r_score"], row["f_score"]): row for row in cells}
    if not counts:
        return None
    largest = max(cast(float, row["customers"]) for row in cells)

    def draw(recency: int, frequency: int) -> tuple[str, str, float]:
        row = counts.get((recency, frequency))
        if row is None:
            return "", "", 0.0
        conditions = (Condition("r_score", "=", recency), Condition("f_score", "=", frequency))
        link = page.link(
            "customers", filter=write_filter(narrowed.narrow(FilterGroup("and", conditions)))
        )
        number = cast(float, row["customers"])
        return page.write(number, "count"), link if page.may("lists") else "", number / largest

    return HeatMap(
        page.say("heat.scores"),
        page.say("heat.scores_note"),
        [page.say("heat.recency", score=score) for score in SCORES],
        [
            (
                page.say("heat.frequency", score=frequency),
                [draw(recency, frequency) for recency in SCORES],
            )
            for frequency in reversed(SCORES)
        ],
    )


def draw_habits(page: Page, segments: Sequence[Row], months: Sequence[Row]) -> Iterable[Chart]:
    """Draw on which days, at which hours and in which months the orders of each segment fall.

    A cell is its share over that of all customers, which stands beside the column's name. Nothing
    for what the data do not say, such as the hour.
    """
    for prefix in TIMES:
        names = [feature.name for feature in FEATURES if feature.name.startswith(prefix)]
        shares = [[_read_shares(row, name) for name in names] for row in segments]
        heads = [page.name_feature(name) for name in names]
        yield from _draw_shares(page, prefix.rstrip("_"), heads, segments, shares)
    by_place = {(row["segment"], row["month"]): row for row in months}
    numbers = sorted({cast(int, row["month"]) for row in months})
    shares = [
        [_read_month(by_place.get((row["segment"], number))) for number in numbers]
        for row in segments
    ]
    heads = [name_month(number, page.lang) for number in numbers]
    yield from _draw_shares(page, "month_share", heads, segments, shares)


def _draw_shares(
    page: Page,
    key: str,
    heads: Sequence[str],
    segments: Sequence[Row],
    shares: Sequence[Sequence[Shares]],
) -> Iterable[Chart]:
    """Draw shares over those of all customers; nothing where all is in one column."""
    base = [
        next((row[place][1] for row in shares if row[place][1]), None)
        for place in range(len(heads))
    ]
    known = [place for place, share in enumerate(base) if share]
    if len(known) < 2:
        return
    rows = [
        (str(segment[f"name_{page.lang.lower()}"]), [row[place] for place in known])
        for segment, row in zip(segments, shares, strict=True)
    ]
    yield Chart(
        key.replace("_", "-"),
        page.say(f"heat.{key}"),
        "heat",
        tuple(Series(name, tuple(map(_divide, cells))) for name, cells in rows),
        tuple(f"{heads[place]} {page.write(base[place], 'share')}" for place in known),
        value=Axis(page.say("heat.index"), "index"),
        centre=EVERYBODY,
        note=page.say("heat.month_note" if key == "month_share" else "heat.times_note"),
    )


def _divide(shares: Shares) -> float | None:
    own, base = shares
    return None if own is None or not base else EVERYBODY * own / base


def _read_shares(segment: Row, name: str) -> Shares:
    """Return the mean of a segment and, by its index, that of all customers."""
    profile = cast(dict[str, Any], segment["profile"])
    told = cast("dict[str, float | None]", profile.get(name) or {})
    mean, index = told.get("mean"), told.get("index")
    return mean, mean * EVERYBODY / index if mean is not None and index else None


def _read_month(row: Row | None) -> Shares:
    names = ("orders_share", "base_share")
    own, base = (None if row is None else cast(float, row[name]) for name in names)
    return own, base
