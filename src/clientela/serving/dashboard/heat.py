"""Heat maps of the segments: who bought lately and often, and when each segment buys."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from clientela.contract.features import FEATURES
from clientela.serving.dashboard.cross_filter import CrossFilter
from clientela.serving.dashboard.frame import Page
from clientela.store.filters import Condition, FilterGroup, write_filter
from clientela.store.read import Row

SCORES = (1, 2, 3, 4, 5)  # by convention: fifths, as RFM has them
TIMES = ("weekday_share_", "hour_share_")


class HeatMap(NamedTuple):
    """A table whose cells are the stronger the more they hold: text, link and heat from 0 to 1.

    A chart of the same ``key`` leads to the links of its cells.
    """

    title: str
    note: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[tuple[str, str, float]]]]
    key: str = ""


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


def draw_times(page: Page, segments: Sequence[Row]) -> Iterable[HeatMap]:
    """Draw on which days of the week, and at which hours, the orders of each segment fall.

    Nothing for what the data do not say, such as the hour.
    """
    for prefix in TIMES:
        names = [feature.name for feature in FEATURES if feature.name.startswith(prefix)]
        rows = [(row, [_read_mean(row, name) for name in names]) for row in segments]
        shares = [share for _, means in rows for share in means if share is not None]
        if len({share for share in shares if share}) > 1:
            yield HeatMap(
                page.say(f"heat.{prefix.rstrip('_')}"),
                page.say("heat.times_note"),
                [page.name_feature(name) for name in names],
                [
                    (
                        str(row[f"name_{page.lang.lower()}"]),
                        [
                            (page.write(mean, "share"), "", (mean or 0.0) / max(shares))
                            for mean in means
                        ],
                    )
                    for row, means in rows
                ],
            )


def _read_mean(segment: Row, name: str) -> float | None:
    profile = cast(dict[str, Any], segment["profile"])
    return cast("float | None", (profile.get(name) or {}).get("mean"))
