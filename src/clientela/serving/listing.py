"""Lists page by page: an opaque cursor keeps all pages in the run of the first."""

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from clientela.errors import InputError
from clientela.i18n import Lang
from clientela.serving.problems import AnyRequest, GoneProblem, RequestError
from clientela.serving.recorder import note_list
from clientela.serving.response import MoneyStamp, RawJsonResponse
from clientela.serving.results import Names, Results, get_results
from clientela.store.read import Reader, Row, RunReading

Text = Annotated[str, Meta(pattern=r"^[^\x00]*\Z")]  # PostgreSQL holds no NUL
Part = TypeVar("Part", bound=int | str)
# Gives rows of a list by a reader: those after an id, so many, of a run (the current by None)
Fetch = Callable[[Reader, str | None, int, str | None], RunReading[list[Row]]]


def fetch_list(name: str, part: int | str | None = None) -> Fetch:
    """Return what reads the rows of a list, named as by :meth:`Reader.read_list`, or of a part."""
    return lambda reader, after, limit, run_id: reader.read_list(name, part, after, limit, run_id)


LimitQuery = Annotated[int, QueryParameter(ge=1, le=1000, description="Most customers in the page")]
CursorQuery = Annotated[
    str | None, QueryParameter(description="next_cursor of the page before, as it came")
]
NextCursor = Annotated[
    str | None, Meta(description="Pass as cursor for the next page; null on the last")
]


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The end of a page, where the next one goes on. Clients pass it on and do not look inside.

    The part is a segment, a status of the programme, a filter in an order, or all. It holds nothing
    secret and grants nothing: a forged one reads what its key may read anyway.
    """

    run_id: Text
    part: Annotated[int, Meta(ge=0, lt=2**31)] | Text | None
    after: Text


def encode_cursor(cursor: Cursor) -> str:
    """Write a cursor as text that is safe in a URL.

    Examples
    --------
    >>> decode_cursor(encode_cursor(Cursor("20111210T093000-5f3a", 2, "17850"))).after
    '17850'
    """
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """Read a cursor back.

    Raises
    ------
    RequestError
        It is none of ours.
    """
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(content, type=Cursor)
    except (binascii.Error, ValueError):
        raise refuse_forged_cursor() from None


def refuse_forged_cursor() -> RequestError:
    """Return the error of a cursor that no answer gave."""
    return RequestError(
        "the cursor is not one of ours", where="cursor", do="take next_cursor as it came"
    )


def resume(
    part: Part | None, text: str | None, kind: type[Part]
) -> tuple[Part | None, Cursor | None]:
    """Return which part of a list a request wants, and the cursor to go on from.

    Raises
    ------
    RequestError
        The cursor is none of ours, or of another list.
    """
    if not text:
        return part, None
    cursor = decode_cursor(text)
    if cursor.part is None and part is None:
        return None, cursor
    if not isinstance(cursor.part, kind) or part not in (None, cursor.part):
        raise RequestError(
            "the cursor belongs to another list", where="cursor", do="begin without cursor"
        )
    return cursor.part, cursor


def refuse_cursor(cursor: str | None) -> None:
    """Raise if a cursor comes with the request for a whole list.

    Raises
    ------
    RequestError
        There is one.
    """
    if cursor:
        raise RequestError("a file holds all pages", where="cursor", do="leave the cursor out")


async def read_rows(
    results: Results, fetch: Fetch, limit: int, cursor: Cursor | None = None
) -> RunReading[list[Row]]:
    """Read some rows of a list, from its beginning or from a cursor.

    Raises
    ------
    GoneProblem
        The run of the cursor is no longer kept.
    """
    after, run_id = (cursor.after, cursor.run_id) if cursor else (None, None)
    with explain_gone():
        return await results.ask(lambda reader: fetch(reader, after, limit, run_id), long=True)


@contextmanager
def explain_gone() -> Iterator[None]:
    """Answer 410 where the run of a cursor is no longer kept.

    Raises
    ------
    GoneProblem
        It is not.
    """
    try:
        yield
    except InputError as error:
        raise GoneProblem(str(error.what), where="cursor", do="begin without cursor") from None


async def respond_with_page(
    request: AnyRequest,
    reading: RunReading[list[Row]],
    next_cursor: str | None,
    lang: Lang,
    page: type[MoneyStamp],
    build_item: Callable[[Row, Names, Lang], Any],
) -> RawJsonResponse:
    """Answer with a page, and with a link to the next one (RFC 8288).

    Parameters
    ----------
    request : AnyRequest
        The parameters that the link repeats.
    reading : Reading
        Rows, with one to spare where there is a next page.
    next_cursor : str or None
        The cursor of the next page.
    lang : "en" or "pt_BR"
        Language of names and texts.
    page : type
        Schema of the page: run, day, currency, items, next cursor.
    build_item : callable
        Makes an item of a row, the names of segments and a language.
    """
    run = reading.run
    names = await get_results(request).read_names(run.run_id, lang)
    rows = reading.content if next_cursor is None else reading.content[:-1]
    items = [build_item(row, names, lang) for row in rows]
    note_list(request, [str(row["customer_id"]) for row in rows], run_id=run.run_id)
    build: Callable[..., MoneyStamp] = page
    content = build(run.run_id, run.as_of, run.currency, items, next_cursor)
    return RawJsonResponse(content, _link_to_next(request, next_cursor))


def find_next(reading: RunReading[list[Row]], part: int | str | None, limit: int) -> str | None:
    """Return the cursor of the next page of rows read with one to spare; None on the last page."""
    if len(reading.content) <= limit:
        return None
    last_id = str(reading.content[limit - 1]["customer_id"])
    return encode_cursor(Cursor(reading.run.run_id, part, last_id))


def _link_to_next(request: AnyRequest, cursor: str | None) -> list[tuple[str, str]]:
    if cursor is None:
        return []
    query = {**request.query_params.dict(), "cursor": [cursor]}
    return [("link", f'<{request.scope["path"]}?{urlencode(query, doseq=True)}>; rel="next"')]


def get_name(row: Row, names: Names) -> str | None:
    """Return the name of a row's segment; None without a segment."""
    segment = row["segment"]
    return names.get(segment) if isinstance(segment, int) else None


def get_reasons(row: Row, lang: Lang) -> object:
    """Return the reasons of a row's churn probability in words; None where there are none."""
    return row[f"churn_reasons_{lang.lower()}"]
