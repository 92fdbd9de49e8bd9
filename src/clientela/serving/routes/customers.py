"""One customer, pages of customers, and whole segments as files."""

from functools import partial
from typing import Annotated, Literal, cast

from litestar.params import FromPath, FromQuery, PathParameter, QueryParameter
from litestar.types import ASGIApp

from clientela.report.lists import SEGMENT
from clientela.serving.auth import EXPORT, READ
from clientela.serving.customer import customer_of
from clientela.serving.ids import known_as
from clientela.serving.listing import of_segment, page, place_of
from clientela.serving.paging import link, refuse_cursor
from clientela.serving.problems import AnyRequest, NotFound
from clientela.serving.response import Answer
from clientela.serving.results import Results
from clientela.serving.routes.context import api_of, language, read
from clientela.serving.routes.files import Format, Listed, accepted, download, every_feature
from clientela.serving.schemas import CustomerAnswer
from clientela.store.read import Reader

PATH = "/v1/customers"
SegmentQuery = Annotated[int | None, QueryParameter(ge=0, lt=2**31)]
SegmentPath = Annotated[int, PathParameter(ge=0, lt=2**31)]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]


@read(PATH + "/{customer_id:path}", opt={"scope": READ})
async def customer(request: AnyRequest, customer_id: FromPath[str]) -> Answer:
    """Give one customer with all features."""
    results = api_of(request).results
    id_ = known_as(customer_id.removeprefix("/"))  # a CNPJ holds a slash
    reading = await results.ask(lambda reader: reader.customer(id_))
    run = reading.run
    if reading.content is None:
        raise await _absent(results, id_)
    lang = language(request)
    names = await results.names(run.run_id, lang)
    content = customer_of(reading.content, names, lang)
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
    format: FromQuery[Literal["json", "csv"] | None] = None,
) -> ASGIApp:
    """Give a page of customers, or all of a segment as CSV."""
    results, lang = api_of(request).results, language(request)
    if (format or accepted(request)) == "csv":
        refuse_cursor(cursor)
        return await every_feature(results, segment, lang)
    part, place = place_of(segment, cursor, int)
    content = await page(results, part, place, limit, lang)
    return Answer(content, link(request, content.next_cursor))


@read("/v1/segments/{segment:int}/customers", opt={"scope": EXPORT})
async def segment_customers(
    request: AnyRequest,
    segment: SegmentPath,
    limit: Limit = 100,
    cursor: FromQuery[str | None] = None,
    format: FromQuery[Format | None] = None,
) -> ASGIApp:
    """Give a page of a segment's customers, or the whole list with key figures as a file."""
    wanted = format or accepted(request)
    if wanted != "json":
        refuse_cursor(cursor)
        fetch, count = of_segment(segment), partial(_size, segment=segment)
        return await download(request, Listed(SEGMENT, fetch, count, segment), wanted)
    part, place = place_of(segment, cursor, int)
    content = await page(api_of(request).results, part, place, limit, language(request))
    return Answer(content, link(request, content.next_cursor))


def _size(reader: Reader, segment: int) -> int:
    sizes = {row["segment"]: cast(int, row["customers"]) for row in reader.segments().content}
    return sizes.get(segment, 0)
