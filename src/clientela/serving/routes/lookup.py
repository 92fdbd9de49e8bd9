"""Ids in, segments out: the look-up other programs call."""

from collections.abc import Collection, Sequence
from typing import Annotated

from litestar import HttpMethod, Response, post, route
from litestar.params import QueryParameter

from clientela.i18n import Lang
from clientela.serving.auth import READ
from clientela.serving.body import parse, read_body
from clientela.serving.ids import all_known_as
from clientela.serving.lookup_cache import Told
from clientela.serving.problems import AnyRequest, RequestError
from clientela.serving.response import Answer
from clientela.serving.results import LONG, Names, Results
from clientela.serving.routes.context import Api, api_of, language, read
from clientela.serving.schemas import Found, Lookup, LookupAnswer

PATH = "/v1/segments/lookup"
Asked = str | int | float


@post(PATH, status_code=200, opt={"scope": READ})
async def lookup_posted(request: AnyRequest) -> Answer:
    """Look up the ids of the body."""
    api = api_of(request)
    body = await read_body(request.receive, api.settings.max_body_kb * 1024)
    return await _answer(api, parse(body, Lookup).ids, language(request))


@read(PATH, opt={"scope": READ})
async def lookup_queried(
    request: AnyRequest, ids: Annotated[list[str], QueryParameter(name="id")]
) -> Answer:
    """Look up the ids of the query string."""
    return await _answer(api_of(request), ids, language(request))


@route(PATH, http_method=HttpMethod.OPTIONS, status_code=204, sync_to_thread=False)
def lookup_options() -> Response[None]:
    """Name the methods of both handlers; the framework's own answer knows those of one."""
    return Response(None, headers={"allow": "GET, HEAD, OPTIONS, POST"})


async def _answer(api: Api, asked: Sequence[Asked], lang: Lang) -> Answer:
    most = api.settings.max_ids
    if len(asked) > most:
        raise RequestError(f"{len(asked)} ids in one look-up", do=f"send at most {most} at a time")
    ids = all_known_as(asked)
    reading = await api.results.lookup(ids)
    names = await api.results.names(reading.run.run_id, lang)
    rows = list(zip(asked, ids, reading.content, strict=True))
    never_bought = await _never_bought(api.results, [id_ for _, id_, row in rows if row is None])
    found = [
        _found(each, row, names) if row is not None else _missing(each, id_ in never_bought)
        for each, id_, row in rows
    ]
    unknown = [each.id for each in found if each.reason == "unknown"]
    return Answer(LookupAnswer(reading.run.run_id, reading.run.as_of, found, unknown))


async def _never_bought(results: Results, missing: Sequence[str]) -> Collection[str]:
    """Tell the ids with returns or fees alone from those never seen."""
    if not missing:
        return ()
    return await results.ask(lambda reader: reader.no_purchases(missing), long=len(missing) > LONG)


def _found(asked: Asked, row: Told, names: Names) -> Found:
    (segment, rfm_segment, r, f, m, insider), confidence = row
    name = None if segment is None else names.get(segment)
    return Found(asked, segment, name, confidence, rfm_segment, r, f, m, insider, None)


def _missing(asked: Asked, never_bought: bool) -> Found:
    reason = "no_purchases" if never_bought else "unknown"
    return Found(asked, None, None, None, None, None, None, None, None, reason)
