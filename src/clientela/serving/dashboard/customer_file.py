"""The customers that a filter leaves, taken away as people read lists."""

from dataclasses import replace
from typing import Literal

from litestar.params import FromQuery
from litestar.types import ASGIApp

from clientela.report.lists import CUSTOMERS
from clientela.report.lists.kinds import list_column
from clientela.serving.dashboard.customers import Asked
from clientela.serving.dashboard.frame import HOME
from clientela.serving.downloads import ListDownload
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest, RequestError
from clientela.serving.recorder import note_filtered
from clientela.serving.request import LangQuery, check_language
from clientela.store.read import Reader, Row, RunReading


@read(HOME + "/customers/file", right="lists")
async def download_customers(
    request: AnyRequest, format: FromQuery[Literal["csv", "xlsx"]], lang: LangQuery = None
) -> ASGIApp:
    """Send the filtered list with headings, and as CSV in the dialect of the language.

    Raises
    ------
    RequestError
        The filter cannot be read, or leaves more rows than a workbook is made of here.
    """
    language = check_language(request, lang)
    filters = get_filters(request)
    question = Asked(request, language, await filters.list_attributes())
    if question.error:
        raise RequestError(question.error, where="filter")
    reading = await filters.list_ids(request, question.tree, question.sort)
    ids = reading.content.to_pylist()
    places = {customer_id: place for place, customer_id in enumerate(ids, 1)}

    def fetch(
        reader: Reader, after: str | None, limit: int, run_id: str | None
    ) -> RunReading[list[Row]]:
        start = 0 if after is None else places[after]
        part = ids[start : start + limit]
        rows = reader.customers_of_run(reading.run.run_id, part)
        tags = reader.read_tags_of(part)
        tagged = [row | {"tags": ", ".join(tags.get(str(row["customer_id"]), ()))} for row in rows]
        return RunReading(reading.run, tagged)

    kind = replace(CUSTOMERS, columns=(*CUSTOMERS.columns, list_column("tags", width=24)))
    source = ListDownload(kind, fetch=fetch, count=lambda _: len(ids))
    answer = await source.download(request, format, language)
    run_id = reading.run.run_id
    note_filtered(request, question.tree, question.sort, reading.content, run_id)
    return answer
