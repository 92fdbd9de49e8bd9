"""One customer: place, value, risk, what to do, purchases and habits."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from litestar import Response
from litestar.params import FromQuery

from clientela.errors import PlatformError
from clientela.i18n import format_month
from clientela.report.answer import Axis, Chart, Series
from clientela.report.letters import fill_message, read_message
from clientela.serving.auth import spend_look_up
from clientela.serving.dashboard.builder import say_place
from clientela.serving.dashboard.frame import HOME, NOTHING, Page, open_page
from clientela.serving.dashboard.history import build_history
from clientela.serving.dashboard.programme_place import find_progress, list_fields, read_place
from clientela.serving.dashboard.rhythm import build_strip, say_rhythm
from clientela.serving.dashboard.segment_table import find_days
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery, to_stored_id
from clientela.serving.results import Results
from clientela.serving.routes.persons import read_history
from clientela.serving.standing import HABITS, Standing, find_standing
from clientela.store.filters import list_filter_columns
from clientela.store.history import SEGMENT, HistoryEvent
from clientela.store.read import Reader, Row

if TYPE_CHECKING:
    from clientela.privacy.access import Order

FAR_DAYS = 365  # by convention: beyond a year a day is no appointment but a guess
MOST_MONTHS = 36  # by convention: three seasons; the table goes back further
MOST_OFFERS = 5  # by convention: what a person can offer at once
MOST_ACTIONS = 2  # by convention: what one contact can hold
LETTERS = {
    "invitation": "candidate",
    "warning": "warning",
    **dict.fromkeys(("win_back", "reminder", "retention"), "win_back"),
    **dict.fromkeys(("cross_sell", "basket", "variety"), "suggestion"),
    "returns": "returns",
}
"""The letter of each kind of action."""


@read(HOME + "/customer", right="person")
async def show_customer(
    request: AnyRequest, id: FromQuery[str] = "", lang: LangQuery = None
) -> Response[str]:
    """Show one person: place, value, risk and habits."""
    page, results = await open_page(request, "customer", lang)
    row = await _find_customer(page, results, id)
    persons = [] if row is None else [str(row["customer_id"])]
    if id:
        spend_look_up(request, [id], 1 - len(persons), persons, page.run.customers)
    if row is None:
        return await _explain_absence(page, results, id)
    names = await results.read_names(page.run.run_id, page.lang)
    segments = await results.ask(lambda reader: reader.table("segments").content)
    profile = next(
        (each["profile"] for each in segments if each["segment"] == row["segment"]), None
    )
    segment = cast(Any, names).get(row["segment"], page.say("customer.no_segment"))
    workspace = request.app.state.workspace
    orders = await results.read_orders(workspace, persons[0], page.run.as_of)
    events = await read_history(request, persons[0])
    place = await read_place(page, results, persons[0])
    standing = {each.feature: each for each in await find_standing(request, row)}
    tags = await results.ask(lambda reader: reader.read_tags_of(persons))
    return page.respond(
        page.say("customer.title", id=row["customer_id"], segment=segment),
        twin=f"../v1/customers/{quote(persons[0], safe='')}",
        customer=row,
        asked_id=id,
        reasons=str(row[f"churn_reasons_{page.lang.lower()}"] or "").split(" · "),
        facts=[
            *_list_place(page, row, events, cast(Any, names)),
            *_list_facts(page, row, await find_days(results)),
            *_list_tags(page, tags),
        ],
        place=str(place.get(f"reason_{page.lang.lower()}") or ""),
        progress=await find_progress(page, results, row, place),
        rhythm=say_rhythm(page, row),
        strip=build_strip(page, row, orders),
        actions=await _list_actions(page, results, row, place),
        habits=[
            habit
            for name in HABITS
            if (habit := _compare_habit(page, row, name, profile, standing.get(name)))[1:3]
            != (NOTHING, NOTHING)
        ],
        meanings=page.explain_features((*HABITS, "churn_probability", "expected_loss", "clv")),
        charts=[_build_timeline(page, orders)] if orders else [],
        history=build_history(page, orders, events, cast(Any, names)),
        offers=await _find_offers(page, results, persons[0]),
        rights=_list_rights(page, persons[0]),
    )


async def _explain_absence(page: Page, results: Results, written: str) -> Response[str]:
    """Say why there is no customer: erased, about to be, without a purchase, or unknown."""
    if not written:
        return page.respond(page.say("search"), customer=None, asked_id="", words="", why="")
    stored_id, state = to_stored_id(written, page.run.id_form), page.request.app.state
    why = "unknown"
    if await results.find_waiting([stored_id]):
        why = "waiting"
    elif await results.find_unsold([stored_id]):
        why = "unsold"
    elif await _was_erased(results, state, stored_id):
        why = "erased"
    words = page.link("customers", words=written) if page.may("lists") else ""
    return page.respond(
        page.say(f"customer.{why}", id=written),
        customer=None,
        asked_id=written,
        words=words if why == "unknown" else "",
        why=why,
        rights=_list_rights(page, stored_id) if why == "unsold" else None,
    )


async def _was_erased(results: Results, state: Any, stored_id: str) -> bool:
    try:
        return bool(await results.find_erased(state.workspace, [stored_id], state.firm.privacy))
    except PlatformError:  # the key that would tell is not at hand
        return False


def _list_rights(page: Page, customer_id: str) -> dict[str, str]:
    """List where to take what is held of a person, and to erase them, for who may."""
    rights = {
        "data": page.link("customer/data", id=customer_id) if page.may("personal_data") else "",
        "erase": page.link("erasure", id=customer_id) if page.may_submit("erase") else "",
    }
    return {name: address for name, address in rights.items() if address}


async def _list_actions(
    page: Page, results: Results, row: Row, place: Row
) -> list[tuple[str, str, str]]:
    """List the first actions that address a customer, with why and the message to send."""
    ids = row["actions"] if isinstance(row["actions"], list) else []
    actions = await results.ask(lambda reader: reader.table("actions").content)
    lang, fields = page.lang.lower(), list_fields(page, row, place)
    return [
        (
            str(action[f"title_{lang}"]),
            str(action[f"text_{lang}"]).replace("`", ""),
            _write_message(page, str(action["action"]), fields),
        )
        for action in sorted(actions, key=lambda action: cast(int, action["position"]))
        if action["action_id"] in ids
    ][:MOST_ACTIONS]


def _write_message(page: Page, kind: str, fields: Mapping[str, str]) -> str:
    """Write the message of a kind of action to one customer; empty where a date of it is absent."""
    folder, programme = page.request.app.state.workspace, page.run.programme.get("name", "")
    text = read_message(folder, LETTERS[kind], page.lang, str(programme))
    return fill_message(text, page.lang, fields) or ""


async def _find_offers(page: Page, results: Results, customer_id: str) -> list[tuple[str, str]]:
    """Find families that go with those a customer bought and were never bought, with why."""
    families = await results.ask(lambda reader: reader.table("products").content)
    pairs = await results.ask(lambda reader: reader.table("product_pairs").content)
    if not pairs:
        return []
    try:
        products = set(await get_filters(page.request).list_products(page.request, customer_id))
    except PlatformError:  # filters are busy; the person's page does not wait for them
        return []
    bought = {
        row["family"]
        for row in families
        if not products.isdisjoint(cast(list[str], row["product_ids"]))
    }
    offers: dict[object, Row] = {}
    for pair in sorted(pairs, key=lambda pair: -cast(float, pair["confidence"])):
        if pair["first"] in bought and pair["second"] not in bought:
            offers.setdefault(pair["second"], pair)
    return [
        (
            str(pair["second_name"]),
            page.say(
                "customer.offer_why",
                name=pair["first_name"],
                share=page.write(pair["confidence"], "share"),
            ),
        )
        for pair in list(offers.values())[:MOST_OFFERS]
    ]


async def _find_customer(page: Page, results: Results, written: str) -> Row | None:
    """Find a customer by an id as people write it."""
    for stored in (to_stored_id(written), to_stored_id(written, page.run.id_form)):
        reading = await results.ask(partial(Reader.customer, customer_id=stored))
        if reading.content is not None:
            return reading.content
    return None


def _list_place(
    page: Page, row: Row, events: Sequence[HistoryEvent], names: Mapping[int, str]
) -> list[tuple[str, str]]:
    """List the segment, since when where it changed, and what was spent within a year."""
    days = [event.day for event in events if event.kind == SEGMENT]
    segment = names.get(cast(int, row["segment"]), page.say("customer.no_segment"))
    if days:
        segment = page.say("fact.segment_since", segment=segment, day=page.write(max(days)))
    spent = page.write(row["revenue_365d"], "amount")
    return [(page.say("segment"), segment), (page.name_feature("revenue_365d"), spent)]


def _list_facts(page: Page, row: Row, days: int | None) -> list[tuple[str, str]]:
    """List what is expected of a person, within the days of the forecast, with its intervals."""
    columns = list_filter_columns()
    facts = []
    for name in ("insider", "insider_since", "churn_probability", "expected_loss", "clv"):
        if row[name] is not None:
            text = (
                say_place(page, row[name])
                if name == "insider"
                else page.write(row[name], columns[name].unit)
            )
            facts.append((page.say(f"fact.{name}"), text))
    for name in ("expected_revenue", "next_order"):
        if row[name] is not None:
            value, low, high = (
                page.write(row[f"{name}{end}"], columns[name].unit) for end in ("", "_low", "_high")
            )
            key = "fact.between" if row[f"{name}_high"] is not None else "fact.from"
            if name == "next_order" and _is_far(page, row):
                key = "fact.far"
            text = page.say(key, value=value, low=low, high=high)
            label = "fact.expected_revenue_days" if days and name == "expected_revenue" else ""
            facts.append((page.say(label or f"fact.{name}", days=page.write(days, "days")), text))
    return facts


def _is_far(page: Page, row: Row) -> bool:
    """Return whether the next order lies further ahead than anybody plans."""
    return cast(dt.date, row["next_order"]) > page.run.as_of + dt.timedelta(days=FAR_DAYS)


def _list_tags(page: Page, tags: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(page.say("fact.tags"), ", ".join(names)) for names in tags.values()]


def _build_timeline(page: Page, orders: Sequence["Order"]) -> Chart:
    """Draw what a customer spent, month by month, from the first order on."""
    first = min(order.day for order in orders)
    spent: dict[tuple[int, int], float] = defaultdict(float)
    for order in orders:
        spent[order.day.year, order.day.month] += order.amount
    count = (page.run.as_of.year - first.year) * 12 + page.run.as_of.month - first.month + 1
    months = [
        (first.year + (first.month - 1 + step) // 12, (first.month - 1 + step) % 12 + 1)
        for step in range(count)
    ][-MOST_MONTHS:]
    return Chart(
        "timeline",
        page.say("customer.timeline"),
        "columns",
        (Series(page.say("revenue"), tuple(spent[month] for month in months)),),
        tuple(format_month(dt.date(*month, 1), page.lang) for month in months),
        value=Axis(format="money"),
        currency=page.run.currency,
    )


def _compare_habit(
    page: Page, row: Row, name: str, profile: Any, standing: Standing | None
) -> tuple[str, str, str, str]:
    """Return a habit with what is usual in the segment, and the person's place in it in words."""
    unit = list_filter_columns()[name].unit
    usual = profile.get(name, {}).get("median") if isinstance(profile, dict) else None
    words = "" if standing is None else _say_standing(page, standing)
    return page.name_feature(name), page.write(row[name], unit), page.write(usual, unit), words


def _say_standing(page: Page, standing: Standing) -> str:
    """Say than how many of the segment a person has more or less of a habit."""
    if standing.side == "same":
        return page.say("standing.same")
    share = standing.less if standing.side == "more" else standing.more
    return page.say(f"standing.{standing.feature}.{standing.side}", share=f"{share:.0%}")
