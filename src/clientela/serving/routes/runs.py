"""The published run, and whether the server lives and can answer."""

import datetime as dt
from typing import Annotated

from litestar.types import ASGIApp
from msgspec import Meta

from clientela import __version__
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.response import RawJsonResponse, respond_by_version
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, derive_schema, list_fields

RunAnswer = derive_schema(
    "RunAnswer",
    "The published run: when it ran, on which data, what came out.",
    "runs",
    *(field for field in list_fields("runs") if field != "summary"),
    seconds=Annotated[dict[str, float], Meta(description="Seconds each stage took")],
)


Health = define_schema("Health", "The process is alive.", {"status": str, "version": str})


Ready = define_schema(
    "Ready",
    "The results can be read, and a run is published.",
    {"status": str, "run_id": str, "as_of": dt.date},
)


@read(
    "/v1/runs/current",
    right="aggregates",
    tag="Runs",
    summary="Read the published run",
    responses=answers(RunAnswer, 304),
)
async def get_current_run(request: AnyRequest) -> ASGIApp:
    """Return which data every answer comes from, and how many rows went where."""
    run = await get_results(request).read_run()
    content = RunAnswer(**{name: getattr(run, name) for name in RunAnswer.__struct_fields__})
    return respond_by_version(request, content, run.run_id)


@read(
    "/health",
    tag="Health",
    summary="Is the process alive?",
    responses=answers(Health),
)
async def health() -> RawJsonResponse:
    """Return without asking the database."""
    return RawJsonResponse(Health("ok", __version__))


@read(
    "/ready",
    tag="Health",
    summary="Can it answer?",
    responses=answers(Ready, 503),
)
async def ready(request: AnyRequest) -> RawJsonResponse:
    """Return 503 where the database is out of reach or nothing is published."""
    run = await get_results(request).read_run()
    return RawJsonResponse(Ready("ok", run.run_id, run.as_of))
