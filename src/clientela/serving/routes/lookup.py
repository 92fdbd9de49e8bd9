"""Ids in, segments out: the look-up other programs call."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Annotated, cast

import msgspec
from litestar import HttpMethod, Response, route
from litestar.params import QueryParameter
from msgspec import Meta

from clientela import config
from clientela.serving.auth import spend_look_up
from clientela.serving.lookup_cache import UNKNOWN, Scores, Text
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
from clientela.serving.results import Results, get_results
from clientela.serving.routes.customers import Insider
from clientela.serving.schema import define_body, define_schema, derive_schema, list_of
from clientela.store.read import RunReading, SegmentRow

PATH = "/v1/segments/lookup"
# By convention: the groups of some runs in two languages, of 300 bytes each
CACHE_GROUPS = 5_000
UNSOLD = UNKNOWN - 1
"""The group of ids that are known by no purchase."""
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


# JSON holds no such byte
GAP = msgspec.Raw(b"\0")


def _write_around(*values: object) -> Text:
    """Write a result; return what stands between its id and confidence, and up to the next id."""
    result = LookupResult(GAP, *values)
    _, between, after, *_ = msgspec.json.encode([result, result]).split(GAP)
    return between, after


NO_PURCHASES, NOBODY = (
    _write_around(None, None, GAP, *[None] * 5, reason) for reason in ("no_purchases", "unknown")
)
NEXT = NOBODY[1].partition(b"}")[2]
"""From the end of a result to the next id."""


async def _look_up(
    request: AnyRequest, raw_ids: Sequence[RawId], lang: str | None
) -> RawJsonResponse:
    language, results = check_language(request, lang), get_results(request)
    limit = cast(config.Serving, request.app.state.settings).max_ids
    if len(raw_ids) > limit:
        raise RequestError(
            f"{len(raw_ids)} ids in one look-up", do=f"send at most {limit} at a time"
        )
    ids = to_stored_ids(raw_ids)
    reading = await results.look_up(ids)
    respelt = _respell(raw_ids, ids, reading)
    if respelt != ids:
        form, ids, reading = reading.run.id_form, respelt, await results.look_up(respelt)
        if reading.run.id_form != form:  # published in between, and spelt in another form
            return await _look_up(request, raw_ids, lang)
    run, scores = reading.run, reading.content
    names = await results.read_names(run.run_id, language)
    texts = scores.groups.write(language, names, _write_group)
    shown, unknown = ids, list[RawId]()
    if UNKNOWN in scores.numbers:
        scores = await _tell_unsold(results, ids, scores)
        numbers = scores.numbers
        shown = [id_ for id_, number in zip(ids, numbers, strict=True) if number >= 0]
        unknown = [raw for raw, number in zip(raw_ids, numbers, strict=True) if number == UNKNOWN]
    persons = shown if scores.persons is None else scores.persons
    spend_look_up(request, ids, len(unknown), persons, run.customers)
    content = _write_results(raw_ids, scores, [*texts, NO_PURCHASES, NOBODY])
    return RawJsonResponse(LookupAnswer(run.run_id, run.as_of, content, unknown))


def _respell(
    raw_ids: Sequence[RawId], ids: Sequence[str], reading: RunReading[Scores]
) -> Sequence[str]:
    """Return the ids, those that were not found in the form of the run."""
    if UNKNOWN not in reading.content.numbers:
        return ids
    rows = [None if number == UNKNOWN else number for number in reading.content.numbers]
    respelt = respell_absent(raw_ids, ids, rows, reading.run.id_form)
    return [respelt.get(place, id_) for place, id_ in enumerate(ids)] if respelt else ids


async def _tell_unsold(results: Results, ids: Sequence[str], scores: Scores) -> Scores:
    """Tell those who only returned something from those whom nobody knows."""
    absent = [id_ for id_, number in zip(ids, scores.numbers, strict=True) if number == UNKNOWN]
    unsold = await results.find_unsold(absent)
    pairs = zip(ids, scores.numbers, strict=True)
    numbers = [UNSOLD if number == UNKNOWN and id_ in unsold else number for id_, number in pairs]
    return scores._replace(numbers=numbers)


def _write_results(raw_ids: Sequence[RawId], scores: Scores, texts: Sequence[Text]) -> msgspec.Raw:
    """Write the results as JSON: what a group shares stands ready, and is not encoded again."""
    chosen = [texts[number] for number in scores.numbers]
    between, after = zip(*chosen, strict=True)
    parts = zip(_write_each(raw_ids), between, _write_each(scores.confidences), after, strict=True)
    content = b"".join(chain.from_iterable(parts)).removesuffix(NEXT)
    return msgspec.Raw(b"[%b%b]" % (NEXT[1:], content))


def _write_each(values: Sequence[object]) -> list[bytes]:
    """Write each value as JSON, at once where no comma stands in one."""
    texts = msgspec.json.encode(values)[1:-1].split(b",")
    return texts if len(texts) == len(values) else [msgspec.json.encode(value) for value in values]


@lru_cache(maxsize=CACHE_GROUPS)
def _write_group(row: SegmentRow, name: str | None) -> Text:
    return _write_around(row.segment, name, GAP, *row[3:], None)
