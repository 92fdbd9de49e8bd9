"""The published run, and whether the server lives and can answer."""

import datetime as dt
from typing import Annotated

from litestar.types import ASGIApp
from msgspec import Meta

from clientela import __version__
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.response import RUN_EXAMPLE, RawJsonResponse, respond_by_version
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
RUN = {
    **RUN_EXAMPLE,
    "started_at": "2011-12-10T09:30:00Z",
    "finished_at": "2011-12-10T09:30:14Z",
    "version": "0.2.0",
    "engine": "duckdb",
    "currency": "GBP",
    "timezone": "Europe/London",
    "data_hash": "9c1f0b5e",
    "config_hash": "44136fa3",
    "model_id": "segments-20111210T093000",
    "rows_in": 541909,
    "rows_canonical": 536640,
    "rows_quarantined": 5269,
    "rows_already_held": 0,
    "customers": 4339,
    "net_amount": 9747747.93,
    "unidentified_share": 0.15,
    "seconds": {"clean": 2.1, "features": 1.4},
}


@read(
    "/v1/runs/current",
    right="aggregates",
    tag="Runs",
    summary="Read the published run",
    responses=answers(RunAnswer, RUN, 304),
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
    responses=answers(Health, {"status": "ok", "version": "0.2.0"}),
)
async def health() -> RawJsonResponse:
    """Return without asking the database."""
    return RawJsonResponse(Health("ok", __version__))


@read(
    "/ready",
    tag="Health",
    summary="Can it answer?",
    responses=answers(Ready, {"status": "ok", **RUN_EXAMPLE}, 503),
)
async def ready(request: AnyRequest) -> RawJsonResponse:
    """Return 503 where the database is out of reach or nothing is published."""
    run = await get_results(request).read_run()
    return RawJsonResponse(Ready("ok", run.run_id, run.as_of))
