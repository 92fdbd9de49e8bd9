"""The first page: what is, what is urgent, what to do, and who moved."""

import datetime as dt
import textwrap
from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

import msgspec
from litestar import Response
from litestar.response import Redirect

from clientela.contract.figures import NEW_DAYS, ORDER_DAYS
from clientela.errors import InputError
from clientela.i18n import format_month
from clientela.serving.auth import get_actor
from clientela.serving.dashboard.annotations import list_notes, list_targets, read_annotations
from clientela.serving.dashboard.comparison import Figures, read_figures
from clientela.serving.dashboard.customers import write_error
from clientela.serving.dashboard.frame import HOME, Page, Tile, open_page
from clientela.serving.dashboard.moments import look_back
from clientela.serving.dashboard.revenue_chart import draw_revenue, list_month_buyers
from clientela.serving.dashboard.sparkline import draw_sparkline
from clientela.serving.dashboard.views import list_views
from clientela.serving.openapi import read, submit
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.revenue_months import MONTHS
from clientela.serving.routes.report import read_answers
from clientela.serving.sessions import get_form
from clientela.serving.small_groups import keep_parts
from clientela.store.action_states import read_action_states, set_action_state
from clientela.store.audience_queries import AudienceDraft
from clientela.store.audience_reader import read_audiences
from clientela.store.audiences import LONGEST_NAME, create_audience
from clientela.store.filters import ACTION, PREVIOUS, Condition, FilterGroup, write_filter
from clientela.store.read import Reader, Row

MOST_CARDS = 5  # by convention: what a person can begin in a morning


