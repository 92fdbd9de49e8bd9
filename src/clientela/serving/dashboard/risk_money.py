"""Money at risk by segment and risk, and a slider of how far down the list one goes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from litestar import MediaType, Response
from litestar.params import FromQuery

from clientela.errors import PlatformError
from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Series
from clientela.serving.dashboard.cross_filter import CrossFilter
from clientela.serving.dashboard.frame import HOME, Page, load_environment, open_page
from clientela.serving.dashboard.heat import HeatMap
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.routes.risk_money import read_thresholds
from clientela.store.filters import Condition, FilterGroup, write_filter
from clientela.store.read import Row

GONE = "gone"
BANDS = ("high", "medium", "low", GONE)
LOSSES = "losses"
RANK = "contact_rank"
"""Only customers of the list at risk have one."""
COLUMNS = (
    ("threshold", "amount"),
    ("customers", "count"),
    ("expected_loss", "amount"),
    ("at_stake", "amount"),
    ("profit", "amount"),
    ("break_even_share", "share"),
)


class Reach(NamedTuple):
    """A threshold in words: whom it reaches with their list, what it brings, its place."""

    place: int
    sentences: Sequence[str]
    link: str


class Slider(NamedTuple):
    """The places of a slider, the one that is chosen, and all of them as a table."""

    last: int
    reach: Reach
    table: AnswerTable


async def draw_losses(page: Page, names: Mapping[int, str]) -> list[Chart]:
    """Draw what may be lost of each segment besides who is gone; nothing while busy."""
    try:
        rows = (await get_filters(page.request).count_bands(page.request)).content
    except PlatformError:
        return []
    if len(names) < 2 or all(row["expected_loss"] is None for row in rows):
        return []
    losses = dict.fromkeys(names, 0.0)
    for row in rows:
        if row["segment"] in losses and row["churn_band"] != GONE:
            losses[row["segment"]] += _measure(row)
    return [
        Chart(
            LOSSES,
            page.say("risk.losses"),
            "bars",
            (Series(page.say("risk.loss"), tuple(losses.values())),),
            tuple(names.values()),
            value=Axis(format="money"),
            currency=page.run.currency,
        )
    ]


async def draw_bands(page: Page, names: Mapping[int, str], narrowed: CrossFilter) -> list[HeatMap]:
    """Draw what may be lost by segment and risk; nothing while filters are busy."""
    try:
        count = get_filters(page.request).count_bands
        rows = (await count(page.request, narrowed.tree)).content
    except PlatformError:
        return []
    cells = {(row["segment"], row["churn_band"]): row for row in rows}
    bands = [band for band in BANDS if any(key[1] == band for key in cells)]
    if not bands:
        return []
    most = max((_measure(row) for row in rows), default=0.0) or 1.0

    def draw(segment: int, band: str) -> tuple[str, str, float]:
        row = cells.get((segment, band))
        if row is None:
            return "", "", 0.0
        conditions = (Condition("segment", "=", segment), Condition("churn_band", "=", band))
        tree = narrowed.narrow(FilterGroup("and", conditions))
        link = page.link("customers", filter=write_filter(tree))
        count = page.write(row["customers"], "count")
        if row["expected_loss"] is None:
            return count, link, 0.0
        return f"{page.write(row['expected_loss'], 'amount')} · {count}", link, _measure(row) / most

    heads = [page.say(f"risk.band.{band}") for band in bands]
    lines = [
        (name, [draw(segment, band) for band in bands])
        for segment, name in names.items()
        if narrowed.segments is None or segment in narrowed.segments
    ]
    return [HeatMap(page.say("risk.bands"), page.say("risk.bands_note"), heads, lines)]


def _measure(row: Row) -> float:
    return cast("float | None", row["expected_loss"]) or 0.0


async def build_slider(page: Page, place: str) -> Slider | None:
    """Build the slider with what the chosen threshold brings; None where there is none."""
    try:
        rows = await read_thresholds(page.request)
    except PlatformError:  # filters are busy, or were made by another build
        return None
    if not rows:
        return None
    chosen = next((number for number, row in enumerate(rows) if row["chosen"]), len(rows) // 2)
    at = min(int(place), len(rows) - 1) if place.isdecimal() and len(place) < 5 else chosen
    heads = tuple(AnswerColumn(page.say(f"risk.threshold.{name}"), True) for name, _ in COLUMNS)
    lines = tuple(tuple(page.write(row[name], unit) for name, unit in COLUMNS) for row in rows)
    table = AnswerTable("thresholds", page.say("risk.thresholds"), heads, lines, strong=(at,))
    return Slider(len(rows) - 1, _tell_reach(page, rows[at], at), table)


def _tell_reach(page: Page, row: Row, at: int) -> Reach:
    """Tell whom a threshold reaches today, and what it brought on a past list."""
    threshold = cast(float, row["threshold"])
    values = {name: page.write(row[name], unit) for name, unit in COLUMNS}
    values |= {name: page.write(row[name], "amount") for name in ("profit_low", "profit_high")}
    values["contacts"] = page.write(row["contacts"], "count")
    earns = "no_profit" if row["profit"] is None else "earns"
    even = ("even",) if row["break_even_share"] is not None else ()
    keys = ("reach", "past", earns, *even)
    conditions = (Condition(RANK, "!=", None), Condition("expected_loss", ">=", threshold))
    filter_text = write_filter(FilterGroup("and", conditions))
    link = page.link("customers", filter=filter_text, sort="-expected_loss")
    return Reach(at, [page.say(f"risk.threshold.{key}", **values) for key in keys], link)


@read(HOME + "/risk/threshold", right="lists")
async def show_threshold(
    request: AnyRequest, threshold: FromQuery[str] = "", lang: LangQuery = None
) -> Response[str]:
    """Show what a place of the slider brings."""
    page, _ = await open_page(request, "risk", lang)
    slider = await build_slider(page, threshold)
    content: dict[str, Any] = {"say": page.say, "reach": slider and slider.reach}
    html = load_environment().get_template("reach.html").render(content)
    return Response(html, media_type=MediaType.HTML)
