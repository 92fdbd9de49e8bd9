"""Whole lists as files: CSV sent as it is read, xlsx written to a temporary file first."""

import io
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Literal

from clientela.files.csv_lines import MARK, csv_lines
from clientela.i18n import Lang
from clientela.report.lists import CustomerList, ListContent
from clientela.serving.customer import CSV_COLUMNS, cells_of
from clientela.serving.listing import Fetch, Place, of_segment, rows, see_segment
from clientela.serving.problems import AnyRequest, RequestError
from clientela.serving.request_header import header
from clientela.serving.response import CSV, XLSX, Download
from clientela.serving.results import Results
from clientela.serving.routes.context import api_of, language
from clientela.store.read import Reader, Reading, Row

Form = Literal["csv", "xlsx"]
Format = Literal["json", "csv", "xlsx"]
ROWS_AT_A_TIME = 1000
MOST_ROWS_OF_A_WORKBOOK = 100_000  # which takes some ten seconds to write
ROWS_OF_A_WORKBOOK = 10_000  # read at a time; nobody waits for the first of them
PART_BYTES = 1 << 16
IN_MEMORY_BYTES = 1 << 23

Lines = Callable[[list[Row]], bytes]


@dataclass(frozen=True)
class Listed:
    """A list that is asked for: its columns, where its rows come from, and which part.

    ``count`` tells how many rows the published run has of it.
    """

    kind: CustomerList
    fetch: Fetch
    count: Callable[[Reader], int]
    part: int | str | None = None

    def filename(self, reading: Reading[list[Row]], form: Form) -> str:
        """Name the file, with its day and run."""
        part = f"-{self.part}" if self.part is not None else ""
        run = reading.run
        return f"clientela-{self.kind.name}{part}-{run.as_of}-{run.run_id}.{form}"


def accepted(request: AnyRequest) -> Format:
    """Choose the format that ``Accept`` names first; JSON where it names none of ours."""
    first = (header(request, b"accept") or "").partition(",")[0].partition(";")[0].strip().lower()
    return "csv" if first == "text/csv" else "xlsx" if first == XLSX else "json"


async def every_feature(results: Results, segment: int | None, lang: Lang) -> Download:
    """Give all customers of a segment, or all, with every feature, as CSV for programs."""
    fetch = of_segment(segment)
    reading = await rows(results, fetch, Place(), ROWS_AT_A_TIME)
    run = reading.run
    names = await results.names(run.run_id, lang)
    see_segment(segment, reading.content, names)
    part = "customers" if segment is None else f"segment-{segment}"

    def lines(found: list[Row]) -> bytes:
        return csv_lines(cells_of(row, names, run, lang) for row in found)

    parts = _csv(results, fetch, reading, csv_lines([CSV_COLUMNS]), lines)
    return Download(f"clientela-{part}-{run.as_of}-{run.run_id}.csv", parts)


async def download(request: AnyRequest, listed: Listed, form: Form) -> Download:
    """Give a list with its key figures, for people.

    Raises
    ------
    NotFound
        There is no such segment.
    RequestError
        It has more rows than a workbook is made of here.
    """
    results, lang = api_of(request).results, language(request)
    reading = await rows(results, listed.fetch, Place(), ROWS_AT_A_TIME)
    names = await results.names(reading.run.run_id, lang)
    if isinstance(listed.part, int):
        see_segment(listed.part, reading.content, names)
    content = ListContent(listed.kind, reading.run, names, lang)
    filename = listed.filename(reading, form)
    if form == "xlsx" and request.method == "HEAD":
        return Download(filename, _parts(io.BytesIO()), XLSX)
    if form == "xlsx":
        _see_size(await results.ask(listed.count))
        file = await results.ask(lambda reader: _workbook(reader, listed, content), long=True)
        return Download(filename, _parts(file), XLSX)

    def lines(found: list[Row]) -> bytes:
        return csv_lines(content.cells(found))

    parts = _csv(results, listed.fetch, reading, MARK + csv_lines([content.header()]), lines)
    return Download(filename, parts, CSV)


def _see_size(rows: int) -> None:
    if rows > MOST_ROWS_OF_A_WORKBOOK:
        raise RequestError(
            f"the list has {rows} rows, more than the {MOST_ROWS_OF_A_WORKBOOK} of a workbook here",
            where="format",
            do="take it as CSV, or with `clientela export`",
        )


async def _csv(
    results: Results, fetch: Fetch, reading: Reading[list[Row]], head: bytes, lines: Lines
) -> AsyncIterator[bytes]:
    run_id = reading.run.run_id
    yield head
    while found := reading.content:
        yield lines(found)
        place = Place(str(found[-1]["customer_id"]), run_id)
        reading = await rows(results, fetch, place, ROWS_AT_A_TIME)


def _workbook(reader: Reader, listed: Listed, content: ListContent) -> IO[bytes]:
    from clientela.report.lists.workbook import write_workbook  # xlsxwriter loads where it is used

    file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - closed once it is sent
    write_workbook(file, content, _cells(reader, listed, content))
    file.seek(0)
    return file


def _cells(reader: Reader, listed: Listed, content: ListContent) -> Iterator[Sequence[object]]:
    after: str | None = None
    while found := listed.fetch(reader, after, ROWS_OF_A_WORKBOOK, content.run.run_id).content:
        cells: Iterable[Sequence[object]] = content.cells(found)
        yield from cells
        after = str(found[-1]["customer_id"])


async def _parts(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while part := file.read(PART_BYTES):
            yield part
