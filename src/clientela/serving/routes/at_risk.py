"""Customers at risk worth contacting, page by page or as a file."""

from litestar.params import FromQuery
from litestar.types import ASGIApp

from clientela.report.lists import AT_RISK
from clientela.serving.auth import EXPORT
from clientela.serving.listing import following, place_of, rows
from clientela.serving.paging import link, refuse_cursor
from clientela.serving.problems import AnyRequest, NotFound
from clientela.serving.response import Answer
from clientela.serving.risk import AtRiskPage, at_risk_of
from clientela.serving.routes.context import api_of, language, read
from clientela.serving.routes.customers import Limit
from clientela.serving.routes.files import Format, Listed, accepted, download
from clientela.store.read import Reader, Reading, Row

PART = "at-risk"
MANY = 10_000  # rows of a file read at a time, since each part sorts the whole list


@read("/v1/churn/at-risk", opt={"scope": EXPORT})
async def customers_at_risk(
    request: AnyRequest,
    limit: Limit = 100,
    cursor: FromQuery[str | None] = None,
    format: FromQuery[Format | None] = None,
) -> ASGIApp:
    """Give a page of the customers at risk, or the whole list as a file."""
    results = api_of(request).results
    part, place = place_of(PART, cursor, str)
    reading = await rows(results, _fetch, place, limit + 1)
    if not reading.content and not await results.ask(_asked):
        raise NotFound(
            "the published run tells nobody at risk",
            do="publish one with `clientela run FILE`; its report says why where there is none",
        )
    wanted = format or accepted(request)
    if wanted != "json":
        refuse_cursor(cursor)
        return await download(request, Listed(AT_RISK, _fetch_many, _size), wanted)
    lang, run = language(request), reading.run
    names = await results.names(run.run_id, lang)
    listed = [at_risk_of(row, names, lang) for row in reading.content[:limit]]
    onwards = following(reading, part, limit)
    content = AtRiskPage(run.run_id, run.as_of, run.currency, listed, onwards)
    return Answer(content, link(request, onwards))


def _fetch(reader: Reader, after: str | None, limit: int, run_id: str | None) -> Reading[list[Row]]:
    return reader.at_risk(after, limit, run_id)


def _fetch_many(
    reader: Reader, after: str | None, limit: int, run_id: str | None
) -> Reading[list[Row]]:
    return reader.at_risk(after, max(limit, MANY), run_id)


def _size(reader: Reader) -> int:
    return reader.at_risk_count()


def _asked(reader: Reader) -> bool:
    return bool(reader.table("churn_contacts").content)
