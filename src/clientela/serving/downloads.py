"""Whole lists as files: CSV sent as it is read, xlsx written to a temporary file first."""

import io
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import IO, Annotated, Any, Literal, cast

import msgspec
from litestar.params import QueryParameter
from litestar.types import ASGIApp

from clientela.contract.destinations import ContactForm
from clientela.files.csv_lines import csv_lines
from clientela.i18n import Lang
from clientela.report.lists import AT_RISK, CustomerList, ListContent
from clientela.report.lists.contacts import add_contact_columns, attach_contacts
from clientela.report.lists.published import count_list
from clientela.serving.auth import check_contacts
from clientela.serving.listing import (
    Cursor,
    Fetch,
    fetch_list,
    find_next,
    read_rows,
    refuse_cursor,
    respond_with_page,
    resume,
)
from clientela.serving.problems import AnyRequest, RequestError, refuse_absent
from clientela.serving.recorder import note_list
from clientela.serving.request import check_language, get_header
from clientela.serving.response import CSV, NDJSON, PARQUET, XLSX, FileDownload, MoneyStamp
from clientela.serving.results import Names, Results, get_results
from clientela.store.read import Reader, Row, RunReading
from clientela.store.record import RunRecord

Format = Literal["json", "csv", "xlsx", "ndjson", "parquet"]
ContactsQuery = Annotated[
    ContactForm | None,
    QueryParameter(
        description=(
            "Of a file, with a key of the scope contacts. plain: e-mail, phone, name and "
            "consents beside the rest; google, meta, tiktok: nothing but e-mail and phone, hashed "
            "as the ad platform compares them; klaviyo, rdstation, mailchimp: the columns that "
            "the mailing tool imports"
        )
    ),
]
FormatQuery = Annotated[
    Literal["json", "csv", "xlsx", "ndjson", "parquet"] | None,
    QueryParameter(
        description="csv, xlsx, ndjson and parquet give the whole list at once; else Accept decides"
    ),
]
# Rows of a file for programs read at a time, by convention: the first part leaves at once
BATCH_ROWS = 1000
# A workbook of so many takes some ten seconds to write
MOST_WORKBOOK_ROWS = 100_000
# Rows of a list read at a time: each part sorts the whole list
FILE_ROWS = 10_000
# Of a workbook sent at a time, by convention: 64 KB
PART_BYTES = 1 << 16
# Workbooks up to here stay in memory, by convention: 8 MB, larger ones go to the disk
MEMORY_BYTES = 1 << 23


def refuse_contacts(contacts: ContactForm | None) -> None:
    """Raise if contact data are asked for in JSON.

    Raises
    ------
    RequestError
        They are.
    """
    if contacts is not None:
        raise RequestError(
            "contact data come in files alone",
            where="contacts",
            do="ask for format=csv, xlsx, ndjson or parquet",
        )


def choose_format(request: AnyRequest, form: Format | None) -> Format:
    """Return the format asked for, else the first of ``Accept``; JSON where it is none of ours."""
    if form is not None:
        return form
    accept = get_header(request, b"accept") or ""
    first = accept.partition(",")[0].partition(";")[0].strip().lower()
    forms: dict[str, Format] = {
        "text/csv": "csv",
        XLSX: "xlsx",
        NDJSON: "ndjson",
        PARQUET: "parquet",
    }
    return forms.get(first, "json")


async def read_batches(
    results: Results, reading: RunReading[list[Row]], fetch: Fetch, limit: int
) -> AsyncIterator[list[Row]]:
    """Yield all rows of a list, after its first ones were read."""
    batch = reading
    while rows := batch.content:
        yield rows
        end = Cursor(reading.run.run_id, None, str(rows[-1]["customer_id"]))
        batch = await read_rows(results, fetch, limit, end)


async def encode_batches(
    head: bytes,
    batches: AsyncIterator[list[Row]],
    encode: Callable[[list[Row]], Awaitable[bytes]],
) -> AsyncIterator[bytes]:
    """Yield the parts of a file: its head, and rows as they are read."""
    yield head
    async for rows in batches:
        yield await encode(rows)


