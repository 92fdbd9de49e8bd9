"""Open an engine by its name, loading only that engine's libraries."""

import importlib
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
    settings = settings or EngineSettings()
    engine: Engine = importlib.import_module(MODULES[settings.name]).open_engine(
        settings, temp_folder
    )
    return engine
