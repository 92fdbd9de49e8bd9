"""Many customers: a page with a cursor to the next, or a whole segment as a stream of CSV."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from clientela.errors import InputError
from clientela.i18n import Lang
from clientela.serving.cursor import Cursor, decode, encode
from clientela.serving.customer import CSV_COLUMNS, cells_of, customer_of
from clientela.serving.problems import Gone, NotFound, RequestError
from clientela.serving.results import Names, Results
from clientela.serving.schemas import CustomerPage
from clientela.serving.spreadsheet import csv_lines
from clientela.store.read import Reading, Row

ROWS_AT_A_TIME = 1000


@dataclass(frozen=True)
class Place:
    """Where a page begins: after which customer, of which segment and run; the current by None."""

    segment: int | None = None
    after: str | None = None
    run_id: str | None = None


def place_of(segment: int | None, cursor: str | None) -> Place:
    """Find where a request wants to begin.

    Raises
    ------
    RequestError
        The cursor is none of ours, or of another segment.
    """
    if cursor is None:
        return Place(segment)
    found = decode(cursor)
    if segment is not None and segment != found.segment:
        raise RequestError(
            "the cursor belongs to another segment", where="cursor", do="begin without cursor"
        )
    return Place(found.segment, found.after, found.run_id)


async def page(results: Results, place: Place, limit: int, lang: Lang) -> CustomerPage:
    """Read a page of customers and the cursor of the next one."""
    reading = await _rows(results, place, limit + 1)
    rows, run = reading.content[:limit], reading.run
    names = await results.names(run.run_id, lang)
    _see_segment(place, rows, names)
    more = len(reading.content) > limit
    following = Cursor(run.run_id, place.segment, str(rows[-1]["customer_id"])) if more else None
    return CustomerPage(
        run.run_id,
        run.as_of,
        run.currency,
        [customer_of(row, names) for row in rows],
        encode(following) if following else None,
    )


async def export(
    results: Results, segment: int | None, lang: Lang
) -> tuple[str, AsyncIterator[bytes]]:
    """Read the first rows, and give the file's name and the CSV of all rows of the same run."""
    reading = await _rows(results, Place(segment), ROWS_AT_A_TIME)
    names = await results.names(reading.run.run_id, lang)
    _see_segment(Place(segment), reading.content, names)
    part = "customers" if segment is None else f"segment-{segment}"
    filename = f"clientela-{part}-{reading.run.as_of}-{reading.run.run_id}.csv"
    return filename, _csv(results, reading, segment, names)


async def _csv(
    results: Results, reading: Reading[list[Row]], segment: int | None, names: Names
) -> AsyncIterator[bytes]:
    run = reading.run
    yield csv_lines([CSV_COLUMNS])
    while rows := reading.content:
        yield csv_lines(cells_of(row, names, run) for row in rows)
        place = Place(segment, str(rows[-1]["customer_id"]), run.run_id)
        reading = await _rows(results, place, ROWS_AT_A_TIME)


async def _rows(results: Results, place: Place, limit: int) -> Reading[list[Row]]:
    try:
        return await results.ask(
            lambda reader: reader.page(place.segment, place.after, limit, place.run_id), long=True
        )
    except InputError as error:
        raise Gone(str(error.what), where="cursor", do="begin without cursor") from None


def _see_segment(place: Place, rows: list[Row], names: Names) -> None:
    """Tell an empty page from a segment that does not exist."""
    if not rows and place.segment is not None and place.segment not in names:
        known = ", ".join(str(segment) for segment in sorted(names))
        raise NotFound(f"there is no segment {place.segment}", do=f"choose one of {known}")
