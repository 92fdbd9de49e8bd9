"""Fixtures that every test may use, and which tests come first."""

import fcntl
import gc
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.costs import find_costs

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clientela.engine import Engine
    from tests.chromium import Chromium
    from tests.shop import FirstRun

ROOT = Path(__file__).parent.parent
SLOW = ("slow", "spark", "browser")
MOST_CPU_SECONDS = (
    10.0  # of a test without a mark, several times what they take; `make quick` runs them
)
gc.set_threshold(10_000)  # as the command line does, and more is alive here


@pytest.fixture(scope="session", autouse=True)
def leave_flushing() -> Iterator[None]:
    """Leave it to the system when files reach the disk: no test cuts the power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def keep_schema() -> Iterator[None]:
    """Give new SQLite files the schema that the first one got: to migrate takes .1 s a test."""
    if "clientela.store.connect" not in sys.modules:
        yield
        return
    from clientela.store import upgrade

    scripts, migrate = upgrade.SCRIPTS, upgrade.upgrade
    statements: list[str] = []

    def write(connection: "Connection", revision: str = "head") -> None:
        file: Any = connection.connection.driver_connection
        if connection.dialect.name != "sqlite" or (upgrade.SCRIPTS, revision) != (scripts, "head"):
            migrate(connection, revision)
        elif file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            migrate(connection)
        elif statements:
            for statement in statements:
                file.execute(statement)
        else:
            migrate(connection)
            statements.extend(list(file.iterdump())[1:-1])  # between BEGIN and COMMIT

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upgrade, "upgrade", write)
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
def chromium() -> Iterator["Chromium"]:
    """A headless browser; the test is skipped where there is none."""
    from tests.chromium import Chromium

    made = Chromium()
    yield made
    made.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what costs much; let Spark come first, then files of slow tests, of costly, of many."""
    slow = {item.location[0] for item in items if any(map(item.get_closest_marker, SLOW))}
    costly = [item for item in items if find_costs(item)]
    for item in costly:
        item.add_marker(pytest.mark.costly)
    runs = {item.location[0] for item in costly}
    sizes = Counter(item.location[0] for item in items)

    def place(item: pytest.Item) -> tuple[bool, bool, bool, int]:
        file = item.location[0]
        return not is_on_spark(item.nodeid), file not in slow, file not in runs, -sizes[file]

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Let no test take long that `make quick` runs."""
    before = time.process_time()
    outcome = yield
    seconds = time.process_time() - before
    if seconds > MOST_CPU_SECONDS and not any(map(item.get_closest_marker, (*SLOW, "costly"))):
        pytest.fail(f"it takes {seconds:.0f} s of CPU: mark it slow", pytrace=False)
    return outcome


def is_on_spark(nodeid: str) -> bool:
    """Say whether a test's parameters ask for Spark."""
    return "spark" in re.split(r"[\[\]-]", nodeid.partition("[")[2])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a worker whole files, but all that ask for Spark to one, which alone starts it."""
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    if config.getvalue("dist") != "loadfile":
        return None
    scheduling = LoadFileScheduling(config, log)
    split_file = scheduling._split_scope

    def split(nodeid: str) -> str:
        return "spark" if is_on_spark(nodeid) else str(split_file(nodeid))

    scheduling._split_scope = split
    return scheduling
