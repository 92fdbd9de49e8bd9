"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data files; the test is skipped where it is absent."""
    folder = Path(os.environ.get("CLIENTELA_DATA", ROOT / "../shared/data")).resolve()
    if not folder.is_dir():
        pytest.skip("real data absent: set CLIENTELA_DATA to its folder")
    return folder
