"""Segments: who they are, what they bring, and who moved."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, cast

from litestar import Response
from litestar.params import FromQuery

from clientela.errors import PlatformError
from clientela.i18n import Lang, format_number
from clientela.report.answer import Axis, Chart, Series, Tone
from clientela.serving.dashboard.annotations import mark_notes, read_annotations
from clientela.serving.dashboard.comparison import compare
from clientela.serving.dashboard.cross_filter import (
    SEGMENT,
    CrossFilter,
    list_narrowings,
    read_cross_filter,
)
from clientela.serving.dashboard.flows import draw_flows
from clientela.serving.dashboard.frame import (
    HOME,
    Page,
    Tile,
    open_page,
)
from clientela.serving.dashboard.heat import HeatMap, draw_habits, draw_scores
from clientela.serving.dashboard.segment_history import MOST_RUNS, draw_history
from clientela.serving.dashboard.segment_label import build_label_form
from clientela.serving.dashboard.segment_map import KEY as MAP
from clientela.serving.dashboard.segment_map import draw_map
from clientela.serving.dashboard.segment_table import build_table
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest, NotFoundProblem
from clientela.serving.recorder import note_list
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.routes.report import read_answers
from clientela.serving.routes.segments import (
    list_parts,
    merge_rows,
    read_months,
    read_segment,
)
from clientela.serving.segment_measures import BEFORE, add_counts
from clientela.serving.small_groups import find_hidden, hides_small, keep_parts
from clientela.store.change_queries import read_group_changes
from clientela.store.earlier_runs import find_run_before
from clientela.store.filters import Condition, FilterGroup, list_filter_columns, write_filter
from clientela.store.read import Reader, Row
from clientela.store.segment_labels import read_given

TONES: dict[str, Tone] = {"customers": "quiet", "revenue": "accent"}
SIZES = {
    "customers": "count",
    "customers_share": "share",
    "revenue": "amount",
    "revenue_share": "share",
}
# What the programme and churn say of a segment's customers
OVERLAPS = {
    "members": Condition("insider", "in", ("member", "leaving")),
    "high_risk": Condition("churn_band", "=", "high"),
}
PROFILE = (
    "orders",
    "average_order_value",
    "revenue",
    "revenue_365d",
    "days_since_last",
    "gap_days_mean",
    "products",
    "returned_share",
)
PROFILES = "segment_profiles"
"""The report's chart of the segments' means over those of all customers."""
ACTIONS = "../v1/actions"
SHOWN_CHANGES = 50  # by convention: a screen or two; the API has all


@read(HOME + "/segments", right="aggregates")
async def show_segments(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show the segments of the published run."""
    page, results = await open_page(request, "segments", lang)
    await compare(page, results)
    every = await results.ask(lambda reader: reader.table("segments").content)
    rows = await add_counts(request, every, page.compared)
    rows = [row for row in rows if row["customers"]]
    if not rows:
        return page.respond(page.say("segments.none"), segments=[], heats=[])
    given = await results.ask(read_given)
    names = {cast(int, row["segment"]): str(row[f"name_{page.lang.lower()}"]) for row in rows}
    every_shown = merge_rows(rows, given)
    narrowed = await read_cross_filter(page, names, (SEGMENT,))
    shown = [row for row in every_shown if is_left(narrowed, list_parts(row))]
    first = max(every_shown, key=lambda row: cast(float, row["revenue"]))
    lang_column = page.lang.lower()
    title = page.say(
        "segments.title",
        name=first[f"name_{lang_column}"],
        customers=page.write(first["customers_share"], "share"),
        revenue=page.write(first["revenue_share"], "share"),
    )
    flows = await draw_flows(page, results, names, narrowed.segments)
    areas = draw_map(page, every_shown)
    left = [row for row in rows if is_left(narrowed, [row["segment"]])]
    habits = await _draw_habits(page, results, left) if len(rows) > 1 else []
    history = await draw_history(page, shown, (await read_annotations(results)).notes)
    return page.respond(
        title,
        charts=[
            _build_chart(page, every_shown),
            *(part.chart for part in (areas, history, flows) if part and part.chart),
            *habits,
        ],
        areas=areas,
        history=history,
        flows=flows,
        narrowed=narrowed,
        narrowings=list_narrowings(
            page,
            narrowed,
            [(str(row[f"name_{lang_column}"]), list_parts(row)) for row in every_shown],
            *("segments", MAP),
        ),
        heats=await _draw_scores(page, narrowed),
        habits=habits,
        twin="../v1/segments",
        segments=[_build_segment(page, row, given, names) for row in shown],
        table=await build_table(page, results, shown),
        to_merge=list(names.items()) if page.may_submit("audiences") and len(names) > 2 else [],
    )


