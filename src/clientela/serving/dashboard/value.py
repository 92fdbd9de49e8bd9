"""Value: what revenue is expected and over which days, who orders when, how few bring how much."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from litestar import MediaType, Response
from litestar.params import FromQuery

from clientela.errors import PlatformError
from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Mark, Series
from clientela.serving.dashboard.annotations import list_notes, list_targets, read_annotations
from clientela.serving.dashboard.cohorts import draw_cohorts
from clientela.serving.dashboard.comparison import read_figures
from clientela.serving.dashboard.cross_filter import (
    CrossFilter,
    list_narrowings,
    read_cross_filter,
)
from clientela.serving.dashboard.day_calendar import draw_calendar
from clientela.serving.dashboard.frame import (
    HOME,
    NOTHING,
    Page,
    load_environment,
    open_page,
    title_answer,
)
from clientela.serving.dashboard.revenue_chart import draw_revenue, list_month_buyers
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.routes.report import read_answers
from clientela.serving.routes.value import (
    NEXT_ORDER,
    SPENT,
    find_lifetime,
    read_horizons,
    read_top_shares,
)
from clientela.store.filters import Condition, write_filter
from clientela.store.read import Row

ORDER_DAYS = (7, 30)  # by convention: the week and the month that a campaign is planned for
ASKED_DAYS = (30, 90, 365)  # by convention: a month, a quarter and a year, which people plan by
TILES = {"expected_revenue_known": "-expected_revenue", "expected_revenue_new": ""}
"""The forecasts of the page with the order of the list behind each; new customers have none."""
BY_SEGMENT = "worth_by_segment"
"""The report's chart of what each segment is worth."""
USUAL_SHARE = 0.1  # by convention: the tenth who spend most, as the report tells of them


class SharePoint(NamedTuple):
    """A place on the curve: in words, with the list of those customers."""

    place: int
    sentence: str
    link: str


class ShareCurve(NamedTuple):
    """The places of a slider along the curve, the one that is chosen, and the curve."""

    last: int
    point: SharePoint
    chart: Chart


@read(HOME + "/value", right="aggregates")
async def show_value(
    request: AnyRequest, point: FromQuery[str] = "", lang: LangQuery = None
) -> Response[str]:
    """Show what revenue is expected, of whom and by when, and how few bring how much."""
    page, results = await open_page(request, "value", lang)
    figures = await read_figures(page, results)
    tiles = [
        page.build_tile(name, figures, sort and page.link("customers", sort=sort))
        for name, sort in TILES.items()
    ]
    answers = await read_answers(request, page.lang)
    parts = [answers[key] for key in ("value", "expected") if key in answers]
    title, finding = title_answer(parts[0] if parts else None, page.say("value.none"))
    written = await read_annotations(results)
    months = await draw_revenue(page, results, written)
    published = await results.ask(lambda reader: reader.table("revenue_by_month").content)
    names = await results.read_names(page.run.run_id, page.lang)
    narrowed = await read_cross_filter(page, names)
    curve = await build_curve(page, point, narrowed)
    drawn = [chart for part in parts for chart in part.charts]
    reported = [chart for answer in answers.values() for chart in answer.charts]
    cohorts = await draw_cohorts(page, results, reported)
    return page.respond(
        title,
        finding=finding,
        twin="../v1/value",
        charts=[
            *drawn,
            *(part.chart for part in (curve, cohorts) if part and part.chart),
            *months,
        ],
        tiles=[tile for tile in tiles if tile],
        answers=parts,
        cohorts=cohorts,
        narrowed=narrowed,
        narrowings={chart.key: _list_narrowings(page, narrowed, chart, names) for chart in drawn},
        orders=_list_orders(page, narrowed),
        calendar=await draw_calendar(page, narrowed, NEXT_ORDER, "value.calendar"),
        horizons=await _list_horizons(page, results),
        curve=curve,
        months=months,
        month_lists=list_month_buyers(page, published),
        notes=list_notes(page, written.notes),
        targets=list_targets(page, written.targets),
    )


def _list_narrowings(
    page: Page, narrowed: CrossFilter, chart: Chart, names: Mapping[int, str]
) -> list[tuple[str, str, bool, str]]:
    """List the segments of the chart of what each is worth, which narrow the page's lists."""
    numbers = {name: number for number, name in names.items()}
    if chart.key != BY_SEGMENT or not numbers.keys() >= set(chart.categories):
        return []
    segments = [(name, [numbers[name]]) for name in chart.categories]
    return list_narrowings(page, narrowed, segments, chart.key)


def _list_orders(page: Page, narrowed: CrossFilter) -> list[tuple[str, str]]:
    """List the links to who is expected to order next, within so many days."""
    if not page.may("lists"):
        return []
    return [
        (
            page.say("value.orders", days=days),
            page.link(
                "customers",
                filter=write_filter(
                    narrowed.narrow(
                        Condition(NEXT_ORDER, "<=", str(page.run.as_of + dt.timedelta(days=days)))
                    )
                ),
                sort=NEXT_ORDER,
            ),
        )
        for days in ORDER_DAYS
    ]


