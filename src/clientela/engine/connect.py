"""Open an engine by its name, loading only that engine's libraries."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clientela.config import EngineSettings
from clientela.engine.base import Engine

MODULES = {"duckdb": "clientela.engine.duck", "spark": "clientela.engine.spark"}


def connect(settings: EngineSettings | None = None, temp_folder: Path | None = None) -> Engine:
    """Open the engine of the settings.

    Parameters
    ----------
    settings : EngineSettings, optional
        Name and limits; DuckDB with its defaults if absent.
    temp_folder : Path, optional
        Where an engine may spill what memory does not hold.

    Raises
    ------
    MissingExtra
        The engine's libraries, or the Java runtime Spark needs, are not installed.
    """
    import ibis

    # Merging nested SELECTs took Ibis longer than the engines take to plan them unmerged.
    ibis.options.sql.fuse_selects = False
    settings = settings or EngineSettings()
    engine: Engine = importlib.import_module(MODULES[settings.name]).open_engine(
        settings, temp_folder
    )
    return engine


@contextmanager
def merged_selects() -> Iterator[None]:
    """Let expressions compile with nested SELECTs merged: slower to write, quicker to plan."""
    import ibis

    before = ibis.options.sql.fuse_selects
    ibis.options.sql.fuse_selects = True
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = before
