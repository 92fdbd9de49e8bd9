"""Two runs side by side: what changed between them, and why."""

import datetime as dt
from typing import Any

from litestar import Response
from litestar.params import FromQuery

from clientela.report.comparison_tables import say_causes, tabulate_comparison
from clientela.serving.dashboard.frame import HOME, Page, open_page
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest, NotFoundProblem
from clientela.serving.request import LangQuery
from clientela.serving.routes.run_comparison import MOST_RUNS, WHEN, read_comparison
from clientela.store.record import RunRecord


@read(HOME + "/runs", right="aggregates")
async def show_runs(
    request: AnyRequest,
    before: FromQuery[str] = "",
    after: FromQuery[str] = "",
    lang: LangQuery = None,
) -> Response[str]:
    """Show what changed between two runs; between the last two where none is named."""
    page, results = await open_page(request, "runs", lang)
    runs = await results.ask(lambda reader: reader.runs(MOST_RUNS))
    read = read_comparison(request, before, after, page.lang)
    try:
        facts = await results.ask(read, long=True)
    except NotFoundProblem:
        run_ids = {"before": before, "after": after}
        title = page.say("runs.refused" if before or after else "runs.none")
        return _respond(page, runs, run_ids, title, code=404 if before or after else 200)
    run_ids = {when: facts[when]["run_id"] for when in WHEN}
    return _respond(
        page,
        runs,
        run_ids,
        _title(page, facts),
        twin=f"../v1/{page.link('runs/comparison', **run_ids)}",
        causes=say_causes(facts, page.lang),
        tables=tabulate_comparison(facts, page.lang),
    )


def _title(page: Page, facts: dict[str, Any]) -> str:
    changed = sum(row["before"] != row["after"] for row in facts["figures"])
    key = "runs.changed" if changed > 1 else "runs.changed_one" if changed else "runs.unchanged"
    before, after = (page.write(dt.date.fromisoformat(facts[when]["as_of"])) for when in WHEN)
    finding = page.say(key, count=page.write(changed))
    if before == after:
        return page.say("runs.title_day", day=after, finding=finding)
    return page.say("runs.title", before=before, after=after, finding=finding)


def _respond(
    page: Page, runs: list[RunRecord], run_ids: dict[str, str], title: str, **content: Any
) -> Response[str]:
    return page.respond(
        title,
        runs=[(run.run_id, name_run(page, run)) for run in runs],
        chosen=run_ids,
        published=page.run.run_id,
        **{"causes": "", "tables": [], **content},
    )


def name_run(page: Page, run: RunRecord) -> str:
    """Name a run by the day it looks from and when it ended."""
    moment = run.finished_at.strftime("%H:%M UTC")
    time = f"{page.write(run.finished_at.date())} {moment}"
    return page.say("runs.name", day=page.write(run.as_of), time=time)
