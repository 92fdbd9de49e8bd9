"""Customers: everybody by a filter, and one person."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from unicodedata import normalize

from litestar import MediaType, Response
from litestar.params import FromQuery

from clientela.errors import InputError, PlatformError
from clientela.i18n import Lang, format_month, translate
from clientela.report.answer import Axis, Chart, Series
from clientela.serving.auth import spend_look_up
from clientela.serving.dashboard.builder import (
    OPERATORS,
    UNORDERED,
    Part,
    add_condition,
    describe,
    is_nominal,
    lay_out,
    list_choices,
    name_column,
    read_condition,
    say_operator,
    say_place,
)
from clientela.serving.dashboard.columns import (
    COLUMNS,
    NOT_SHOWN,
    arrange_columns,
    choose_columns,
    write_cell,
    write_columns,
)
from clientela.serving.dashboard.frame import HOME, Page, load_environment, open_page
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import read
from clientela.serving.phrases import Phrase
from clientela.serving.problems import AnyRequest
from clientela.serving.recorder import note_list
from clientela.serving.request import LangQuery, to_stored_id
from clientela.serving.results import Results
from clientela.serving.routes.filters import parse_phrase
from clientela.store.filter_attributes import read_attribute, write_attribute
from clientela.store.filter_queries import check_sort
from clientela.store.filter_text import read_filter
from clientela.store.filters import (
    Filter,
    list_filter_columns,
    write_filter,
)
from clientela.store.read import Reader, Row

if TYPE_CHECKING:
    from clientela.privacy.access import Order
    from clientela.store.filter_attributes import Kind

MOST_MONTHS = 36  # by convention: three seasons; the table goes back further
MOST_OFFERS = 5  # by convention: what a person can offer at once
ROWS = 50  # by convention: a screen or two
MOST_COUNTED = 12  # by convention: conditions of a filter that are counted one by one
# What describes a person's habits best, beside what is usual in the segment
HABITS = (
    "orders",
    "revenue",
    "revenue_365d",
    "average_order_value",
    "days_since_last",
    "gap_days_mean",
    "products",
    "returned_share",
)


class Asked:
    """What the address of the list asks for.

    Parameters
    ----------
    attributes : mapping
        Attributes of the firm's own with their kinds, which a condition may name.
    """

    def __init__(self, request: AnyRequest, lang: Lang, attributes: "Mapping[str, Kind]") -> None:
        query = request.query_params
        self.text = (query.get("filter") or "").strip()
        self.words = (query.get("words") or "").strip()
        self.sort = query.get("sort") or "-expected_revenue"
        self.columns = choose_columns(query.getall("columns", []), attributes)
        self.after = query.get("after")
        self.run_id = query.get("run")
        self.error = self.missing = ""
        self.tree: Filter | None = None
        try:
            self.tree = read_filter(self.text) if self.text else None
            column, value = query.get("add_column") or "", (query.get("add_value") or "").strip()
            if column and value:
                added = read_condition(column, query.get("add_op") or "=", value, lang, attributes)
                self.tree = add_condition(self.tree, added, query.get("add_to") or "")
            self.missing = "" if value else column
            check_sort(self.sort)
        except InputError as error:
            self.error = write_error(error, lang)
        else:
            self.text = write_filter(self.tree) if self.tree else ""


async def _read_words(page: Page, question: Asked) -> Phrase:
    """Let a phrase be the filter, or say that nothing of it was understood."""
    try:
        phrase = await parse_phrase(page.request, question.words, page.lang)
    except InputError as error:
        question.error = write_error(error, page.lang)
        return Phrase(None, [], [])
    question.tree, question.error = phrase.tree, ""
    question.text = write_filter(phrase.tree) if phrase.tree else ""
    if phrase.tree is None:
        question.error = page.say("words.nothing")
    return phrase


def write_error(error: InputError, lang: Lang) -> str:
    """Write what is wrong and what to do, in the reader's language."""
    what, do = (translate(str(text), lang) for text in (error.what, error.do or ""))
    return f"{what} ({do})" if do else what


