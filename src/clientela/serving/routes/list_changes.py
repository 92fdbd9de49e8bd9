"""Tags of customers, and what people do to customers of a list: tag, exclude, undo."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Annotated

from litestar.concurrency import sync_to_thread
from litestar.params import PathParameter
from msgspec import Meta

from clientela.errors import InputError
from clientela.serving.auth import get_actor
from clientela.serving.filtering import get_filters
from clientela.serving.idempotency import KeyHeader, create_once
from clientela.serving.openapi import answers, post, read, remove
from clientela.serving.problems import AnyRequest, NotFoundProblem
from clientela.serving.recorder import note_filtered, note_list
from clientela.serving.request import parse_body, read_own_body
from clientela.serving.response import RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.schema import define_body, define_schema, derive_schema, list_of
from clientela.store.filter_text import read_filter
from clientela.store.list_changes import (
    ChangeKind,
    ListChange,
    change_customers,
    read_list_changes,
    read_tags,
    undo_change,
)

PATH = "/v1/list-changes"
MOST_CUSTOMERS = 10_000  # by convention: more are a filter
ListChangeRow = derive_schema(
    "ListChangeRow", "What was done to customers of a list, and whether it holds.", "list_changes"
)
ListChangeList = define_schema(
    "ListChangeList", "The latest changes, the latest first.", {"changes": list_of(ListChangeRow)}
)
ListChangeAnswer = define_schema("ListChangeAnswer", "One change.", {"change": ListChangeRow})
TagCount = define_schema("TagCount", "A tag, and who has it.", {"tag": str, "customers": int})
TagList = define_schema("TagList", "The tags in use, by name.", {"tags": list_of(TagCount)})
NewListChange = define_body(
    "NewListChange",
    "What to do to whom: customers by their ids, or all whom a filter leaves.",
    {
        "kind": Annotated[
            ChangeKind, Meta(description="Give or take a tag, or leave out of lists")
        ],
        "tag": (Annotated[str | None, Meta(description="The tag; null for an exclusion")], None),
        "customers": (Annotated[list[str], Meta(max_length=MOST_CUSTOMERS)], []),
        "filter": (Annotated[str | None, Meta(description="Whom, instead of customers")], None),
    },
)
ChangePath = Annotated[
    str, PathParameter(description="Id of the change", schema_extra={"examples": ["3f9a12c07b54"]})
]


@read(
    "/v1/tags",
    right="lists",
    tag="Tags",
    summary="List the tags in use",
    responses=answers(TagList),
)
async def list_tags(request: AnyRequest) -> RawJsonResponse:
    """Return the tags that people gave to customers; every filter takes ``tag = 'NAME'``."""
    rows = await get_results(request).ask(read_tags, long=True)
    return RawJsonResponse(TagList(rows))


@read(
    PATH,
    right="lists",
    tag="Tags",
    summary="List what was done to customers of lists",
    responses=answers(ListChangeList),
)
async def list_latest_changes(request: AnyRequest) -> RawJsonResponse:
    """Return the latest changes of tags and exclusions."""
    return RawJsonResponse(ListChangeList(await get_results(request).ask(read_list_changes)))


@post(
    PATH,
    "audiences",
    "Tags",
    NewListChange,
    summary="Tag customers, take a tag, or leave them out of every list",
    responses=answers(ListChangeAnswer, 409, 422),
)
async def change_listed_customers(
    request: AnyRequest, idempotency_key: KeyHeader = None
) -> RawJsonResponse:
    """Change the customers that are named, or all whom a filter leaves; undo it by its id.

    An exclusion leaves them out of every list, beside who objects to being contacted by
    themselves, which no change undoes.
    """
    body = await read_own_body(request)
    wanted = parse_body(body, NewListChange)
    change = ListChange(wanted.kind, wanted.tag)
    create = partial(apply_change, request, change, wanted.customers, wanted.filter)
    change_id, _ = await create_once(request, idempotency_key, body, create)
    return await _respond_with_change(request, change_id)


@remove(
    PATH + "/{change_id:str}",
    "audiences",
    "Tags",
    success=200,
    summary="Undo a change",
    responses=answers(ListChangeAnswer, 404),
)
async def undo_list_change(request: AnyRequest, change_id: ChangePath) -> RawJsonResponse:
    """Undo a change as a whole; who another change tagged or excluded too stays so."""
    await _respond_with_change(request, change_id)
    now = dt.datetime.now(dt.UTC)
    await get_results(request).change(undo_change, change_id, get_actor(request), now)
    return await _respond_with_change(request, change_id)


async def apply_change(
    request: AnyRequest, change: ListChange, customers: Sequence[str], filter_text: str | None
) -> str:
    """Change customers by their ids, or all whom a filter leaves, and return the change's id.

    Raises
    ------
    InputError
        Both or neither are named, or as ``change_customers``.
    """
    from clientela.store.erasures import read_people  # it loads Arrow

    results, filters = get_results(request), get_filters(request)
    if bool(customers) == (filter_text is not None):
        raise InputError("name customers or a filter", where="customers", do="send one of both")
    people = await sync_to_thread(read_people, results.url)
    tree = read_filter(filter_text) if filter_text else None
    reading = await filters.list_ids(request, tree, None)
    ids = reading.content.to_pylist()
    if filter_text is None:
        named = set(customers)
        ids = [id_ for id_ in ids if id_ in named]  # those whom a list may name
        note_list(request, ids, run_id=reading.run.run_id)
    else:
        note_filtered(request, tree, None, reading.content, reading.run.run_id)
    now = dt.datetime.now(dt.UTC)
    return await results.change(change_customers, change, ids, people, get_actor(request), now)


async def _respond_with_change(request: AnyRequest, change_id: str) -> RawJsonResponse:
    rows = await get_results(request).ask(partial(read_list_changes, change_id=change_id))
    if not rows:
        raise NotFoundProblem("there is no such change", where=change_id)
    return RawJsonResponse(ListChangeAnswer(rows[0]))
