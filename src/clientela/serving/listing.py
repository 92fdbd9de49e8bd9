"""Reading many customers: page by page, all pages of the run of the first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from clientela.errors import InputError
from clientela.i18n import Lang
from clientela.serving.cursor import Cursor, decode, encode
from clientela.serving.customer import customer_of
from clientela.serving.problems import Gone, NotFound, RequestError
from clientela.serving.results import Names, Results
from clientela.serving.schemas import CustomerPage
from clientela.store.read import Reader, Reading, Row

Part = TypeVar("Part", bound=int | str)
Fetch = Callable[[Reader, str | None, int, str | None], Reading[list[Row]]]
"""Gives rows of a list by a reader: those after an id, so many, of a run (the current by None)."""


@dataclass(frozen=True)
class Place:
    """Where a page begins: after which customer, of which run; the first, the current by None."""

    after: str | None = None
    run_id: str | None = None


def of_segment(segment: int | None) -> Fetch:
    """Give the list of a segment's customers, or of all."""
    return lambda reader, after, limit, run_id: reader.page(segment, after, limit, run_id)


def place_of(part: Part | None, cursor: str | None, kind: type[Part]) -> tuple[Part | None, Place]:
    """Find which part of a list a request wants, and where it wants to begin.

    Raises
    ------
    RequestError
        The cursor is none of ours, or of another list.
    """
    if cursor is None:
        return part, Place()
    found = decode(cursor)
    if not (found.part is None or isinstance(found.part, kind)) or part not in (None, found.part):
        raise RequestError(
            "the cursor belongs to another list", where="cursor", do="begin without cursor"
        )
    return found.part, Place(found.after, found.run_id)


async def page(
    results: Results, segment: int | None, place: Place, limit: int, lang: Lang
) -> CustomerPage:
    """Read a page of customers and the cursor of the next one."""
    reading = await rows(results, of_segment(segment), place, limit + 1)
    run = reading.run
    names = await results.names(run.run_id, lang)
    see_segment(segment, reading.content, names)
    return CustomerPage(
        run.run_id,
        run.as_of,
        run.currency,
        [customer_of(row, names, lang) for row in reading.content[:limit]],
        following(reading, segment, limit),
    )


def following(reading: Reading[list[Row]], part: int | str | None, limit: int) -> str | None:
    """Give the cursor of the next page of rows read with one to spare; None on the last page."""
    if len(reading.content) <= limit:
        return None
    return encode(Cursor(reading.run.run_id, part, str(reading.content[limit - 1]["customer_id"])))


async def rows(results: Results, fetch: Fetch, place: Place, limit: int) -> Reading[list[Row]]:
    """Read some rows of a list.

    Raises
    ------
    Gone
        The run of the place is no longer kept.
    """
    try:
        return await results.ask(
            lambda reader: fetch(reader, place.after, limit, place.run_id), long=True
        )
    except InputError as error:
        raise Gone(str(error.what), where="cursor", do="begin without cursor") from None


def see_segment(segment: int | None, found: list[Row], names: Names) -> None:
    """Tell an empty page from a segment that does not exist."""
    if not found and segment is not None and segment not in names:
        known = ", ".join(str(each) for each in sorted(names))
        raise NotFound(f"there is no segment {segment}", do=f"choose one of {known}")