def is_left(narrowed: CrossFilter, numbers: Sequence[object]) -> bool:
    """Return whether a page is narrowed to segments, these among them, or not narrowed."""
    return narrowed.segments is None or narrowed.segments.issuperset(numbers)


async def _draw_habits(page: Page, results: Results, rows: Sequence[Row]) -> list[Chart]:
    """Draw what tells the segments apart, as the report does, and when each of them orders."""
    answers = await read_answers(page.request, page.lang)
    charts = answers["segments"].charts if "segments" in answers else ()
    months = await results.ask(read_months)
    return [*(chart for chart in charts if chart.key == PROFILES), *draw_habits(page, rows, months)]


async def _draw_scores(page: Page, narrowed: CrossFilter) -> list[HeatMap]:
    """Draw the scores; the page does not wait for filters that are busy or being made ready."""
    try:
        reading = await get_filters(page.request).count_scores(page.request, narrowed.tree)
    except PlatformError:
        return []
    drawn = draw_scores(page, keep_parts(page.request, reading.content), narrowed)
    return [drawn] if drawn else []


def _write_changes(page: Page, row: Row, name: str) -> list[str]:
    """Write how a number of a segment changed since each run that it is compared with."""
    then = cast("Mapping[str, Row | None]", row[BEFORE])
    before = [cast("float | None", (then.get(since) or {}).get(name)) for since in page.compared]
    unit = SIZES.get(name, "count")
    return page.write_changes(cast(float, row[name] or 0.0), unit, before)


def _build_chart(page: Page, rows: list[Row]) -> Chart:
    """Draw each segment's share of customers and of revenue side by side."""
    names = tuple(str(row[f"name_{page.lang.lower()}"]) for row in rows)
    shares = [
        Series(
            page.say(f"segments.{name}"),
            tuple(cast("float | None", row[f"{name}_share"]) for row in rows),
            tone=tone,
        )
        for name, tone in TONES.items()
    ]
    title = page.say("segments.chart")
    return Chart("segments", title, "bars", tuple(shares), names, value=Axis(format="share"))


def _build_segment(
    page: Page, row: Row, given: Mapping[int, Row], names: Mapping[int, str]
) -> dict[str, Any]:
    lang, parts = page.lang.lower(), list_parts(row)
    tree = Condition("segment", "=", parts[0])
    if len(parts) > 1:
        tree = Condition("segment", "in", tuple(parts))
    filter_text = write_filter(tree)
    return {
        "name": row[f"name_{lang}"],
        "page": "" if len(parts) > 1 else page.link("segment", id=row["segment"]),
        "parts": [(number, names[number], page.link("segment", id=number)) for number in parts]
        if len(parts) > 1
        else [],
        "note": "; ".join(
            str(given[part]["note"]) for part in parts if part in given and given[part]["note"]
        ),
        "colour": row["colour"],
        "text": row[f"description_{lang}"],
        "rule": row[f"rule_{lang}"],
        **{name: page.write(row[name], unit) for name, unit in SIZES.items()},
        "changes": [
            (page.say(f"segments.{name}_changed"), changes)
            for name in ("customers", "revenue")
            if (changes := _write_changes(page, row, name))
        ],
        "link": page.link("customers", filter=filter_text),
        "files": page.list_files(f"../v1/segments/{row['segment']}/customers?")
        if len(parts) == 1
        else page.list_files(page.link("customers/file", filter=filter_text), ("csv", "xlsx")),
        "may_list": page.may("lists"),
    }


