"""Who entered and left a segment, the programme or an audience between two runs."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar.params import QueryParameter

from clientela.serving.listing import CursorQuery, Fetch, LimitQuery, find_next, read_rows, resume
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest, RequestError, refuse_absent
from clientela.serving.recorder import note_list
from clientela.serving.response import RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.routes.customers import SegmentPath
from clientela.serving.schema import define_schema, derive_page, list_of
from clientela.store.change_queries import read_group_changes
from clientela.store.earlier_runs import find_run_before

MembershipChange = define_schema(
    "MembershipChange",
    "A customer who entered or left.",
    {"customer_id": str, "change": Annotated[str, msgspec.Meta(description="entered or left")]},
)
MembershipChanges = derive_page(
    "MembershipChanges", "Who entered and left since a run, by id.", changes=MembershipChange
)
SinceQuery = Annotated[
    str | None,
    QueryParameter(
        description="Id of a run whose customers are kept; without it the one before",
        schema_extra={"examples": ["20111210T000001"]},
    ),
]


@read(
    "/v1/segments/{segment:int}/changes",
    right="lists",
    tag="Segments",
    summary="Read who entered and left a segment since a run",
    responses=answers(MembershipChanges, 404),
)
async def list_segment_changes(
    request: AnyRequest,
    segment: SegmentPath,
    since: SinceQuery = None,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
) -> RawJsonResponse:
    """Return who is in a segment in one of two runs alone, by what may be listed now."""
    return await respond_with_changes(
        request, str(segment), _fetch_group(segment), since, limit, cursor
    )


@read(
    "/v1/programme/changes",
    right="lists",
    tag="Programme",
    summary="Read who entered and left the programme since a run",
    responses=answers(MembershipChanges, 404),
)
async def list_programme_changes(
    request: AnyRequest,
    since: SinceQuery = None,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
) -> RawJsonResponse:
    """Return who is in the programme, leaving or not, in one of two runs alone."""
    return await respond_with_changes(
        request, "programme", _fetch_group(None), since, limit, cursor
    )


def _fetch_group(segment: int | None) -> Callable[[str], Fetch]:
    return lambda since: (
        lambda reader, after, limit, run_id: read_group_changes(
            reader, segment, since, after, limit, run_id
        )
    )


async def respond_with_changes(
    request: AnyRequest,
    group: str,
    fetch_since: Callable[[str], Fetch],
    since: str | None,
    limit: int,
    cursor: str | None,
) -> RawJsonResponse:
    """Answer with a page of who entered and left; all pages belong to the two runs of the first.

    Parameters
    ----------
    group : str
        Names the group in the cursor.
    fetch_since : callable
        Makes of the id of a run what reads the changes since.

    Raises
    ------
    RequestError
        No run to compare with was named, and there is none before.
    NotFoundProblem
        The run is unknown, or its customers are no longer kept.
    """
    results = get_results(request)
    before = since or await results.ask(find_run_before, long=True)
    if before is None:
        raise RequestError(
            "there is no earlier run whose customers are kept",
            where="since",
            do="ask again after the next run",
        )
    asked = None if cursor and since is None else f"{group} {before}"
    part, start = resume(asked, cursor, str)
    named, _, before = (part or "").rpartition(" ")
    if named != group:
        raise RequestError(
            "the cursor belongs to another list", where="cursor", do="begin without cursor"
        )
    with refuse_absent("since"):
        reading = await read_rows(results, fetch_since(before), limit + 1, start)
    run, next_cursor = reading.run, find_next(reading, part, limit)
    rows = reading.content[:limit]
    note_list(request, [str(row["customer_id"]) for row in rows], run_id=run.run_id)
    changes = msgspec.convert(rows, list_of(MembershipChange))
    content: Any = MembershipChanges
    return RawJsonResponse(content(run.run_id, run.as_of, run.currency, changes, next_cursor))
