"""One customer, pages of customers, and whole segments as files."""

from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext
from typing import Annotated, Any, Literal, cast

import msgspec
from litestar.params import PathParameter, QueryParameter
from litestar.types import ASGIApp
from msgspec import Meta

from clientela.contract.features import FEATURES
from clientela.errors import InputError
from clientela.files.csv_lines import csv_lines
from clientela.i18n import Lang
from clientela.report.lists import SEGMENT
from clientela.serving.auth import spend_look_up
from clientela.serving.downloads import (
    BATCH_ROWS,
    ContactsQuery,
    Format,
    FormatQuery,
    ListDownload,
    choose_format,
    encode_batches,
    name_file,
    read_batches,
    refuse_contacts,
)
from clientela.serving.filtering import get_filters
from clientela.serving.listing import (
    CursorQuery,
    Fetch,
    LimitQuery,
    decode_cursor,
    explain_gone,
    fetch_list,
    find_next,
    get_name,
    get_reasons,
    read_rows,
    refuse_cursor,
    refuse_forged_cursor,
    respond_with_page,
    resume,
)
from clientela.serving.openapi import answers, read
from clientela.serving.parquet import encode_parquet
from clientela.serving.path_ids import read_path_id
from clientela.serving.problems import AnyRequest, GoneProblem, NotFoundProblem
from clientela.serving.recorder import note_filtered, note_list
from clientela.serving.request import LangQuery, check_language, to_stored_id
from clientela.serving.response import (
    CSV,
    NDJSON,
    PARQUET,
    FileDownload,
    MoneyStamp,
    RawJsonResponse,
)
from clientela.serving.results import Names, Results, get_results
from clientela.serving.routes.filters import FilterQuery, parse_filter
from clientela.serving.schema import define_schema, derive_page, derive_schema, list_fields
from clientela.store.filter_queries import check_sort
from clientela.store.filters import Condition, Filter, FilterGroup, check_filter
from clientela.store.read import Row, RunReading
from clientela.store.record import RunRecord

PATH = "/v1/customers"
FEATURE_NAMES = tuple(column.name for column in FEATURES)
Insider = Annotated[
    str | None, Meta(description="In the programme: member, leaving or candidate; else null")
]
SegmentQuery = Annotated[
    int | None,
    QueryParameter(
        ge=0,
        lt=2**31,
        description="Only customers of this segment",
        schema_extra={"minimum": 0},  # lost by the framework where null is allowed too
    ),
]
SortQuery = Annotated[
    str | None,
    QueryParameter(
        description="A column of GET /v1/filters/columns, with - before it the largest first; "
        "absent values last",
        schema_extra={"examples": ["-expected_revenue"]},
    ),
]
SegmentPath = Annotated[int, PathParameter(ge=0, lt=2**31, description="Number of the segment")]
FileQuery = Annotated[
    Literal["json", "csv", "ndjson", "parquet"] | None,
    QueryParameter(description="A file of all customers at once; else Accept decides"),
]


Values = dict[str, str | int | float | bool | None]
ActionIds = Annotated[
    list[str] | None, Meta(description="Ids of the actions that address the customer")
]
LISTED = tuple(
    field for field in list_fields("customers") if field not in (*FEATURE_NAMES, "outlier")
)
Customer = derive_schema(
    "Customer",
    "One customer with everything the run knows.",
    "customers",
    *LISTED,
    attributes=Annotated[Values, Meta(description="Further columns of the customers file")],
    actions=ActionIds,
    features=Annotated[
        Values, Meta(description="Behaviour up to as_of, by name; money is in currency")
    ],
)
CustomerAnswer = define_schema(
    "CustomerAnswer", "One customer.", {"customer": Customer}, MoneyStamp
)
CustomerPage = derive_page(
    "CustomerPage",
    "Some customers, ordered by id, and where the next ones begin.",
    customers=Customer,
)
_BEHIND_FEATURES = LISTED.index("attributes")
CSV_COLUMNS = (
    *("run_id", "as_of", *LISTED[:_BEHIND_FEATURES]),
    *(*FEATURE_NAMES, *LISTED[_BEHIND_FEATURES:]),
)


