"""Audiences: saved filters that follow each run or are frozen, their people, who came and went."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, cast

import msgspec
from litestar.params import PathParameter
from litestar.types import ASGIApp

from clientela.report.lists import AUDIENCE
from clientela.serving.auth import get_actor
from clientela.serving.downloads import ContactsQuery, FormatQuery, ListDownload
from clientela.serving.idempotency import KeyHeader, create_once
from clientela.serving.listing import CursorQuery, Fetch, LimitQuery
from clientela.serving.openapi import answers, post, read, remove, replace
from clientela.serving.problems import AnyRequest, refuse_absent
from clientela.serving.recorder import note_list
from clientela.serving.request import LangQuery, parse_body, read_own_body
from clientela.serving.response import MoneyStamp, RawJsonResponse
from clientela.serving.results import Results, get_results
from clientela.serving.routes.changes import MembershipChanges, SinceQuery, respond_with_changes
from clientela.serving.routes.customers import CustomerPage, build_customer
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.store import audiences as store
from clientela.store.audience_queries import AudienceDraft
from clientela.store.audience_reader import (
    count_members,
    find_audience,
    read_audiences,
    read_changes,
    read_members,
    read_sizes,
)
from clientela.store.read import Reader, Row

PATH = "/v1/audiences"
AudienceSize = derive_schema(
    "AudienceSize", "How many an audience named in a run.", "audience_sizes"
)
AudienceRow = derive_schema(
    "AudienceRow",
    "An audience, and how many it named in each run that was published since.",
    "audiences",
    sizes=list_of(AudienceSize),
)
AudienceList = define_schema(
    "AudienceList", "All audiences, by name.", {"audiences": list_of(AudienceRow)}, MoneyStamp
)
AudienceAnswer = define_schema(
    "AudienceAnswer", "One audience.", {"audience": AudienceRow}, MoneyStamp
)
AUDIENCE_ANSWER = answers(AudienceAnswer, 404)
AudiencePath = Annotated[
    str,
    PathParameter(description="Id of the audience", schema_extra={"examples": ["3f9a12c07b54"]}),
]


@read(
    PATH,
    right="lists",
    tag="Audiences",
    summary="List the audiences",
    responses=answers(AudienceList),
)
async def list_audiences(request: AnyRequest) -> RawJsonResponse:
    """Return all audiences with their sizes, run by run."""
    results = get_results(request)
    run = await results.read_run()
    rows = await results.ask(_read_rows, long=True)
    return RawJsonResponse(AudienceList(run.run_id, run.as_of, run.currency, rows))


@post(
    PATH,
    "audiences",
    "Audiences",
    AudienceDraft,
    summary="Save an audience",
    responses=answers(AudienceAnswer, 409, 422),
)
async def create_audience(
    request: AnyRequest, idempotency_key: KeyHeader = None
) -> RawJsonResponse:
    """Save whom a filter names: following each run, or frozen as of the published one.

    Who must not be contacted, did not consent to the channel or is held out of every campaign
    never belongs to it.
    """
    body = await read_own_body(request)
    create = partial(
        get_results(request).change,
        store.create_audience,
        parse_body(body, AudienceDraft),
        get_actor(request),
        dt.datetime.now(dt.UTC),
    )
    audience_id, _ = await create_once(request, idempotency_key, body, create)
    return await _respond_with_audience(request, audience_id)


@read(
    PATH + "/{audience_id:str}",
    right="lists",
    tag="Audiences",
    summary="Read an audience",
    responses=AUDIENCE_ANSWER,
)
async def get_audience(request: AnyRequest, audience_id: AudiencePath) -> RawJsonResponse:
    """Return what an audience says, and its sizes run by run."""
    return await _respond_with_audience(request, audience_id)


@replace(
    PATH + "/{audience_id:str}",
    "audiences",
    "Audiences",
    AudienceDraft,
    summary="Change an audience",
    responses=AUDIENCE_ANSWER,
)
async def change_audience(request: AnyRequest, audience_id: AudiencePath) -> RawJsonResponse:
    """Replace what an audience says; with another filter or channel its past sizes go.

    A frozen one is frozen anew where its filter or channel changed.
    """
    results = get_results(request)
    draft = parse_body(await read_own_body(request), AudienceDraft)
    await results.ask(partial(find_known, audience_id=audience_id))
    await results.change(store.change_audience, audience_id, draft, dt.datetime.now(dt.UTC))
    return await _respond_with_audience(request, audience_id)


@remove(
    PATH + "/{audience_id:str}",
    "audiences",
    "Audiences",
    success=200,
    summary="Remove an audience",
    responses=AUDIENCE_ANSWER,
)
async def remove_audience(request: AnyRequest, audience_id: AudiencePath) -> RawJsonResponse:
    """Delete an audience with its people and sizes, and return what it was."""
    answer = await _respond_with_audience(request, audience_id)
    await get_results(request).change(store.remove_audience, audience_id)
    return answer


@read(
    PATH + "/{audience_id:str}/members",
    right="lists",
    tag="Audiences",
    summary="Page through the customers of an audience, or take the list away",
    responses=answers(CustomerPage, 404),
)
async def list_audience_members(
    request: AnyRequest,
    audience_id: AudiencePath,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
    format: FormatQuery = None,
    contacts: ContactsQuery = None,
    lang: LangQuery = None,
) -> ASGIApp:
    """Return the customers of an audience, the largest expected revenue first."""
    await get_results(request).ask(partial(find_known, audience_id=audience_id))
    source = ListDownload(
        AUDIENCE,
        audience_id,
        contacts,
        fetch=fetch_members(audience_id),
        count=partial(_count, audience_id=audience_id),
    )
    return await source.respond(request, CustomerPage, build_customer, limit, cursor, format, lang)


@read(
    PATH + "/{audience_id:str}/changes",
    right="lists",
    tag="Audiences",
    summary="Read who entered and left an audience since a run",
    responses=answers(MembershipChanges, 404),
)
async def list_audience_changes(
    request: AnyRequest,
    audience_id: AudiencePath,
    since: SinceQuery = None,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
) -> RawJsonResponse:
    """Return who belongs to an audience in one of two runs alone, by what may be listed now."""
    results = get_results(request)
    await results.ask(partial(find_known, audience_id=audience_id))
    return await respond_with_changes(
        request, audience_id, partial(fetch_changes, audience_id), since, limit, cursor
    )


def find_known(reader: Reader, audience_id: str) -> Any:
    """Return an audience.

    Raises
    ------
    NotFoundProblem
        There is none of this id.
    """
    with refuse_absent():
        return find_audience(reader, audience_id)


def fetch_members(audience_id: str) -> Fetch:
    """Return what reads the customers of an audience."""
    return lambda reader, after, limit, run_id: read_members(
        reader, find_known(reader, audience_id), after, limit, run_id
    )


def fetch_changes(audience_id: str, since: str) -> Fetch:
    """Return what reads who entered and left an audience since a run."""
    return lambda reader, after, limit, run_id: read_changes(
        reader, find_known(reader, audience_id), since, after, limit, run_id
    )


def _count(reader: Reader, audience_id: str) -> int:
    content = count_members(reader, find_known(reader, audience_id)).content
    return cast(int, content["customers"])


def _read_rows(reader: Reader) -> list[msgspec.Struct]:
    sizes = read_sizes(reader)
    return [
        _build_row(audience, sizes.get(audience.audience_id, []))
        for audience in read_audiences(reader)
    ]


def _build_row(audience: msgspec.Struct, sizes: Sequence[Row]) -> msgspec.Struct:
    fields = msgspec.structs.asdict(audience)
    return msgspec.convert(fields | {"sizes": sizes}, AudienceRow)


async def _respond_with_audience(request: AnyRequest, audience_id: str) -> RawJsonResponse:
    results: Results = get_results(request)
    run = await results.read_run()
    audience = await results.ask(partial(find_known, audience_id=audience_id))
    sizes = await results.ask(read_sizes)
    note_list(request, audience=audience_id)
    row = _build_row(audience, sizes.get(audience_id, []))
    return RawJsonResponse(AudienceAnswer(run.run_id, run.as_of, run.currency, row))
