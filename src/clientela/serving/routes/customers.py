"""One customer, pages of customers, and a whole segment as CSV."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.types import ASGIApp

from clientela.serving.answer import Answer, Download
from clientela.serving.customer import customer_of
from clientela.serving.gate import EXPORT, READ
from clientela.serving.ids import known_as
from clientela.serving.listing import export, page, place_of
from clientela.serving.problems import AnyRequest, NotFound, RequestError
from clientela.serving.request_header import header
from clientela.serving.results import Results
from clientela.serving.routes.context import api_of, language, read
from clientela.serving.schemas import CustomerAnswer

PATH = "/v1/customers"
Format = Literal["json", "csv"]
SegmentQuery = Annotated[int | None, QueryParameter(ge=0, lt=2**31)]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]


@read(PATH + "/{customer_id:str}", opt={"scope": READ})
async def customer(request: AnyRequest, customer_id: FromPath[str]) -> Answer:
    """Give one customer with all features."""
    results = api_of(request).results
    id_ = known_as(customer_id)
    reading = await results.ask(lambda reader: reader.customer(id_))
    run = reading.run
    if reading.content is None:
        raise await _absent(results, id_)
    names = await results.names(run.run_id, language(request))
    content = customer_of(reading.content, names)
    return Answer(CustomerAnswer(run.run_id, run.as_of, run.currency, content))


async def _absent(results: Results, customer_id: str) -> NotFound:
    if await results.ask(lambda reader: reader.no_purchases([customer_id])):
        return NotFound("this id has returns or fees on record and no purchase", where=customer_id)
    return NotFound("no transaction on record has this id", where=customer_id, do="check the id")


@read(PATH, opt={"scope": EXPORT})
async def customers(
    request: AnyRequest,
    segment: SegmentQuery = None,
    limit: Limit = 100,
    cursor: FromQuery[str | None] = None,
    format: FromQuery[Format | None] = None,
) -> ASGIApp:
    """Give a page of customers, or all of a segment as CSV."""
    wanted = format or _accepted(header(request, b"accept") or "")
    if wanted == "json":
        place = place_of(segment, cursor)
        content = await page(api_of(request).results, place, limit, language(request))
        return Answer(content, _link(request, content.next_cursor))
    if cursor is not None:
        raise RequestError("CSV holds all pages", where="cursor", do="leave the cursor out")
    filename, lines = await export(api_of(request).results, segment, language(request))
    return Download(filename, lines)


def _accepted(accept: str) -> Format:
    return "csv" if accept.strip().lower().startswith("text/csv") else "json"


def _link(request: AnyRequest, cursor: str | None) -> list[tuple[str, str]]:
    """Point to the next page (RFC 8288), with the parameters of this one."""
    if cursor is None:
        return []
    query = {**request.query_params.dict(), "cursor": [cursor]}
    return [("link", f'<{PATH}?{urlencode(query, doseq=True)}>; rel="next"')]
