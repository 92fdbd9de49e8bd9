"""Ids in, segments out: the look-up other programs call."""

from collections.abc import Sequence
from typing import Annotated, cast

import msgspec
from litestar import HttpMethod, Response, route
from litestar.params import QueryParameter
from msgspec import Meta

from clientela import config
from clientela.serving.auth import spend_look_up
from clientela.serving.lookup_cache import Scores
from clientela.serving.openapi import answers, post, read
from clientela.serving.problems import AnyRequest, RequestError
from clientela.serving.request import (
    LangQuery,
    check_language,
    parse_body,
    read_own_body,
    respell_absent,
    to_stored_ids,
)
from clientela.serving.response import RawJsonResponse, RunStamp
from clientela.serving.results import Names, get_results
from clientela.serving.routes.customers import Insider
from clientela.serving.schema import define_body, define_schema, derive_schema, list_of

PATH = "/v1/segments/lookup"
RawId = str | int | float
CustomerId = Annotated[
    RawId, Meta(description="As you write it: 17850, '17850' and 17850.0 are one customer")
]


Lookup = define_body(
    "Lookup",
    "The customers to look up.",
    {
        "ids": Annotated[
            list[CustomerId], Meta(min_length=1, description="Customer ids, in any form")
        ]
    },
)


LookupResult = derive_schema(
    "LookupResult",
    "One customer of a look-up.",
    "customers",
    *("id", "segment", "segment_name", "segment_confidence", "rfm_segment"),
    *("r_score", "f_score", "m_score", "insider", "reason"),
    id=Annotated[RawId, Meta(description="The id as it came")],
    insider=Insider,
    reason=Annotated[
        str | None, Meta(description="Why there is no segment: unknown or no_purchases")
    ],
)


LookupAnswer = define_schema(
    "LookupAnswer",
    "Segments in the order of the ids.",
    {
        "results": list_of(LookupResult),
        "unknown": Annotated[
            list[RawId], Meta(description="The ids that appear in no transaction")
        ],
    },
    RunStamp,
)


@route(
    PATH,
    http_method=HttpMethod.OPTIONS,
    status_code=204,
    sync_to_thread=False,
    include_in_schema=False,
)
def list_methods() -> Response[None]:
    """Name the methods of both handlers; the framework's own answer knows those of one."""
    return Response(None, headers={"allow": "GET, HEAD, OPTIONS, POST"})


@post(
    PATH,
    "person",
    "Look-up",
    Lookup,
    summary="Look up many customers",
    responses=answers(LookupAnswer),
)
async def lookup_segments(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return segments and scores in the order of the ids, which may be text or numbers."""
    body = await read_own_body(request)
    return await _look_up(request, parse_body(body, Lookup).ids, lang)


@read(
    PATH,
    right="person",
    tag="Look-up",
    summary="Look up a few customers",
    responses=answers(LookupAnswer),
    one_reading=True,
)
async def lookup_segments_by_query(
    request: AnyRequest,
    ids: Annotated[
        list[str],
        QueryParameter(
            name="id",
            description="Customer id, once for each: ?id=17850&id=13047",
            schema_extra={"min_items": 1, "examples": [["17850", "13047"]]},
        ),
    ],
    lang: LangQuery = None,
) -> RawJsonResponse:
    """As the POST, for a few ids: a URL holds about 60,000 characters."""
    return await _look_up(request, ids, lang)


async def _look_up(
    request: AnyRequest, raw_ids: Sequence[RawId], lang: str | None
) -> RawJsonResponse:
    language, results = check_language(request, lang), get_results(request)
    limit = cast(config.Serving, request.app.state.settings).max_ids
    if len(raw_ids) > limit:
        raise RequestError(
            f"{len(raw_ids)} ids in one look-up", do=f"send at most {limit} at a time"
        )
    ids = list(to_stored_ids(raw_ids))
    reading = await results.look_up(ids)
    content = list(reading.content)
    respelt = respell_absent(raw_ids, ids, content, reading.run.id_form)
    if respelt:
        again = await results.look_up(list(respelt.values()))
        if again.run.run_id != reading.run.run_id:  # published in between: an answer is of one run
            return await _look_up(request, raw_ids, lang)
        for index, row in zip(respelt, again.content, strict=True):
            ids[index], content[index] = respelt[index], row
    names = await results.read_names(reading.run.run_id, language)
    rows = list(zip(raw_ids, ids, content, strict=True))
    unsold = await results.find_unsold([stored_id for _, stored_id, row in rows if row is None])
    results_of_ids = [
        _build_absent(raw_id, stored_id in unsold)
        if row is None
        else _build_result(raw_id, row, names)
        for raw_id, stored_id, row in rows
    ]
    unknown = [raw_id for raw_id, stored_id, row in rows if row is None and stored_id not in unsold]
    persons = [stored_id for _, stored_id, row in rows if row is not None]
    spend_look_up(request, ids, len(unknown), persons, reading.run.customers)
    return RawJsonResponse(
        LookupAnswer(reading.run.run_id, reading.run.as_of, results_of_ids, unknown)
    )


def _build_result(raw_id: RawId, row: Scores, names: Names) -> msgspec.Struct:
    (_, segment, _, *scores), confidence = row
    name = None if segment is None else names.get(segment)
    return LookupResult(raw_id, segment, name, confidence, *scores, None)


def _build_absent(raw_id: RawId, is_unsold: bool) -> msgspec.Struct:
    reason = "no_purchases" if is_unsold else "unknown"
    return LookupResult(raw_id, *[None] * 8, reason)
