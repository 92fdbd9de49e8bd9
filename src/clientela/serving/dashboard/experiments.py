"""Experiments: what they found, which go on, and how one begins."""

import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.params import FromQuery
from litestar.response import Redirect

from clientela.config import Settings
from clientela.errors import InputError
from clientela.experiments import plain
from clientela.files.csv_lines import MARK, csv_lines
from clientela.i18n import t
from clientela.report.lists import CustomerList, ListContent
from clientela.report.lists.kinds import ListColumn
from clientela.serving.auth import get_actor
from clientela.serving.dashboard.customers import write_error
from clientela.serving.dashboard.frame import (
    HOME,
    Page,
    open_page,
    title_answer,
)
from clientela.serving.openapi import read, submit
from clientela.serving.problems import AnyRequest, NotFoundProblem
from clientela.serving.recorder import note_list
from clientela.serving.request import LangQuery
from clientela.serving.response import CSV, PARQUET, XLSX
from clientela.serving.results import Results
from clientela.serving.routes.evidence import (
    ON_EXPERIMENTS,
    ExperimentState,
    build_experiment,
    find_day,
    is_over,
    read_readouts,
)
from clientela.serving.routes.report import read_answers
from clientela.serving.sessions import get_form
from clientela.serving.small_groups import hides_small
from clientela.store.audience_reader import read_audiences
from clientela.store.campaigns import link_experiment
from clientela.store.read import Reader, Row

if TYPE_CHECKING:  # it loads Arrow, which look-ups do without
    from clientela.store.experiments import Experiment

ARMS = CustomerList(
    "experiment",
    (
        ListColumn("customer_id", "text", "dashboard.customer", 18),
        ListColumn("arm", "text", "dashboard.experiment.arm"),
        ListColumn("starts_on", "date", "dashboard.experiment.starts_on", 18),
    ),
)
MEDIA = {"csv": CSV, "xlsx": XLSX, "parquet": PARQUET}
STATES: tuple[ExperimentState, ...] = get_args(ExperimentState)
DAYS, UPLIFT, CONTROL = 90, 10, 50  # by convention, as the command has them; two in per cent
MOST_DAYS = 730  # by convention: two years, as the command has it