@read(HOME + "/segment", right="aggregates")
async def show_one_segment(
    request: AnyRequest, id: FromQuery[str] = "", lang: LangQuery = None
) -> Response[str]:
    """Show a segment: who they are, how many they were, who came and went, what they buy."""
    page, results = await open_page(request, "segment", lang)
    await compare(page, results)
    number = int(id) if id.isdecimal() and len(id) < 10 else -1
    try:
        row, sizes, moves, products = await read_segment(request, number, page.compared)
    except NotFoundProblem:
        return page.respond(page.say("segment.unknown"), code=404, segment=None)
    column = page.lang.lower()
    names = await results.read_names(page.run.run_id, page.lang)
    actions = await results.ask(lambda reader: reader.table("actions").content)
    changes = await _read_changes(page, results, number)
    return page.respond(
        page.say(
            "segments.title",
            name=row[f"name_{column}"],
            customers=page.write(row["customers_share"], "share"),
            revenue=page.write(row["revenue_share"], "share"),
        ),
        charts=_build_history(page, sizes, row, (await read_annotations(results)).notes),
        twin=f"../v1/segments/{number}",
        segment=number,
        crumb=row[f"name_{column}"],
        label=await build_label_form(page, results, row),
        note=(await results.ask(read_given)).get(number, {}).get("note"),
        text=row[f"description_{column}"],
        rule=_write_rule(page, row),
        tiles=[
            *(_build_tile(page, row, name) for name in SIZES),
            *await _count_overlaps(page, row, names.keys() - {number}),
        ],
        profile=_compare_profile(page, row),
        meanings=page.explain_features(PROFILE),
        moves=[
            (way, [_build_move(page, move, there, names) for move in moves if move[here] == number])
            for way, here, there in (
                ("entered", "to_segment", "from_segment"),
                ("left", "from_segment", "to_segment"),
            )
        ],
        people=changes,
        products=[_build_product(page, product) for product in products],
        actions=[
            {
                "title": action[f"title_{column}"],
                "text": str(action[f"text_{column}"]).replace("`", ""),
                "link": f"{ACTIONS}/{action['action_id']}/customers?format=xlsx&lang={page.lang}",
            }
            for action in actions
            if action["segment"] == number
        ],
        list_link=page.link("customers", filter=f"segment = {number}") if page.may("lists") else "",
        experiment=page.link("experiment", group=f"segment:{number}")
        if page.may("audiences")
        else "",
        audience=page.link("audience", filter=f"segment = {number}")
        if page.may_submit("audiences")
        else "",
        files=page.list_files(f"../v1/segments/{number}/customers?") if page.may("lists") else [],
        address=f"/v1/segments/{number}/customers",
    )


def _build_tile(page: Page, row: Row, name: str) -> Tile:
    changes = _write_changes(page, row, name)
    address = page.link("customers", filter=f"segment = {row['segment']}")
    address = address if page.may("lists") else ""
    text = page.write_short(cast(float, row[name] or 0.0), SIZES[name])
    return Tile(page.say(f"segment.{name}"), text, changes, address)


async def _count_overlaps(page: Page, row: Row, others: Collection[int]) -> list[Tile]:
    """Count who of a segment is in the programme, and whose risk is high, beside the others."""
    tiles, own = [], cast(int, row["segment"])
    numbers = [own, *(others if hides_small(page.request) else ())]
    for name, condition in OVERLAPS.items():
        trees = [
            FilterGroup("and", (Condition("segment", "=", number), condition)) for number in numbers
        ]
        counts = [
            (await get_filters(page.request).count(page.request, tree)).content["customers"]
            for tree in trees
        ]
        tree, count = trees[0], counts[0]
        if hides_small(page.request) and 0 in find_hidden(counts):
            continue
        share = page.write(cast(int, count) / max(cast(int, row["customers"]), 1), "share")
        text = page.say("segment.of_them", share=share)
        address = page.link("customers", filter=write_filter(tree)) if page.may("lists") else ""
        label = f"segment.{name}"
        title = page.say_by_state(label) if name == "members" else page.say(label)
        # of a small group of then, what changed would tell
        is_told = row[name] is not None and not hides_small(page.request)
        changes = _write_changes(page, row, name) if is_told else []
        tiles.append(Tile(title, page.write(count, "count"), [text, *changes], address))
    return tiles


