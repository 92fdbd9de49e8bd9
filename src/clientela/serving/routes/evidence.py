"""The twins of the dashboard's pages on value, models and experiments, as JSON."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, cast

import msgspec
from msgspec import Meta

from clientela.i18n import Lang
from clientela.report.answer import Answer
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery, check_language
from clientela.serving.response import RawJsonResponse, RunStamp
from clientela.serving.results import get_results
from clientela.serving.routes.report import ReportAnswer, read_answers
from clientela.serving.schema import define_schema, list_of
from clientela.serving.small_groups import hides_small, is_small
from clientela.store.read import Reader, Row
from clientela.store.record import RunRecord

if TYPE_CHECKING:  # it loads Arrow, which look-ups do without
    from clientela.store.experiments import Experiment

COHORTS = "cohorts"
ARMS = ("treatment", "control")
ON_EXPERIMENTS = "experiments"

ExperimentState = Literal["planned", "running", "due", "read"]
ExperimentResult = Literal["gain", "loss", "chance"]
KeptExperiment = define_schema(
    "KeptExperiment",
    "An experiment: as it was decided before it began, where it stands, and what it found.",
    {
        "experiment_id": str,
        "name": str,
        "as_of": Annotated[dt.date, Meta(description="The day the customers were drawn on")],
        "start": dt.date | None,
        "end": dt.date | None,
        "treatment_customers": int | None,
        "control_customers": int | None,
        "group": Annotated[str | None, Meta(description="With whom it was drawn")],
        "detectable": Annotated[
            float | None, Meta(description="The smallest uplift that it can show, as a share")
        ],
        "state": Annotated[
            ExperimentState,
            Meta(description="due: its days are over, and no run has read it yet"),
        ],
        "found": Annotated[
            ExperimentResult | None, Meta(description="What the deciding outcome says; once read")
        ],
        "sentence": str | None,
    },
)
ExperimentsAnswer = define_schema(
    "ExperimentsAnswer",
    "Experiments, the last first, and what those that are over found.",
    {
        "lang": str,
        "answers": Annotated[
            list[Answer], Meta(description="The report's answer; empty while none is over")
        ],
        "experiments": list_of(KeptExperiment),
    },
    RunStamp,
)


def pick_value(answers: Mapping[str, Answer]) -> list[Answer]:
    """Pick the answers on value: what is expected, of whom, and how months came back."""
    named = [answers[key] for key in ("value", "expected") if key in answers]
    holds_cohorts = [
        answer
        for answer in answers.values()
        if answer not in named and any(chart.key == COHORTS for chart in answer.charts)
    ]
    return [*named, *holds_cohorts]


def pick_evidence(answers: Mapping[str, Answer]) -> list[Answer]:
    """Pick the answers on how the data were read and what speaks for each model."""
    keys = ("method", "model_value", "model_churn", "model_segments")
    return [answers[key] for key in keys if key in answers]


@read(
    "/v1/value",
    right="aggregates",
    tag="Report",
    summary="Read what revenue is expected",
    responses=answers(ReportAnswer),
)
async def get_value(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return the answers of the page *Value*; none where the run forecasts nothing."""
    return await _respond(request, check_language(request, lang), pick_value)


@read(
    "/v1/models",
    right="aggregates",
    tag="Report",
    summary="Read how data were read, and the evidence for each model",
    responses=answers(ReportAnswer),
)
async def get_models(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return the answers of the page *Data and models*."""
    return await _respond(request, check_language(request, lang), pick_evidence)


async def _respond(
    request: AnyRequest, lang: Lang, pick: Callable[[Mapping[str, Answer]], list[Answer]]
) -> RawJsonResponse:
    run = await get_results(request).read_run()
    picked = pick(await read_answers(request, lang))
    return RawJsonResponse(ReportAnswer(run.run_id, run.as_of, lang, picked))


@read(
    "/v1/experiments",
    right="aggregates",
    tag="Experiments",
    summary="Read the experiments",
    responses=answers(ExperimentsAnswer),
)
async def list_experiments(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return the experiments, the last first, and what those that are over found."""
    from clientela.store.experiments import read_experiments

    language, results = check_language(request, lang), get_results(request)
    run = await results.read_run()
    answer = (await read_answers(request, language)).get(ON_EXPERIMENTS)
    experiments = await results.ask(read_experiments)
    readouts = await results.ask(read_readouts)
    build = partial(build_experiment, lang=language, hides=hides_small(request))
    day = find_day(run)
    rows = [build(experiment, readouts.get(experiment.name), day) for experiment in experiments]
    answers = [answer] if answer is not None and is_over(answer) else []
    return RawJsonResponse(ExperimentsAnswer(run.run_id, run.as_of, language, answers, rows))


def is_over(answer: Answer) -> bool:
    """Return whether the report's answer tells of an experiment that is over."""
    return bool(answer.tables or answer.paragraphs)


def read_readouts(reader: Reader) -> dict[str, Row]:
    """Return how the published run read the deciding outcome of each experiment that is over."""
    rows = reader.table("experiment_readouts").content
    return {str(row["name"]): row for row in rows if row["deciding"] and row["state"] == "over"}


def find_day(run: RunRecord) -> dt.date:
    """Return the day on which experiments stand: today, or that of data from later days."""
    return max(run.as_of, dt.datetime.now(dt.UTC).date())


def build_experiment(
    experiment: "Experiment", readout: Row | None, day: dt.date, *, lang: Lang, hides: bool
) -> msgspec.Struct:
    """Describe an experiment as of a day; without small arms for who may not see them."""
    design = experiment.design
    counts = [design.get(f"{arm}_customers") for arm in ARMS]
    start, end = (
        dt.date.fromisoformat(design[name]) if design.get(name) else None
        for name in ("start", "end")
    )
    return KeptExperiment(
        experiment.experiment_id,
        experiment.name,
        experiment.as_of,
        start,
        end,
        *(None if hides and is_small(count) else count for count in counts),
        design.get("group"),
        design.get("detectable_cuped"),
        "read" if readout else _find_state(start, end, day),
        readout and _judge(readout),
        None if hides or not readout else readout[f"sentence_{lang.lower()}"],
    )


def _find_state(start: dt.date | None, end: dt.date | None, day: dt.date) -> ExperimentState:
    """Find where an experiment that nobody read yet stands; without days it goes on.

    Examples
    --------
    >>> days = [dt.date(2012, 1, day) for day in (1, 5, 9)]
    >>> [_find_state(dt.date(2012, 1, 2), dt.date(2012, 1, 8), day) for day in days]
    ['planned', 'running', 'due']
    """
    if start is not None and day < start:
        return "planned"
    return "due" if end is not None and day > end else "running"


def _judge(readout: Row) -> ExperimentResult:
    low, high = (cast("float | None", readout[name]) for name in ("low", "high"))
    if low is not None and low > 0:
        return "gain"
    return "loss" if high is not None and high < 0 else "chance"
