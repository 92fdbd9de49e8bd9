"""The tables that sources make, without what a run learns from them."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import structs

from clientela.config import Settings
from clientela.engine import Engine, connect
from clientela.features.build import build
from clientela.pipeline.reading import RunRequest, TablesState, read_sources
from clientela.progress import Progress
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace

NOW = dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC)


def read_in(
    workspace: Path,
    *files: Path,
    now: dt.datetime = NOW,
    settings: Settings | None = None,
    **asked: Any,
) -> TablesState:
    """Bring files into the tables of a workspace, as the first half of a run does."""
    place, chosen = Workspace(workspace), settings or Settings()
    with _engine(place, chosen) as (engine, scratch), place.lock():
        job = ReadJob(place, engine, chosen, Progress("reading"), scratch, now)
        return read_sources(job, RunRequest(sources=tuple(map(str, files)), **asked))


def lines(workspace: Path) -> pa.Table:
    """Give the canonical lines that a workspace holds, in the order of what they say."""
    place = Workspace(workspace)
    with _engine(place, Settings()) as (engine, _):
        rows = engine.to_arrow(place.tables(engine).transactions)
    return rows.sort_by([("line_key", "ascending"), ("line_no", "ascending")])


def quarantined(workspace: Path) -> int:
    """Count the rows set aside."""
    return sum(pq.read_metadata(path).num_rows for path in Workspace(workspace).paths("quarantine"))


def snapshot(workspace: Path, as_of: dt.date) -> pa.Table:
    """Give the customers as known on a day, with every feature."""
    place = Workspace(workspace)
    with _engine(place, Settings()) as (engine, _):
        return build(
            engine,
            lambda group: place.tables(engine, group),
            as_of,
            place.groups(engine.rows_at_once),
        )


@contextmanager
def _engine(place: Workspace, settings: Settings) -> Iterator[tuple[Engine, Path]]:
    with place.scratch() as scratch:
        # a second thread costs more than it brings where rows are few and workers many
        engine = connect(structs.replace(settings.engine, threads=1), temp_folder=scratch)
        try:
            yield engine, scratch
        finally:
            engine.close()