@read(HOME + "/today", right="aggregates")
async def show_today(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show where the firm stands today."""
    page, results = await open_page(request, "today", lang)
    figures = await read_figures(page, results)
    answers = await read_answers(request, page.lang)
    actions = await results.ask(lambda reader: reader.table("actions").content)
    months = await results.ask(lambda reader: reader.table("revenue_by_month").content)
    written = await read_annotations(results)
    moves = keep_parts(
        request, await results.ask(lambda reader: reader.table("segment_migrations").content)
    )
    names = await results.read_names(page.run.run_id, page.lang)
    states = await results.ask(partial(read_action_states, today=get_today()))
    ranked = sorted(actions, key=lambda row: -cast(float, row["amount_at_stake"] or 0))
    cards = [row for row in ranked if row["action_id"] not in states]
    bottom_line = answers.get("bottom_line")
    day = page.say("today.title", day=page.write(page.run.as_of))
    return page.respond(
        bottom_line.headline.removesuffix(".") if bottom_line else day,
        day=day if bottom_line else "",
        charts=await draw_revenue(page, results, written),
        month_lists=list_month_buyers(page, months),
        notes=list_notes(page, written.notes),
        targets=list_targets(page, written.targets),
        twin=f"../v1/{page.link('figures', since=request.query_params.get('since'))}",
        sentences=bottom_line.paragraphs if bottom_line else (),
        tiles=_build_tiles(page, figures, months),
        cards=[_build_card(page, row) for row in cards[:MOST_CARDS]],
        orders=_build_orders_card(page, figures["now"]),
        aside=[
            _build_aside(page, row, states[str(row["action_id"])])
            for row in ranked
            if row["action_id"] in states
        ],
        moves=[
            _build_move(page, row, names)
            for row in moves
            if row["from_segment"] != row["to_segment"]
        ],
        stayed=_count_stayed(page, moves),
        views=await list_views(page, results),
        first_run=not page.periods,
        health=_build_health(page, figures["now"]),
    )


def _build_tiles(page: Page, figures: Figures, months: list[Row]) -> list[Tile]:
    """Build the tiles: revenue, who bought, who is new or came again, Insiders, money at risk."""
    links = {
        "active_customers_30d": page.link("customers", filter="orders_30d >= 1"),
        "new_customers_30d": page.link("customers", filter=f"tenure_days < {NEW_DAYS}"),
        "repeat_rate_90d": page.link("customers", filter="orders_90d >= 2"),
        "members": page.link("insiders"),
        _find_money_at_risk(figures["now"]): page.link("risk"),
    }
    tiles = {name: page.build_tile(name, figures, link) for name, link in links.items()}
    members, share = tiles["members"], figures["now"].get("members_share")
    if members and share:
        text = page.say(
            "tile.with_share", count=members.text, share=page.write(share["value"], "share")
        )
        tiles["members"] = members._replace(text=text)
    return [tile for tile in (build_month_tile(page, months), *tiles.values()) if tile]


def _find_money_at_risk(now: Mapping[str, Row]) -> str:
    """Name the figure of the money at risk: what *Risk* expects to be lost, if that can be judged.

    Past dates may be too few for it; then it is what those at high risk spent.
    """
    figure = now.get("expected_loss_to_contact", {})
    is_told = figure.get("value") is not None and figure.get("judged") is not False
    return "expected_loss_to_contact" if is_told else "revenue_at_high_risk"


def build_month_tile(page: Page, months: list[Row]) -> Tile | None:
    """Build the tile of the revenue of the last whole month, with both changes.

    They need no earlier run: the months before it and a year before are of the same table.
    """
    net = {cast(dt.date, row["month"]): cast(float, row["net"]) for row in months}
    day = page.run.as_of + dt.timedelta(days=1)  # the month is over where this one begins another
    last = (day.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    if last not in net:
        return None
    before = (last - dt.timedelta(days=1)).replace(day=1)
    changes = [
        page.write_change(
            net[last],
            net[month],
            "amount",
            page.say("since.day", day=format_month(month, page.lang)),
        )
        for month in (before, last.replace(year=last.year - 1))
        if month in net
    ]
    label = page.say("tile.month_net", month=format_month(last, page.lang))
    past = draw_sparkline([net[month] for month in sorted(net) if month <= last][-MONTHS:])
    return Tile(label, page.write_short(net[last], "amount"), changes, page.link("value"), past)


def _build_card(page: Page, row: Row) -> dict[str, str]:
    lang = page.lang.lower()
    return {
        "action_id": str(row["action_id"]),
        "title": str(row[f"title_{lang}"]),
        "text": str(row[f"text_{lang}"]).replace("`", ""),
        "list": page.link("customers", filter=_write_addressed(str(row["action_id"]))),
        "link": f"../v1/actions/{row['action_id']}/customers?format=xlsx&lang={page.lang}",
        "experiment": page.link("experiment", group=f"action:{row['action_id']}"),
    }


def _build_orders_card(page: Page, now: Mapping[str, Row]) -> dict[str, str]:
    """Build the card of the orders that are expected this week; empty where there is none."""
    figure = now.get("expected_orders_7d", {})
    count = round(cast(float, figure.get("value") or 0.0))
    if not count:
        return {}
    last = page.run.as_of + dt.timedelta(days=ORDER_DAYS)
    text = "orders_unjudged" if figure.get("judged") is False else "orders_text"
    return {
        "title": page.say("today.orders", day=page.write(last), count=page.write(count, "count")),
        "text": page.say(f"today.{text}"),
        "list": page.link("customers", sort="-expected_orders"),
        "days": page.link("value") + "#calendar",
    }


def _write_addressed(action_id: str) -> str:
    """Write the filter of whom an action addresses."""
    return write_filter(Condition(ACTION, "=", action_id))


def _build_aside(page: Page, row: Row, state: Row) -> dict[str, str]:
    """Build the line of an action that is put off or done."""
    text = page.say(f"today.{state['state']}_until", day=page.write(state["until"]))
    title = str(row[f"title_{page.lang.lower()}"])
    return {"action_id": str(row["action_id"]), "title": title, "said": text}


def get_today() -> dt.date:
    """Return the day by which what was put off comes back."""
    return dt.datetime.now(dt.UTC).date()


@submit(HOME + "/postpone", right="audiences")
async def set_state(request: AnyRequest, lang: LangQuery = None) -> Redirect | Response[str]:
    """Put an action off, call it done, or bring it back."""
    page, results = await open_page(request, "views", lang)
    form = get_form(request)
    action_id, state = (str(form.get(name, "")) for name in ("action", "state"))
    by, now = get_actor(request), dt.datetime.now(dt.UTC)
    try:
        await results.change(set_action_state, action_id, state, by, now)
    except InputError as error:
        title = page.say("today.refused")
        return page.respond(title, code=400, error=write_error(error, page.lang))
    return Redirect(page.link("today") + "#cards", status_code=303)


@submit(HOME + "/save-action", right="audiences")
async def save_addressed(request: AnyRequest, lang: LangQuery = None) -> Redirect | Response[str]:
    """Save whom an action addresses as an audience, once a run, and show it.

    It is frozen: its name tells of these people, and another run may give the id to another action.
    """
    page, results = await open_page(request, "views", lang)
    action_id = str(get_form(request).get("action", ""))
    rows = await results.ask(lambda reader: reader.table("actions").content)
    try:
        title = next(
            str(row[f"title_{page.lang.lower()}"]) for row in rows if row["action_id"] == action_id
        )
        audience_id = await _save_once(page, results, title, _write_addressed(action_id))
    except (InputError, StopIteration) as error:
        text = write_error(error, page.lang) if isinstance(error, InputError) else ""
        return page.respond(page.say("audience.refused"), code=400, error=text)
    return Redirect(page.link("audience", id=audience_id), status_code=303)


async def _save_once(page: Page, results: Results, title: str, filter_text: str) -> str:
    """Save an audience of the published run, or find the one that was; return its id."""

    def find(reader: Reader) -> str | None:
        return next(
            (
                audience.audience_id
                for audience in read_audiences(reader)
                if audience.frozen
                and audience.filter == filter_text
                and audience.changed_at >= page.run.finished_at
            ),
            None,
        )

    audience_id = await results.ask(find)
    if audience_id is not None:
        return audience_id
    day = f" ({page.write(page.run.as_of)})"
    draft = AudienceDraft(textwrap.shorten(title, LONGEST_NAME - len(day)) + day, filter_text)
    draft = msgspec.structs.replace(draft, frozen=True)
    now = dt.datetime.now(dt.UTC)
    try:
        return await results.change(create_audience, draft, get_actor(page.request), now)
    except InputError:  # a second click was faster
        audience_id = await results.ask(find)
        if audience_id is None:
            raise
        return audience_id


def _count_stayed(page: Page, moves: Sequence[Row]) -> str:
    """Say how many customers stand in the segment where they stood."""
    stayed = [row for row in moves if row["from_segment"] == row["to_segment"]]
    count = sum(cast(int, row["customers"]) for row in stayed)
    return page.say("today.stayed", count=page.write(count, "count")) if stayed else ""


def _build_move(
    page: Page, row: Row, names: dict[int, str] | object
) -> tuple[list[tuple[str, str]], str, str, str]:
    """Build a move: both segments with their pages, customers, revenue, the list behind it."""
    named = cast("dict[object, str]", names)
    ends = [
        (
            named.get(row[end], page.say("today.new")),
            page.link("segment", id=row[end]) if row[end] in named else "",
        )
        for end in ("from_segment", "to_segment")
    ]
    return (
        ends,
        page.write(row["customers"], "count"),
        page.write(row["revenue"], "amount"),
        _link_move(page, cast("int | None", row["from_segment"]), row["to_segment"]),
    )


def _link_move(page: Page, left: int | None, entered: object) -> str:
    """Link to who moved; empty for who is no customer any more, or who may not see lists."""
    if not isinstance(entered, int) or not page.may("lists"):
        return ""
    before = Condition(look_back("segment", PREVIOUS), "=", left)
    moved = FilterGroup("and", (before, Condition("segment", "=", entered)))
    return page.link("customers", filter=write_filter(moved))


def _build_health(page: Page, now: Mapping[str, Row]) -> str:
    values = {name: row["value"] for name, row in now.items()}
    return page.say(
        "today.health",
        rows=page.write(values.get("rows_canonical"), "count"),
        refused=page.write(values.get("rows_quarantined"), "count"),
        unidentified=page.write(values.get("unidentified_share"), "share"),
    )
