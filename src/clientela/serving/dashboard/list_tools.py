"""What a list of customers offers to do with them: tags in use, latest changes to be undone."""

import datetime as dt
from typing import NamedTuple, cast

from clientela.serving.dashboard.frame import Page
from clientela.serving.results import Results
from clientela.store.list_changes import LONGEST_TAG, read_list_changes, read_tags
from clientela.store.read import Row


class ListTools(NamedTuple):
    """What a list of customers offers: tags in use, and the latest changes with what undoes them.

    A change is told in words, with its id where it can be undone.
    """

    tags: list[str]
    longest: int
    changes: list[tuple[str, str]]


async def build_tools(page: Page, results: Results) -> ListTools | None:
    """Build what the list offers; None for who may change nobody."""
    if not page.may_submit("audiences"):
        return None
    tags = [str(row["tag"]) for row in await results.ask(read_tags, long=True)]
    changes = [_tell_change(page, row) for row in await results.ask(read_list_changes)]
    return ListTools(tags, LONGEST_TAG, changes)


def _tell_change(page: Page, row: Row) -> tuple[str, str]:
    count = cast(int, row["customers"])
    text = page.say(
        f"changes.{row['kind']}.{'one' if count == 1 else 'many'}",
        tag=row["tag"],
        count=page.write(count, "count"),
        name=row["changed_by"],
        day=page.write(cast(dt.datetime, row["changed_at"]).date()),
    )
    if row["undone_at"] is None:
        return text, str(row["change_id"])
    return f"{text} ({page.say('changes.undone', name=row['undone_by'])})", ""
