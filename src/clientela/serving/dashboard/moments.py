"""Looking back in a filter: what a column was in an earlier run, and who moved between segments."""

import datetime as dt
from collections.abc import Mapping

from clientela.errors import InputError
from clientela.serving.dashboard.frame import Page
from clientela.serving.results import Results
from clientela.store.earlier_runs import find_run_since, list_past
from clientela.store.filters import (
    DERIVED,
    PERIODS,
    Condition,
    Filter,
    FilterGroup,
    list_filter_columns,
)

MOST_DAYS = 12  # by convention: a year of months; other days are written
SEGMENT = "segment"


async def list_moments(page: Page, results: Results) -> list[tuple[str, str]]:
    """List the times that a filter may look back to, as filters and as people say them."""
    past = await results.ask(list_past, long=True)
    named = [since for since in PERIODS if find_run_since(past, since)]
    days = dict.fromkeys(day.isoformat() for day in list(past.values())[1:])
    return [(since, say_moment(page, since)) for since in [*named, *list(days)[:MOST_DAYS]]]


def say_moment(page: Page, since: str) -> str:
    """Say when a filter looks back to."""
    if since in PERIODS:
        return page.say(f"moment.{since}")
    try:
        return page.say("moment.day", day=page.write(dt.date.fromisoformat(since)))
    except ValueError:
        return page.say("moment.of_run", run_id=since)


def look_back(column: str, since: str) -> str:
    """Name a column as it was at a time; one of today where none is asked or it had no past."""
    if not since or column in DERIVED or column not in list_filter_columns():
        return column
    return f"past.{since}.{column}"


def read_move(query: Mapping[str, str]) -> Filter | None:
    """Read who moved between segments; None where no segment was chosen.

    Raises
    ------
    InputError
        The choice of a segment is none of ours.
    """
    since = query.get("moved_since") or ""
    ends = [query.get(f"moved_{end}") or "" for end in ("from", "to")]
    if not since or not any(ends):
        return None
    if not all(end.isdecimal() and len(end) < 10 for end in ends if end):
        raise InputError("there is no such segment", where="filter")
    left, entered = (int(end) if end else None for end in ends)
    return build_move(left, entered, since)


def build_move(left: int | None, entered: int | None, since: str) -> Filter:
    """Build the filter of who moved from a segment into another; None for whichever other.

    Examples
    --------
    >>> from clientela.store.filters import write_filter
    >>> write_filter(build_move(1, 2, "run"))
    'past.run.segment = 1 and segment = 2'
    >>> write_filter(build_move(None, 2, "run"))
    'past.run.segment != 2 and segment = 2'
    """
    then, now = look_back(SEGMENT, since), SEGMENT
    before = Condition(then, "!=", entered) if left is None else Condition(then, "=", left)
    after = Condition(now, "!=", left) if entered is None else Condition(now, "=", entered)
    return FilterGroup("and", (before, after))
