"""The whole run on one page: read, snapshot, segment, look ahead, programme, report, publish."""

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from clientela.config import EngineSettings, Settings
from clientela.engine import Engine, connect
from clientela.features.build import build
from clientela.features.history import History
from clientela.features.reading import reading
from clientela.pipeline.attributes import attributes_of
from clientela.pipeline.forecasts import Ahead, ahead
from clientela.pipeline.mlflow import tracker
from clientela.pipeline.programme import Programmed, joined, programmed
from clientela.pipeline.publishing import facts_of, record_of, tables_of
from clientela.pipeline.reading import Reading, Request, State, read
from clientela.pipeline.reporting import answered
from clientela.pipeline.run_context import Ground
from clientela.pipeline.score_columns import with_columns
from clientela.pipeline.segments import Segmented, segment
from clientela.progress import Progress
from clientela.store.connect import parse
from clientela.store.publish import publish
from clientela.tables.workspace import Workspace


def run(
    request: Request, settings: Settings, folder: Path, store: str | None, now: dt.datetime
) -> dict[str, Any]:
    """Do the whole job and publish its results in one transaction.

    Parameters
    ----------
    request : Request
        Sources and options.
    settings : Settings
        The configuration.
    folder : Path
        The workspace.
    store : str, optional
        URL of the results database; the configured one, or the workspace's own, if absent.
    now : datetime
        The moment of the run, aware.

    Returns
    -------
    dict
        What ``run --json`` prints.

    Raises
    ------
    ClientelaError
        Something of the input or the environment is wrong; nothing was published.
    """
    workspace = Workspace(folder)
    run_id = now.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    progress = Progress(run_id)
    url = store or settings.store.url or workspace.default_store_url
    parse(url)
    log_to = tracker(settings.tracking)
    with workspace.lock(), workspace.scratch() as scratch:
        engine = connect(_on(settings, "duckdb"), temp_folder=scratch)
        try:
            state = read(Reading(workspace, engine, settings, progress, scratch, now), request)
            past = _history(engine, workspace, state)
            with progress.stage("snapshot"):
                name = request.engine or settings.engine.name
                if name != engine.name:
                    past.hold(state.as_of, _made_by(name, settings, workspace, state, scratch))
                snapshot = past.snapshot(state.as_of)
            with progress.stage("segment"):
                ground = Ground(workspace, settings.segments, state, past, progress, request.refit)
                segmented = segment(snapshot, ground, url)
            foreseen = ahead(snapshot, ground, settings)
            with progress.stage("programme"):
                chosen = programmed(ground, segmented.scored, settings.programme, foreseen)
            facts = {"run_id": run_id, "store": url} | facts_of(state, segmented, chosen)
            facts |= foreseen.facts
            with progress.stage("report"):
                tables = _tables(ground, segmented, foreseen, chosen)
                tables |= answered(tables, facts)
            with progress.stage("publish"):
                record = record_of(facts, settings, request, state, progress.seconds, now)
                publish(url, record, tables, keep_runs=settings.store.keep_runs)
            if log_to:
                log_to.log(facts, tables, progress)
        finally:
            engine.close()
    return facts | {"seconds": progress.seconds}


def _tables(
    ground: Ground, segmented: Segmented, foreseen: Ahead, chosen: Programmed
) -> dict[str, pa.Table]:
    """Gather what every stage found, by the store's names."""
    history = ground.history
    tables = tables_of(history.engine, ground.workspace, ground.state)
    tables |= segmented.tables | foreseen.tables | chosen.tables
    customers = foreseen.of_customers(joined(tables["customers"], chosen.status))
    tables["customers"] = with_columns(customers, attributes_of(history), ["attributes"])
    tables["models"] = foreseen.of_models(tables["models"])
    return tables


def _history(engine: Engine, workspace: Workspace, state: State) -> History:
    """Open the past for DuckDB, whatever engine made today's snapshot: both agree."""
    return History(
        engine=engine,
        read=reading(engine, workspace),
        groups=workspace.groups(),
        first_day=state.known.first_day or state.as_of,
        as_of=state.as_of,
    )


def _made_by(
    name: str, settings: Settings, workspace: Workspace, state: State, scratch: Path
) -> pa.Table:
    """Make today's snapshot by another engine."""
    engine = connect(_on(settings, name), temp_folder=scratch)
    try:
        return build(
            engine, lambda group: workspace.tables(engine, group), state.as_of, workspace.groups()
        )
    finally:
        engine.close()


def _on(settings: Settings, name: str) -> EngineSettings:
    return msgspec.structs.replace(settings.engine, name=name)