@read(HOME + "/customers", right="lists")
async def show_customers(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show the customers that a filter leaves, page by page."""
    page, results = await open_page(request, "customers", lang)
    attributes = await get_filters(request).list_attributes()
    question = Asked(request, page.lang, attributes)
    phrase = await _read_words(page, question) if question.words else None
    rows, count = await _read_rows(request, question, page.lang)
    names = await results.read_names(page.run.run_id, page.lang)
    title = page.say("customers.title_error") if question.error else write_count(page, count)
    shown = rows[:ROWS]
    note_list(request, [str(row["customer_id"]) for row in shown], run_id=page.run.run_id)
    last = str(shown[-1]["customer_id"]) if len(rows) > ROWS else None
    columns = write_columns(question.columns)
    query = {"filter": question.text, "sort": question.sort, "columns": columns}
    twin = page.link("customers", filter=question.text, sort=question.sort)
    return page.respond(
        title,
        twin=f"../v1/{twin}",
        asked=question,
        phrase=phrase,
        error=question.error,
        understood=[(text, describe(page, part, names)) for text, part in phrase.parts]
        if phrase
        else [],
        built=await _build_filter(page, question, names),
        places=_list_places(page, question, names),
        operators=[(sign, say_operator(page, sign)) for sign in OPERATORS],
        cuts=await _find_cut(page, question, names, cast(int, count["customers"])),
        columns=[(name, name_column(page, name)) for name in question.columns],
        columns_text=columns,
        not_shown=NOT_SHOWN,
        arranged=arrange_columns(
            page, question.columns, {"filter": question.text, "sort": question.sort}
        ),
        meanings=page.explain_features([n for n in question.columns if not read_attribute(n)]),
        note=_explain_missing(page, question, attributes),
        choices=sorted(
            ((name, page.name_feature(name)) for name in list_filter_columns()),
            key=lambda choice: normalize("NFKD", choice[1].casefold()),  # Á beside A
        ),
        own_choices=[(write_attribute(name), name) for name in attributes],
        rows=[build_row(page, row, names, question.columns) for row in shown],
        next_page=last and page.link("customers", **query, after=last, run=page.run.run_id),
        first_page=question.after and page.link("customers", **query),
        files=[
            *page.list_files(page.link("customers/file", **query), ("csv", "xlsx")),
            *page.list_files(f"../v1/{twin}", ("parquet",)),
        ],
        sort_links={
            name: page.link("customers", **{**query, "sort": _turn(question, name)})
            for name in question.columns
        },
    )


async def _build_filter(
    page: Page, question: Asked, names: Mapping[int, str]
) -> dict[str, Any] | None:
    """Build the conditions in words, with how many customers each of them leaves."""
    if question.tree is None or question.error:
        return None
    whole = lay_out(page, question.tree, names)
    leaves = list(_list_leaves(whole))
    counts = {}
    for leaf in leaves if len(leaves) <= MOST_COUNTED else []:
        count = await get_filters(page.request).count(page.request, leaf)
        counts[leaf] = write_count(page, count.content)
    return _build_part(page, question, whole, counts)


def _list_leaves(part: Part) -> Iterator[Filter]:
    if not part.join:
        yield part.tree
    for inner in part.parts:
        yield from _list_leaves(inner)


def _build_part(
    page: Page, question: Asked, part: Part, counts: Mapping[Filter, str]
) -> dict[str, Any]:
    columns = write_columns(question.columns)

    def link(tree: Filter | None) -> str:
        return page.link(
            "customers", filter=tree and write_filter(tree), sort=question.sort, columns=columns
        )

    return {
        "text": part.text,
        "count": counts.get(part.tree, ""),
        "remove": link(part.rest),
        "join": part.join,
        "turn": link(part.turned),
        "parts": [_build_part(page, question, inner, counts) for inner in part.parts],
    }


def _list_places(page: Page, question: Asked, names: Mapping[int, str]) -> list[tuple[str, str]]:
    """List where a condition may be added: to all, instead of all, or beside a part."""
    if question.tree is None or question.error:
        return []
    whole = lay_out(page, question.tree, names)
    places = [(join, page.say(f"builder.add.{join}")) for join in ("and", "or")]
    beside = "or" if whole.join == "and" else "and"
    return places + [
        (str(place), page.say(f"builder.beside.{beside}", part=part.text))
        for place, part in enumerate(whole.parts)
    ]


async def _find_cut(
    page: Page, question: Asked, names: Mapping[int, str], customers: int
) -> tuple[str, str, str] | None:
    """Find the condition without which most customers would be left, where nobody is."""
    if customers or question.tree is None or question.error:
        return None
    parts = lay_out(page, question.tree, names).parts[:MOST_COUNTED]
    rests = [(part, part.rest) for part in parts if part.rest is not None]
    counts = [
        (await get_filters(page.request).count(page.request, rest)).content for _, rest in rests
    ]
    if not any(count["customers"] for count in counts):
        return None
    (part, rest), count = max(
        zip(rests, counts, strict=True), key=lambda pair: cast(int, pair[1]["customers"])
    )
    address = page.link("customers", filter=write_filter(rest), sort=question.sort)
    return part.text, write_count(page, count), address


def _explain_missing(page: Page, question: Asked, attributes: "Mapping[str, Kind]") -> str:
    """Say that a condition without a value was not added."""
    own = {write_attribute(name): name for name in attributes}
    if question.missing in own:
        return page.say("customers.value_missing", column=own[question.missing])
    if question.missing not in list_filter_columns():
        return ""
    return page.say("customers.value_missing", column=page.name_feature(question.missing))


@read(HOME + "/customers/count", right="lists")
async def show_count(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Say how many customers a filter leaves, while it is being written."""
    page, _ = await open_page(request, "customers", lang)
    filters = get_filters(request)
    question = Asked(request, page.lang, await filters.list_attributes())
    if question.error:
        return Response(question.error, media_type=MediaType.TEXT)
    try:
        count = (await filters.count(request, question.tree)).content
    except InputError as error:  # an attribute that the run does not have
        return Response(write_error(error, page.lang), media_type=MediaType.TEXT)
    return Response(write_count(page, count), media_type=MediaType.TEXT)


@read(HOME + "/customers/values", right="lists")
async def show_values(
    request: AnyRequest, add_column: FromQuery[str] = "", lang: LangQuery = None
) -> Response[str]:
    """Show where the value of a condition goes: a choice where its column has few, else a field."""
    page, results = await open_page(request, "values", lang)
    names = await results.read_names(page.run.run_id, page.lang)
    vocabulary = await get_filters(request).list_vocabulary(request)
    known = list_filter_columns().get(add_column)
    is_day = known is not None and known.dtype == "date"
    choices = list_choices(page, add_column, names, vocabulary)
    signs = UNORDERED if is_nominal(add_column) or choices else OPERATORS
    html = (
        load_environment()
        .get_template("values.html")
        .render(
            say=page.say,
            choices=choices,
            kind="date" if is_day else "text",
            operators=[(sign, say_operator(page, sign, add_column)) for sign in signs],
        )
    )
    return Response(html, media_type=MediaType.HTML)


async def _read_rows(request: AnyRequest, question: Asked, lang: Lang) -> tuple[list[Row], Row]:
    filters = get_filters(request)
    if question.error:
        return [], {"customers": 0, "revenue": 0.0}
    try:
        rows = await filters.read_page(
            request, question.tree, question.sort, question.after, ROWS + 1, question.run_id
        )
    except InputError as error:  # a run no longer kept, or an attribute that the run does not have
        question.error = write_error(error, lang)
        return [], {"customers": 0, "revenue": 0.0}
    return rows.content, (await filters.count(request, question.tree)).content


def write_count(page: Page, count: Row) -> str:
    """Say how many customers a filter or an audience leaves, with their money."""
    number = cast(int, count["customers"])
    key = "customers.one" if number == 1 else "customers.many"
    money = page.write(count["revenue"] or 0.0, "amount")
    return page.say(key if number else "customers.none", count=page.write(number), revenue=money)


def _turn(question: Asked, name: str) -> str:
    """Return the order that a click on a heading asks for: largest first, then smallest."""
    return name if question.sort == f"-{name}" else f"-{name}"


def build_row(page: Page, row: Row, names: Any, columns: Sequence[str] = COLUMNS) -> dict[str, Any]:
    """Build a customer's line of a list, with some columns as its cells."""
    return {
        "id": row["customer_id"],
        "link": page.link("customer", id=row["customer_id"]),
        "segment": names.get(row["segment"], ""),
        "insider": say_place(page, row["insider"]) if row["insider"] else "",
        "cells": [write_cell(page, row, name, names) for name in columns],
    }


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
        title = page.say("customer.unknown", id=id) if id else page.say("search")
        words = page.link("customers", words=id) if id and page.may("lists") else ""
        return page.respond(title, customer=None, asked_id=id, words=words)
    names = await results.read_names(page.run.run_id, page.lang)
    segments = await results.ask(lambda reader: reader.table("segments").content)
    profile = next(
        (each["profile"] for each in segments if each["segment"] == row["segment"]), None
    )
    segment = cast(Any, names).get(row["segment"], page.say("customer.no_segment"))
    workspace = request.app.state.workspace
    orders = await results.read_orders(workspace, persons[0], page.run.as_of)
    return page.respond(
        page.say("customer.title", id=row["customer_id"], segment=segment),
        twin=f"../v1/customers/{row['customer_id']}",
        customer=row,
        asked_id=id,
        reasons=str(row[f"churn_reasons_{page.lang.lower()}"] or "").split(" · "),
        facts=_list_facts(page, row),
        habits=[_compare_habit(page, row, name, profile) for name in HABITS],
        meanings=page.explain_features((*HABITS, "churn_probability", "expected_loss", "clv")),
        charts=[_build_timeline(page, orders)] if orders else [],
        orders=[_build_order(page, order) for order in orders[:ROWS]],
        offers=await _find_offers(page, results, persons[0]),
    )


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


def _list_facts(page: Page, row: Row) -> list[tuple[str, str]]:
    """List what is expected of a person, with the ends of intervals."""
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
            text = page.say(key, value=value, low=low, high=high)
            facts.append((page.say(f"fact.{name}"), text))
    return facts


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


def _build_order(page: Page, order: "Order") -> tuple[str, str, str, str, str]:
    what = page.say(
        f"order.{order.kind}" if order.returns_order_id is None else "order.return_of",
        id=order.order_id,
        other=order.returns_order_id,
    )
    amount, lines = page.write(order.amount, "amount"), page.write(order.lines, "count")
    return page.write(order.day), what, ", ".join(order.products), lines, amount


def _compare_habit(page: Page, row: Row, name: str, profile: Any) -> tuple[str, str, str]:
    """Return a habit with what is usual in the segment."""
    unit = list_filter_columns()[name].unit
    usual = profile.get(name, {}).get("median") if isinstance(profile, dict) else None
    return page.name_feature(name), page.write(row[name], unit), page.write(usual, unit)
