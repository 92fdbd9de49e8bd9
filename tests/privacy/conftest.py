"""A workspace and results in which one person stands everywhere."""

import shutil
from pathlib import Path

import pytest

from tests.privacy.planted import publish_person, read_planted, write_sources


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace and SQLite results in which a person stands everywhere, to be copied."""
    folder = tmp_path_factory.mktemp("planted")
    read_planted(folder / "w", write_sources(folder / "files"))
    publish_person(f"sqlite:///{folder}/w/results.db")
    return folder


@pytest.fixture
def workspace(planted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(planted / "w", tmp_path / "w"))