@read(
    PATH + "/{customer_id:path}",
    right="person",
    tag="Customers",
    summary="Read one customer",
    responses=answers(CustomerAnswer, 404, 410),
    one_reading=True,
)
async def get_customer(
    request: AnyRequest,
    customer_id: Annotated[
        str,
        PathParameter(
            description="In any form: 17850 or 17850.0; slashes may stand as they are",
            schema_extra={"min_length": 1, "examples": ["17850"]},
        ),
    ],
    lang: LangQuery = None,
) -> RawJsonResponse:
    """Return segment, scores and every feature of a customer."""
    results = get_results(request)
    raw_id = read_path_id(customer_id)
    stored_id = to_stored_id(raw_id)
    reading = await results.ask(lambda reader: reader.customer(stored_id))
    if reading.content is None:
        stored_id = to_stored_id(raw_id, reading.run.id_form)
        reading = await results.ask(lambda reader: reader.customer(stored_id))
    persons = [] if reading.content is None else [stored_id]
    customers = reading.run.customers
    spend_look_up(request, [stored_id], 1 - len(persons), persons, customers)
    if reading.content is None:
        raise await _explain_absence(results, stored_id)
    run = reading.run
    language = check_language(request, lang)
    names = await results.read_names(run.run_id, language)
    customer = build_customer(reading.content, names, language)
    return RawJsonResponse(CustomerAnswer(run.run_id, run.as_of, run.currency, customer))


async def _explain_absence(results: Results, customer_id: str) -> NotFoundProblem | GoneProblem:
    if await results.find_waiting([customer_id]):
        return GoneProblem("this customer asked to be erased", where=customer_id)
    if await results.find_unsold([customer_id]):
        return NotFoundProblem("this id is known and has no purchase on record", where=customer_id)
    return NotFoundProblem(
        "no transaction on record has this id", where=customer_id, do="check the id"
    )


@read(
    PATH,
    right="lists",
    tag="Customers",
    summary="Page through customers, or export them",
    responses=answers(CustomerPage, 404),
)
async def list_customers(
    request: AnyRequest,
    segment: SegmentQuery = None,
    filter: FilterQuery = None,
    sort: SortQuery = None,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
    format: FileQuery = None,
    lang: LangQuery = None,
) -> ASGIApp:
    """Return customers ordered by id, or as ``sort`` asks.

    All pages of a cursor belong to the run of the first, whatever is published meanwhile. As CSV,
    NDJSON or Parquet the whole list comes at once, sent as it is read. With a filter or an order,
    whom no list may name is left out.
    """
    language = check_language(request, lang)
    part = _choose_part(segment, filter, sort)
    form = choose_format(request, format)
    if form in ("csv", "ndjson", "parquet"):
        refuse_cursor(cursor)
        return await _download_features(request, part, form, language)
    return await _respond_with_customers(request, part, limit, cursor, language)


@read(
    "/v1/segments/{segment:int}/customers",
    right="lists",
    tag="Segments",
    summary="Page through a segment's customers, or take the list away",
    responses=answers(CustomerPage, 404),
)
async def list_segment_customers(
    request: AnyRequest,
    segment: SegmentPath,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
    format: FormatQuery = None,
    contacts: ContactsQuery = None,
    lang: LangQuery = None,
) -> ASGIApp:
    """Return the customers of a segment, as JSON the same as listCustomers.

    As CSV or xlsx it is a list for people: id, key figures and status in the programme, with
    headings in the language asked for.
    """
    form = choose_format(request, format)
    if form == "json":
        refuse_contacts(contacts)
        language = check_language(request, lang)
        return await _respond_with_customers(request, segment, limit, cursor, language)
    refuse_cursor(cursor)
    source = ListDownload(SEGMENT, segment, contacts)
    return await source.download(request, form, check_language(request, lang))


def _choose_part(segment: int | None, filter: str | None, sort: str | None) -> int | str | None:
    """Return what part of the customers is asked for: a segment, a filter in an order, or all.

    Raises
    ------
    InputError
        The filter is none, or there is no such order.
    """
    if filter is None and sort is None:
        return segment
    check_sort(sort)
    tree = parse_filter(filter)
    if segment is not None:
        only = Condition("segment", "=", segment)
        tree = only if tree is None else FilterGroup("and", (only, tree))
    return msgspec.json.encode((tree, sort)).decode()


async def _respond_with_customers(
    request: AnyRequest, asked: int | str | None, limit: int, cursor: str | None, lang: Lang
) -> RawJsonResponse:
    results = get_results(request)
    filtered = isinstance(decode_cursor(cursor).part if cursor else asked, str)
    part, start = resume(asked, cursor, str if filtered else int)
    if isinstance(part, str):
        tree, sort = read_part(part)
        filters = get_filters(request)
        after, run_id = (start.after, start.run_id) if start else (None, None)
        with explain_gone() if start else nullcontext():
            reading = await filters.read_page(request, tree, sort, after, limit + 1, run_id)
    else:
        reading = await read_rows(results, fetch_list("customers", part), limit + 1, start)
    names = await results.read_names(reading.run.run_id, lang)
    if isinstance(part, int):
        _check_segment(part, reading.content, names)
    next_cursor = find_next(reading, part, limit)
    return await respond_with_page(
        request, reading, next_cursor, lang, CustomerPage, build_customer
    )