class ListDownload:
    """A list of customers, page by page, or as a file with its key figures for people.

    Parameters
    ----------
    kind : CustomerList
        Its columns.
    part : int or str, optional
        Which segment, status, action, target or audience.
    contacts : ContactForm, optional
        Contact data to add to a file, or alone as another place takes them.
    fetch : callable, optional
        Reads its rows; those of the kind if None.
    fetch_pages : callable, optional
        Makes of a part what reads its pages, where they are ordered otherwise than a file.
    count : callable, optional
        Returns how many rows the published run has of it; those of the kind if None. Where the
        list comes out empty, it raises if there is no such list.
    """

    def __init__(
        self,
        kind: CustomerList,
        part: int | str | None = None,
        contacts: ContactForm | None = None,
        *,
        fetch: Fetch | None = None,
        fetch_pages: Callable[[str | None], Fetch] | None = None,
        count: Callable[[Reader], int] | None = None,
    ) -> None:
        self._kind, self._part, self._contacts = kind, part, contacts
        self._fetch = fetch or fetch_list(kind.name, part)
        self._fetch_pages = fetch_pages or (lambda _: self._fetch)
        self._count = count or partial(count_list, kind=kind, part=part)

    async def respond(
        self,
        request: AnyRequest,
        page: type[MoneyStamp],
        build_item: Callable[[Row, Names, Lang], Any],
        limit: int,
        cursor: str | None,
        form: Format | None,
        lang: str | None,
    ) -> ASGIApp:
        """Answer with a page, or with a file where one is asked for.

        Raises
        ------
        NotFoundProblem
            There is no such list.
        RequestError
            Pages and files are asked for at once, or as :meth:`download`.
        """
        language, form = check_language(request, lang), choose_format(request, form)
        if form != "json":
            refuse_cursor(cursor)
            return await self.download(request, form, language)
        refuse_contacts(self._contacts)
        # a list without parts is named in its cursors, which then fit no other
        asked = self._kind.name if self._kind is AT_RISK else cast("str | None", self._part)
        part, start = resume(asked, cursor, str)
        reading = await read_rows(get_results(request), self._fetch_pages(part), limit + 1, start)
        await self._check_exists(request, reading)
        next_cursor = find_next(reading, part, limit)
        return await respond_with_page(request, reading, next_cursor, language, page, build_item)

    async def _check_exists(self, request: AnyRequest, reading: RunReading[list[Row]]) -> None:
        if not reading.content:
            with refuse_absent():
                await get_results(request).ask(self._count)

    async def download(self, request: AnyRequest, form: Format, lang: Lang) -> FileDownload:
        """Send the whole list.

        Raises
        ------
        NotFoundProblem
            There is no such list.
        RequestError
            It has more rows than a workbook is made of here.
        """
        if self._contacts is not None:
            check_contacts(request)
        results = get_results(request)
        reading = await read_rows(results, self._fetch, FILE_ROWS)
        await self._check_exists(request, reading)
        names = await results.read_names(reading.run.run_id, lang)
        kind = add_contact_columns(self._kind, self._contacts)
        content = ListContent(kind, reading.run, names, lang)
        part = self._kind.name if self._part is None else f"{self._kind.name}-{self._part}"
        note_list(
            request,
            run_id=reading.run.run_id,
            part=self._part,
            contacts=self._contacts,
        )
        if form in ("csv", "ndjson"):
            is_csv = form == "csv"
            head = kind.mark + csv_lines([content.header()], content.dialect) if is_csv else b""
            batches = read_batches(results, reading, self._fetch, FILE_ROWS)
            encode = _write_csv if is_csv else _write_objects
            parts = encode_batches(head, batches, self._encode(results, content, encode))
            media = CSV if is_csv else NDJSON
            return FileDownload(name_file(part, reading.run, form), parts, media)
        form = "parquet" if form == "parquet" else "xlsx"
        write = _write_parquet if form == "parquet" else _write_workbook
        file: IO[bytes] = io.BytesIO()
        if request.method != "HEAD":
            if form == "xlsx":
                _check_size(await results.ask(self._count))
            file = await results.ask(
                lambda reader: write(reader, self._fetch, content, self._contacts), long=True
            )
        media = PARQUET if form == "parquet" else XLSX
        return FileDownload(name_file(part, reading.run, form), _read_file(file), media)

    def _encode(
        self,
        results: Results,
        content: ListContent,
        write: Callable[[ListContent, list[Row]], bytes],
    ) -> Callable[[list[Row]], Awaitable[bytes]]:
        async def encode(rows: list[Row]) -> bytes:
            attached = await results.ask(
                lambda reader: attach_contacts(reader, rows, self._contacts)
            )
            return write(content, attached)

        return encode


def _write_csv(content: ListContent, rows: list[Row]) -> bytes:
    return csv_lines(content.cells(rows), content.dialect)


def _write_objects(content: ListContent, rows: list[Row]) -> bytes:
    """Write rows as lines of JSON, for programs: by the columns' names, not their headings."""
    names = [column.name for column in content.kind.columns]
    cells = content.cells(rows)
    return msgspec.json.Encoder().encode_lines(dict(zip(names, row, strict=True)) for row in cells)


def name_file(part: str, run: RunRecord, form: str) -> str:
    """Name a file by its list, day and run."""
    return f"clientela-{part}-{run.as_of}-{run.run_id}.{form}"


def _check_size(rows: int) -> None:
    if rows > MOST_WORKBOOK_ROWS:
        raise RequestError(
            f"the list has {rows} rows, more than the {MOST_WORKBOOK_ROWS} of a workbook here",
            where="format",
            do="take it as CSV, or with `clientela export`",
        )


def _write_workbook(
    reader: Reader, fetch: Fetch, content: ListContent, form: ContactForm | None
) -> IO[bytes]:
    from clientela.report.lists.workbook import write_workbook  # xlsxwriter loads where it is used

    file = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed once it is sent
    write_workbook(file, content, _read_cells(reader, fetch, content, form))
    file.seek(0)
    return file


def _write_parquet(
    reader: Reader, fetch: Fetch, content: ListContent, form: ContactForm | None
) -> IO[bytes]:
    import pyarrow.parquet as pq  # Arrow loads where it is used

    from clientela.report.lists.arrow import build_list_schema, build_list_table

    file = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed once it is sent
    cells = _read_cells(reader, fetch, content, form)
    with pq.ParquetWriter(file, build_list_schema(content)) as writer:
        while part := list(islice(cells, FILE_ROWS)):
            writer.write_table(build_list_table(content, part))
    file.seek(0)
    return file


def _read_cells(
    reader: Reader, fetch: Fetch, content: ListContent, form: ContactForm | None
) -> Iterator[Sequence[object]]:
    after: str | None = None
    while rows := fetch(reader, after, FILE_ROWS, content.run.run_id).content:
        yield from content.cells(attach_contacts(reader, rows, form))
        after = str(rows[-1]["customer_id"])


async def _read_file(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while part := file.read(PART_BYTES):
            yield part