def _write_rule(page: Page, row: Row) -> str:
    """Write a segment's rule with how well it tells who belongs; empty where there is none."""
    rule = row[f"rule_{page.lang.lower()}"]
    if not rule or row["rule_precision"] is None or row["rule_recall"] is None:
        return str(rule or "")
    shares = {name: page.write(row[f"rule_{name}"], "share") for name in ("precision", "recall")}
    return f"{rule} {page.say('segment.rule', **shares)}"


def _build_history(page: Page, sizes: Sequence[Row], row: Row, notes: Sequence[Row]) -> list[Chart]:
    """Draw how many the segment held and what they had spent, run by run."""
    if len(sizes) < 2:
        return []
    shown = sizes[-MOST_RUNS:]
    run_days = [cast(dt.date, size["as_of"]) for size in shown]
    marks = mark_notes(notes, run_days, run_days[0])
    tone = cast("int | None", row["colour"])
    days = tuple(page.write(size["as_of"]) for size in shown)
    return [
        Chart(
            f"segment-{name}",
            page.say(f"segment.history.{name}"),
            "columns",
            (
                Series(
                    page.say(name),
                    tuple(cast(float, size[name]) for size in shown),
                    tone="accent" if tone is None else tone,
                ),
            ),
            days,
            marks=marks,
            value=Axis(format="money" if name == "revenue" else "number"),
            currency=page.run.currency,
        )
        for name in ("customers", "revenue")
    ]


def _compare_profile(page: Page, row: Row) -> list[list[str]]:
    """Compare habits: usual here, on average here, and beside the average of all customers."""
    columns, profile = list_filter_columns(), cast(dict[str, Any], row["profile"])
    lines = []
    for name in PROFILE:
        stat, unit = profile.get(name), columns[name].unit
        if not stat or stat.get("mean") is None:
            continue
        index = stat.get("index")
        base = stat["mean"] / index * 100 if index else None
        times = (
            page.say("segment.times", times=_write_ratio(index / 100, page.lang)) if index else ""
        )
        cells = [page.write(value, unit) for value in (stat.get("median"), stat["mean"], base)]
        lines.append([page.name_feature(name), *cells, times])
    return lines


def _write_ratio(times: float, lang: Lang) -> str:
    """Write how many times the average; a twentieth of it is no 0.0 times.

    Examples
    --------
    >>> _write_ratio(0.046, "pt_BR"), _write_ratio(4.23, "en")
    ('0,05', '4.2')
    """
    return format_number(times, lang, 1 if times >= 0.1 else 2)


def _build_move(page: Page, move: Row, end: str, names: Any) -> tuple[str, str, str]:
    text = names.get(move[end], page.say("today.new"))
    return text, page.write(move["customers"], "count"), page.write(move["revenue"], "amount")


async def _read_changes(
    page: Page, results: Results, segment: int
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Read who entered and left since the run before, for who may see lists."""
    if not page.may("lists"):
        return []
    rows = await results.ask(partial(_read_people, segment=segment), long=True)
    note_list(page.request, [str(row["customer_id"]) for row in rows], run_id=page.run.run_id)
    links = {
        way: [
            (str(row["customer_id"]), page.link("customer", id=row["customer_id"]))
            for row in rows
            if row["change"] == way
        ]
        for way in ("entered", "left")
    }
    return [(way, people) for way, people in links.items() if people]


def _read_people(reader: Reader, segment: int) -> list[Row]:
    before = find_run_before(reader)
    if before is None:
        return []
    return read_group_changes(reader, segment, before, None, SHOWN_CHANGES).content


def _build_product(page: Page, row: Row) -> tuple[str, str, str, str]:
    cells = (("customers", "count"), ("customers_share", "share"), ("base_share", "share"))
    first, second, third = (page.write(row[name], unit) for name, unit in cells)
    return str(row["name"]), first, second, third