async def _download_features(
    request: AnyRequest, asked: int | str | None, form: Format, lang: Lang
) -> FileDownload:
    """Send the customers asked for with every feature, for programs."""
    results = get_results(request)
    if isinstance(asked, str):
        tree, sort = read_part(asked)
        ids = await get_filters(request).list_ids(request, tree, sort)
        run, batches = ids.run, _read_ids(request, ids)
        note_filtered(request, tree, sort, ids.content, run.run_id)
    else:
        fetch = fetch_list("customers", asked)
        reading = await read_rows(results, fetch, BATCH_ROWS)
        run, batches = reading.run, read_batches(results, reading, fetch, BATCH_ROWS)
        note_list(request, run_id=run.run_id, part=asked)
        if asked is not None:
            names = await results.read_names(run.run_id, lang)
            _check_segment(asked, reading.content, names)
    names = await results.read_names(run.run_id, lang)
    part = f"segment-{asked}" if isinstance(asked, int) else "customers"
    parts, media = _encode_features(batches, names, run, form, lang)
    return FileDownload(name_file(part, run, form), parts, media)


def _encode_features(
    batches: AsyncIterator[list[Row]], names: Names, run: RunRecord, form: Format, lang: Lang
) -> tuple[AsyncIterator[bytes], str]:
    """Return the parts of a file of customers, and its media type."""

    async def encode_csv(rows: list[Row]) -> bytes:
        return csv_lines(_build_cells(row, names, run, lang) for row in rows)

    async def encode_ndjson(rows: list[Row]) -> bytes:
        return msgspec.json.Encoder().encode_lines(
            [build_customer(row, names, lang) for row in rows]
        )

    async def build_cells() -> AsyncIterator[list[Sequence[object]]]:
        async for rows in batches:
            yield [_build_cells(row, names, run, lang) for row in rows]

    if form == "parquet":
        return encode_parquet(CSV_COLUMNS, build_cells()), PARQUET
    if form == "ndjson":
        return encode_batches(b"", batches, encode_ndjson), NDJSON
    return encode_batches(csv_lines([CSV_COLUMNS]), batches, encode_csv), CSV


async def _read_ids(request: AnyRequest, ids: RunReading[Any]) -> AsyncIterator[list[Row]]:
    """Yield the customers of many ids, some at a time."""
    for start in range(0, len(ids.content), BATCH_ROWS):
        some = ids.content[start : start + BATCH_ROWS]
        yield await get_filters(request).read_rows(ids.run.run_id, some)


def fetch_part(part: int | str | None) -> Fetch:
    """Return what reads rows of a segment, of a filter in an order, or of all, of any kept run.

    Raises
    ------
    RequestError
        The text is of a cursor that is none of ours.
    """
    if not isinstance(part, str):
        return fetch_list("customers", part)
    tree, sort = read_part(part)
    return lambda reader, after, limit, run_id: reader.filter_page(tree, sort, after, limit, run_id)


def read_part(part: str) -> tuple[Filter | None, str | None]:
    """Return the filter and the order of a cursor's part.

    Raises
    ------
    RequestError
        The text is of a cursor that is none of ours.
    """
    try:
        tree, sort = msgspec.json.decode(part, type=tuple[Filter | None, str | None])
        check_sort(sort)
        if tree is not None:
            check_filter(tree)
    except (msgspec.DecodeError, InputError):
        raise refuse_forged_cursor() from None
    return tree, sort


def _check_segment(segment: int, rows: list[Row], names: Names) -> None:
    """Raise if a list is empty because its segment does not exist."""
    if not rows and segment not in names:
        ids = ", ".join(str(segment_id) for segment_id in sorted(names))
        raise NotFoundProblem(f"there is no segment {segment}", do=f"choose one of {ids}")


def build_customer(row: Row, names: Names, lang: Lang) -> msgspec.Struct:
    """Build the API's customer of a row of the results."""
    parts = {
        "segment_name": get_name(row, names),
        "churn_reasons": get_reasons(row, lang),
        "features": msgspec.to_builtins({name: row[name] for name in FEATURE_NAMES}),
        "attributes": _get_attributes(row),
    }
    return msgspec.convert(row | parts, Customer)


def _build_cells(row: Row, names: Names, run: RunRecord, lang: Lang) -> Sequence[object]:
    """Return a row's cells in the order of ``CSV_COLUMNS``."""
    content = row | {"run_id": run.run_id, "as_of": run.as_of, "segment_name": get_name(row, names)}
    content["churn_reasons"] = get_reasons(row, lang)
    content["actions"] = " ".join(cast(list[str], row["actions"] or []))
    content["propensities"] = _write_json(row["propensities"])
    content["attributes"] = msgspec.json.encode(_get_attributes(row)).decode()
    return [content[column] for column in CSV_COLUMNS]


def _write_json(content: object) -> str | None:
    return None if content is None else msgspec.json.encode(content).decode()


def _get_attributes(row: Row) -> dict[str, Any]:
    attributes = row["attributes"]
    return attributes if isinstance(attributes, dict) else {}