async def _list_horizons(page: Page, results: Results) -> AnswerTable | None:
    """List what is forecast over which days, and what is not; None where nothing is."""
    rows = await results.ask(read_horizons)
    if not rows:
        return None
    by_days: dict[int, dict[str, Row]] = {}
    for row in rows:
        by_days.setdefault(cast(int, row["days"]), {})[str(row["customer_group"])] = row
    lines = {days: _write_horizon(page, days, groups) for days, groups in by_days.items()}
    reasons = dict.fromkeys(ASKED_DAYS, page.say("value.horizon.absent")) | _tell_lifetime(page)
    for days, reason in reasons.items():
        lines.setdefault(days, (page.write(days, "days"), *[NOTHING] * 5, reason))
    heads = ("days", "known", "between", "everyone", "last_period", "last_year", "judged")
    return AnswerTable(
        "horizons",
        page.say("value.horizons"),
        tuple(AnswerColumn(page.say(f"value.horizon.{name}"), name != "judged") for name in heads),
        tuple(lines[days] for days in sorted(lines)),
        note=page.say("value.horizons_note"),
    )


def _tell_lifetime(page: Page) -> dict[int, str]:
    """Tell what the days of the lifetime value are for, by those days."""
    lifetime = find_lifetime(page.run)
    if lifetime is None:
        return {}
    days, rate = lifetime
    return {days: page.say("value.horizon.lifetime", rate=page.write(rate, "share"))}


def _write_horizon(page: Page, days: int, groups: Mapping[str, Row]) -> tuple[str, ...]:
    known_customers, everyone = groups.get("known"), groups.get("everyone")
    row = known_customers or everyone or {}
    ends = [page.write(row[name], "amount") for name in ("low", "high")]
    return (
        page.write(days, "days"),
        page.write(known_customers and known_customers["expected"], "amount"),
        page.say("value.horizon.ends", low=ends[0], high=ends[1])
        if row["low"] is not None
        else NOTHING,
        page.write(everyone and everyone["expected"], "amount"),
        *(page.write(row[name], "amount") for name in ("last_period", "last_year")),
        _judge(page, row),
    )


def _judge(page: Page, row: Row) -> str:
    """Say what past dates say of a forecast."""
    dates = page.write(row["dates"], "count")
    if row["measurable"]:
        hits = page.write(row["hits"], "count")
        return page.say("value.horizon.measured", hits=hits, dates=dates)
    return page.say(f"value.horizon.{'unjudged' if row['low'] is None else 'range'}", dates=dates)


async def build_curve(page: Page, place: str, narrowed: CrossFilter) -> ShareCurve | None:
    """Build the curve of who brings how much, with its point; None where there is none to see."""
    if not page.may("lists"):
        return None
    try:
        _, rows = await read_top_shares(page.request, narrowed.tree)
    except PlatformError:  # filters are busy, or were made by another build
        return None
    if len(rows) < 2 or rows[-1]["revenue_share"] is None:
        return None
    shares = [cast(float, row["customers_share"]) for row in rows]
    usual = min(range(len(rows)), key=lambda at: abs(shares[at] - USUAL_SHARE))
    at = min(int(place), len(rows) - 1) if place.isdecimal() and len(place) < 5 else usual
    point = _tell_point(page, rows[at], at, narrowed)
    return ShareCurve(len(rows) - 1, point, _draw_curve(page, rows, at))


def _tell_point(
    page: Page, row: Mapping[str, float | None], at: int, narrowed: CrossFilter
) -> SharePoint:
    units = {"customers": "count", "least": "amount", "revenue": "amount"}
    units |= dict.fromkeys(("customers_share", "revenue_share"), "share")
    sentence = page.say(
        "value.curve.point", **{name: page.write(row[name], unit) for name, unit in units.items()}
    )
    spent = write_filter(narrowed.narrow(Condition(SPENT, ">=", row["least"])))
    return SharePoint(at, sentence, page.link("customers", filter=spent, sort=f"-{SPENT}"))


def _draw_curve(page: Page, rows: Sequence[Mapping[str, float | None]], at: int) -> Chart:
    def scale(row: Mapping[str, float | None], name: str) -> float:
        return 100 * (row[name] or 0.0)

    pairs = [(scale(row, "customers_share"), scale(row, "revenue_share")) for row in rows]
    even = ((0.0, 0.0), (100.0, 100.0))
    label = page.write(rows[at]["revenue_share"], "share")
    return Chart(
        "concentration",
        page.say("value.curve.title"),
        "lines",
        (
            Series(page.say("value.curve.ours"), ((0.0, 0.0), *pairs)),
            Series(page.say("value.curve.even"), even, tone="quiet"),
        ),
        category=Axis(page.say("value.curve.customers")),
        value=Axis(page.say("value.curve.revenue")),
        marks=(Mark(pairs[at][0], label),),
        note=page.say("value.curve.note"),
    )


@read(HOME + "/value/point", right="lists")
async def show_point(
    request: AnyRequest, point: FromQuery[str] = "", lang: LangQuery = None
) -> Response[str]:
    """Show what a place on the curve says."""
    page, results = await open_page(request, "value", lang)
    names = await results.read_names(page.run.run_id, page.lang)
    curve = await build_curve(page, point, await read_cross_filter(page, names))
    content: dict[str, Any] = {"say": page.say, "point": curve and curve.point}
    html = load_environment().get_template("point.html").render(content)
    return Response(html, media_type=MediaType.HTML)
