"""Customers: everybody by a filter, and one person."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from unicodedata import normalize

from litestar import MediaType, Response
from litestar.params import FromQuery
from markupsafe import escape

from clientela.errors import InputError
from clientela.i18n import Lang, translate
from clientela.serving.dashboard.builder import (
    FIRST_CHANNEL,
    FIRST_PRODUCT,
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
from clientela.serving.dashboard.list_tools import build_tools
from clientela.serving.dashboard.moments import list_moments, look_back, read_move
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import read
from clientela.serving.phrases import Phrase
from clientela.serving.problems import AnyRequest
from clientela.serving.recorder import note_list
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.routes.filters import find_suggestions, parse_phrase
from clientela.store.filter_attributes import read_attribute, write_attribute
from clientela.store.filter_queries import check_sort
from clientela.store.filter_text import read_filter
from clientela.store.filters import (
    EXPERIMENTS,
    ORDERED_IN,
    REASON,
    TAG,
    Filter,
    check_filter,
    list_filter_columns,
    write_column,
    write_filter,
)
from clientela.store.list_changes import read_tags
from clientela.store.read import Reader, Row

if TYPE_CHECKING:
    from clientela.store.filter_attributes import Kind

ROWS = 50  # by convention: a screen or two
MOST_SUGGESTED = 8  # by convention: what one looks over while typing
MOST_COUNTED = 12  # by convention: conditions of a filter that are counted one by one


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
                then = look_back(column, query.get("add_when") or "")
                added = read_condition(then, query.get("add_op") or "=", value, lang, attributes)
                self.tree = add_condition(self.tree, added, query.get("add_to") or "")
            if move := read_move(query):
                self.tree = add_condition(self.tree, move, "and")
                check_filter(self.tree)
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
    from clientela.store.experiments import read_experiments

    page, results = await open_page(request, "customers", lang)
    attributes = await get_filters(request).list_attributes()
    question = Asked(request, page.lang, attributes)
    phrase = await _read_words(page, question) if question.words else None
    rows, count = await _read_rows(request, question, page.lang)
    page.action_titles = await read_action_titles(page, results)
    page.product_names = await results.ask(read_product_names)
    names = await results.read_names(page.run.run_id, page.lang)
    title = page.say("customers.title_error") if question.error else write_count(page, count)
    shown = rows[:ROWS]
    note_list(request, _list_ids(shown), run_id=page.run.run_id)
    last = str(shown[-1]["customer_id"]) if len(rows) > ROWS else None
    layout = lay_out(page, question.tree, names) if question.tree and not question.error else None
    columns = write_columns(question.columns)
    tags = await results.ask(lambda reader: reader.read_tags_of(_list_ids(shown)))
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
        built=await _build_filter(page, question, layout) if layout else None,
        places=_list_places(page, layout) if layout else [],
        operators=[(sign, say_operator(page, sign)) for sign in OPERATORS],
        cuts=await _find_cut(page, question, layout) if layout and not count["customers"] else None,
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
        experiments=[
            (write_column(EXPERIMENTS + experiment.name), experiment.name)
            for experiment in await results.ask(read_experiments)
        ],
        moments=await list_moments(page, results),
        segments=list(names.items()),
        rows=[
            build_row(page, row, names, question.columns)
            | {"tags": tags.get(str(row["customer_id"]), [])}
            for row in shown
        ],
        tools=await build_tools(page, results),
        all_count=page.write(count["customers"], "count"),
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


def _list_ids(rows: Sequence[Row]) -> list[str]:
    return [str(row["customer_id"]) for row in rows]


async def _build_filter(page: Page, question: Asked, layout: Part) -> dict[str, Any]:
    """Build the conditions in words, with how many customers each of them leaves."""
    leaves = list(_list_leaves(layout))
    counts = {}
    for leaf in leaves if len(leaves) <= MOST_COUNTED else []:
        count = await get_filters(page.request).count(page.request, leaf)
        counts[leaf] = write_count(page, count.content)
    return _build_part(page, question, layout, counts)


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


def _list_places(page: Page, layout: Part) -> list[tuple[str, str]]:
    """List where a condition may be added: to all, instead of all, or beside a part."""
    places = [(join, page.say(f"builder.add.{join}")) for join in ("and", "or")]
    beside = "or" if layout.join == "and" else "and"
    return places + [
        (str(index), page.say(f"builder.beside.{beside}", part=part.text))
        for index, part in enumerate(layout.parts)
    ]


async def _find_cut(page: Page, question: Asked, layout: Part) -> tuple[str, str, str] | None:
    """Find the condition without which most customers would be left."""
    parts = layout.parts[:MOST_COUNTED]
    rests = [(part, part.rest) for part in parts if part.rest is not None]
    counts = [
        (await get_filters(page.request).count(page.request, remaining)).content
        for _, remaining in rests
    ]
    if not any(count["customers"] for count in counts):
        return None
    (part, remaining), count = max(
        zip(rests, counts, strict=True), key=lambda pair: cast(int, pair[1]["customers"])
    )
    address = page.link("customers", filter=write_filter(remaining), sort=question.sort)
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


@read(HOME + "/customers/ids", right="lists")
async def suggest_customers(request: AnyRequest, id: FromQuery[str] = "") -> Response[str]:
    """Suggest customers whose ids begin as somebody types."""
    beginning = id.strip()
    if not beginning:
        return Response("", media_type=MediaType.HTML)
    reading = await get_filters(request).suggest_ids(beginning, MOST_SUGGESTED)
    note_list(request, reading.content, run_id=reading.run.run_id)
    options = (
        f'<option value="{escape(customer_id)}"></option>' for customer_id in reading.content
    )
    return Response("".join(options), media_type=MediaType.HTML)


@read(HOME + "/customers/phrases", right="lists")
async def suggest_words(
    request: AnyRequest, words: FromQuery[str] = "", lang: LangQuery = None
) -> Response[str]:
    """Suggest how a phrase goes on while it is typed, and say what of it is understood."""
    page, _ = await open_page(request, "customers", lang)
    try:
        phrases = await find_suggestions(request, words, page.lang)
        phrase = await parse_phrase(request, words, page.lang)
    except InputError as error:
        phrases, heard = [], [write_error(error, page.lang)]
    else:
        quoted = [f"“{text}”" for text, _ in phrase.parts]
        said = (("understood", quoted), ("unknown", phrase.unknown))
        heard = [page.say(f"words.{key}", words=", ".join(texts)) for key, texts in said if texts]
    html = load_environment().get_template("phrases.html").render(phrases=phrases, heard=heard)
    return Response(html, media_type=MediaType.HTML)


@read(HOME + "/customers/values", right="lists")
async def show_values(
    request: AnyRequest, add_column: FromQuery[str] = "", lang: LangQuery = None
) -> Response[str]:
    """Show where the value of a condition goes: a choice where its column has few, else a field."""
    page, results = await open_page(request, "values", lang)
    page.action_titles = await read_action_titles(page, results)
    page.product_names = await results.ask(read_product_names)
    names = await results.read_names(page.run.run_id, page.lang)
    vocabulary = await get_filters(request).list_vocabulary(request)
    described = list_filter_columns().get(add_column)
    is_day = described is not None and described.dtype == "date"
    if add_column == REASON:
        reasons = await get_filters(request).count_reasons(request)
        spoken = {name for row in reasons for name in cast(list[str], row["reasons"])}
        vocabulary = vocabulary | {REASON: sorted(spoken)}
    if add_column == TAG:
        tags = [str(row["tag"]) for row in await results.ask(read_tags, long=True)]
        vocabulary = vocabulary | {TAG: tags}
    vocabulary = vocabulary | await results.ask(_list_beginnings)
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


async def read_action_titles(page: Page, results: Results) -> dict[str, str]:
    """Read what the run's actions are called, by their ids."""
    rows = await results.ask(lambda reader: reader.table("actions").content)
    return {str(row["action_id"]): str(row[f"title_{page.lang.lower()}"]) for row in rows}


def read_product_names(reader: Reader) -> dict[str, str]:
    """Read what the run's larger families of products are called, by their ids."""
    followed = [row for row in reader.table("cohort_groups").content if row["kind"] == "product"]
    names = {str(row["cohort"]): str(row["name"]) for row in followed if row["cohort"]}
    rows = reader.table("products").content
    return names | {str(row["family"]): str(row["name"]) for row in rows}


def _list_beginnings(reader: Reader) -> dict[str, list[str]]:
    """List what customers may have begun with, and the months in which they ordered."""
    groups = reader.table("cohort_groups").content
    channels = {str(row["cohort"]) for row in groups if row["kind"] == "channel"}
    months = reader.table("revenue_by_month").content
    return {
        FIRST_PRODUCT: list(read_product_names(reader)),
        FIRST_CHANNEL: sorted(channels - {""}),
        ORDERED_IN: sorted((f"{row['month']:%Y-%m}" for row in months), reverse=True),
    }


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
