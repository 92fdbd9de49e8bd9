"""Fixtures that every test may use, and which tests come first."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from clientela.engine import Engine
    from tests.chromium import Chromium
    from tests.shop import FirstRun

ROOT = Path(__file__).parent.parent
SLOW = ("slow", "spark")


@pytest.fixture(scope="session", autouse=True)
def leave_flushing() -> Iterator[None]:
    """Leave it to the system when files reach the disk: no test cuts the power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data files; the test is skipped where it is absent."""
    folder = Path(os.environ.get("CLIENTELA_DATA", ROOT / "../shared/data")).resolve()
    if not folder.is_dir():
        pytest.skip("real data absent: set CLIENTELA_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> "FirstRun":
    """A small shop and the workspace of its first run, made once for all workers."""
    from tests.shop import FirstRun

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "first-run"
    folder.mkdir(exist_ok=True)
    made = FirstRun(folder)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        made.make()
    return made


@pytest.fixture(scope="session")
def duckdb() -> Iterator["Engine"]:
    """The default engine, for tests of many small tables."""
    from tests.engines import opened

    made = opened("duckdb")
    yield made
    made.close()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> "Chromium":
    """A headless browser; the test is skipped where there is none."""
    from tests.chromium import Chromium

    return Chromium(tmp_path_factory.mktemp("profiles"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files with slow tests come first, so that no worker is left with one at the end."""
    slow = {item.location[0] for item in items if any(map(item.get_closest_marker, SLOW))}
    items.sort(key=lambda item: item.location[0] not in slow)
