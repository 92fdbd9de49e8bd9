"""What the numbers of a page are compared with: earlier runs, of the period that one picks."""

from collections.abc import Mapping
from functools import partial
from typing import cast

from clientela.serving.dashboard.frame import Page
from clientela.serving.results import Results
from clientela.serving.segment_measures import USUAL
from clientela.store.earlier_runs import find_run_since, list_past, read_past_figures
from clientela.store.filters import PERIODS, PREVIOUS
from clientela.store.read import Reader, Row

Figures = Mapping[str, Mapping[str, Row]]
"""The figures by their names: ``now``, and of each run that the page is compared with."""


async def compare(page: Page, results: Results) -> None:
    """Let a page's numbers carry their changes since the runs of the period that was picked.

    Raises
    ------
    InputError
        The address names no period.
    """
    past = await results.ask(list_past, long=True)
    runs = {since: find_run_since(past, since) for since in PERIODS}
    asked = page.request.query_params.get("since", "")
    picked = [asked] if asked else USUAL
    compared = {since: runs.get(since) or find_run_since(past, since) for since in picked}
    page.compared = {since: run_id for since, run_id in compared.items() if run_id}
    page.periods = [("", page.say("compare.usual"))] if runs[PREVIOUS] and runs["year"] else []
    page.periods += [(since, page.say(f"compare.{since}")) for since in PERIODS if runs[since]]
    page.compared_days = {
        since: page.write(past[run_id]) for since, run_id in page.compared.items()
    }


async def read_figures(page: Page, results: Results) -> Figures:
    """Read the figures of the published run and of those that a page is compared with."""
    await compare(page, results)
    page.past_figures = await results.ask(read_past_figures, long=True)
    runs = {"now": None, **page.compared}
    read = partial(_read_tables, table="figures", key="name", runs=runs)
    return cast(Figures, await results.ask(read, long=True))


async def read_earlier(
    page: Page, results: Results, table: str, key: str
) -> list[Mapping[object, Row]]:
    """Read a table of the runs that a page is compared with, by a key."""
    await compare(page, results)
    read = partial(_read_tables, table=table, key=key, runs=page.compared)
    return list((await results.ask(read, long=True)).values())


def _read_tables(
    reader: Reader, table: str, key: str, runs: Mapping[str, str | None]
) -> Mapping[str, Mapping[object, Row]]:
    tables = {since: reader.table(table, run_id).content for since, run_id in runs.items()}
    return {since: {row[key]: row for row in rows} for since, rows in tables.items()}