@read(HOME + "/experiments", right="aggregates")
async def show_experiments(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show what experiments found, which go on, and how one begins."""
    from clientela.store.experiments import read_experiments

    page, results = await open_page(request, "experiments", lang)
    answer = (await read_answers(request, page.lang)).get(ON_EXPERIMENTS)
    experiments = await results.ask(read_experiments)
    over = answer is not None and is_over(answer)
    running = page.say("experiments.running", count=page.write(len(experiments), "count"))
    title, finding = title_answer(
        answer if over else None, running if experiments else page.say("experiments.none")
    )
    return page.respond(
        title,
        finding=finding,
        twin="../v1/experiments",
        charts=answer.charts if answer and over else [],
        answers=[answer] if answer and over else [],
        board=_build_board(page, experiments, await results.ask(read_readouts)),
        groups=await results.ask(partial(_list_groups, page)) if page.may("lists") else [],
    )


def _build_board(
    page: Page, experiments: "Sequence[Experiment]", readouts: Mapping[str, Row]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Build the columns of the board: a state each, with its experiments."""
    columns: dict[str, list[dict[str, Any]]] = {state: [] for state in STATES}
    day = find_day(page.run)
    for experiment in experiments:
        answer: Any = build_experiment(
            experiment,
            readouts.get(experiment.name),
            day,
            lang=page.lang,
            hides=hides_small(page.request),
        )
        columns[answer.state].append(_build_card(page, answer))
    return list(columns.items()) if experiments else []


def _build_card(page: Page, answer: Any) -> dict[str, Any]:
    address = page.link("experiments/file", id=answer.experiment_id)
    days, counts = (
        (answer.start, answer.end),
        (answer.treatment_customers, answer.control_customers),
    )
    shows = ""
    if answer.found is None and answer.detectable is not None:
        shows = page.say("experiment.detects", uplift=page.write(answer.detectable, "share"))
    return {
        "name": answer.name,
        "days": page.say("experiment.days_of", start=page.write(days[0]), end=page.write(days[1])),
        "counts": [page.write(count, "count") for count in counts],
        "files": page.list_files(address) if page.may("lists") else [],
        "found": answer.found or "",
        "sentence": answer.sentence or "",
        "shows": shows,
    }


def _list_groups(page: Page, reader: Reader) -> list[tuple[str, str]]:
    """List with whom an experiment can be made: audiences, the launch list, whom risk names."""
    pairs = [
        (f"audience:{audience.audience_id}", audience.name) for audience in read_audiences(reader)
    ]
    named = [(name, page.say(f"experiment.group.{name}")) for name in ("insiders", "at-risk")]
    return [(text, page.link("experiment", group=name)) for name, text in [*pairs, *named]]


@read(HOME + "/experiment", right="audiences")
async def show_plan(
    request: AnyRequest,
    group: FromQuery[str],
    days: FromQuery[str] = "",
    uplift: FromQuery[str] = "",
    control: FromQuery[str] = "",
    campaign: FromQuery[str] = "",
    lang: LangQuery = None,
) -> Response[str]:
    """Say what an experiment on a group could show, before anybody is drawn."""
    page, results = await open_page(request, "experiment", lang)
    wish = _read_wish(group, days, uplift, control)
    if not days:
        return await _show_form(page, results, wish, "")
    try:
        facts = await request.app.state.aside.run(plain.plan, _place(request, results), wish)
    except InputError as error:
        return await _show_form(page, results, wish, "", write_error(error, page.lang), code=400)
    return await _show_form(page, results, wish, facts[f"sentence_{page.lang.lower()}"])


@submit(HOME + "/experiment", right="audiences")
async def start_experiment(
    request: AnyRequest,
    group: FromQuery[str],
    campaign: FromQuery[str] = "",
    lang: LangQuery = None,
) -> Redirect | Response[str]:
    """Draw who is held out; the draw stands."""
    page, results = await open_page(request, "experiment", lang)
    form = get_form(request)
    wish = _read_wish(group, *(str(form.get(name, "")) for name in ("days", "uplift", "control")))
    folder, name = _place(request, results), str(form.get("name", "")).strip()
    try:
        await request.app.state.aside.run(plain.start, folder, wish, name)
        if campaign:
            now = dt.datetime.now(dt.UTC)
            await results.change(link_experiment, campaign, name, get_actor(request), now)
    except InputError as error:
        return await _show_form(page, results, wish, "", write_error(error, page.lang), code=400)
    return Redirect(page.link("experiments"), status_code=303)


def _place(request: AnyRequest, results: Results) -> tuple[str, Path, Settings]:
    state = request.app.state
    if state.workspace is None:
        raise InputError(
            "experiments cannot be planned here", do="serve with the workspace of the runs"
        )
    return results.url, state.workspace, state.firm


def _read_wish(group: str, days: str, uplift: str, control: str) -> plain.Wish:
    def number(text: str, otherwise: int, most: int) -> int:
        return min(max(int(text), 1), most) if text.isdecimal() and len(text) < 5 else otherwise

    shares = number(uplift, UPLIFT, 1000) / 100, number(control, CONTROL, 99) / 100
    return group, number(days, DAYS, MOST_DAYS), *shares


async def _show_form(
    page: Page, results: Results, wish: plain.Wish, sentence: str, error: str = "", code: int = 200
) -> Response[str]:
    group, days, uplift, control = wish
    names = dict(await results.ask(partial(name_groups, page)))
    name = names.get(group, group)
    campaign = str(page.request.query_params.get("campaign", ""))
    return page.respond(
        page.say("experiment.title", name=name),
        code=code,
        sentence=sentence,
        error=error,
        group=group,
        # what an experiment may be called
        proposal=re.sub(r"[^\w .-]", "", name)[:64].strip(),
        days=days,
        uplift=round(uplift * 100),
        control=round(control * 100),
        action=page.link("experiment", group=group, campaign=campaign),
        campaign=campaign,
    )


def name_groups(page: Page, reader: Reader) -> list[tuple[str, str]]:
    """Name the groups by what people call them."""
    lang = page.lang.lower()
    return [
        *(
            (f"audience:{audience.audience_id}", audience.name)
            for audience in read_audiences(reader)
        ),
        *((name, page.say(f"experiment.group.{name}")) for name in ("insiders", "at-risk")),
        *(
            (f"action:{row['action_id']}", str(row[f"title_{lang}"]))
            for row in reader.table("actions").content
        ),
        *(
            (f"segment:{row['segment']}", str(row[f"name_{lang}"]))
            for row in reader.table("segments").content
        ),
    ]


@read(HOME + "/experiments/file", right="lists")
async def download_arms(
    request: AnyRequest,
    id: FromQuery[str],
    format: FromQuery[Literal["csv", "xlsx", "parquet"]] = "csv",
    lang: LangQuery = None,
) -> Response[bytes]:
    """Send both arms of an experiment: Parquet for programs, the others in the language."""
    from clientela.store.experiments import read_arms

    page, results = await open_page(request, "experiments", lang)
    rows = await results.ask(lambda reader: read_arms(reader, id), long=True)
    if not rows:
        raise NotFoundProblem("there is no experiment of this id", where=id)
    content = await sync_to_thread(_write_arms, page, rows, format)
    note_list(request, experiment=id)
    name = f"clientela-{t('dashboard.experiment.file', page.lang)}-{id}.{format}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=MEDIA[format], headers=headers)


def _write_arms(page: Page, rows: list[Row], form: str) -> bytes:
    """Write who is in which arm; the arm's name is that of the language but in Parquet."""
    from clientela.report.lists.arrow import build_list_table

    content = ListContent(ARMS, page.run, {}, page.lang)
    if form == "parquet":
        import pyarrow.parquet as pq  # Arrow loads where it is used

        file = io.BytesIO()
        cells = [(row["customer_id"], row["arm"], row["starts_on"]) for row in rows]
        pq.write_table(build_list_table(content, cells), file)
        return file.getvalue()
    cells = [
        (row["customer_id"], page.say(f"experiment.{row['arm']}"), row["starts_on"]) for row in rows
    ]
    return write_sheet(content, cells, form)


def write_sheet(content: ListContent, cells: Sequence[Sequence[object]], form: str) -> bytes:
    """Write a list for people: CSV as a spreadsheet of the language reads it, or a workbook."""
    from clientela.report.lists.workbook import write_workbook

    if form == "csv":
        return MARK + csv_lines([content.header(), *cells], content.lang)
    file = io.BytesIO()
    write_workbook(file, content, cells)
    return file.getvalue()
