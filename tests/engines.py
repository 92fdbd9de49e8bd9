"""One engine of each kind for the whole test session; what is absent here is skipped."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from clientela.config import parse_settings
from clientela.engine import Engine, connect
from clientela.errors import MissingExtra

# a session of seconds pays more for the optimising compiler than it gains
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_sessions: list[Any] = []
NAMES = ("duckdb", pytest.param("spark", marks=pytest.mark.spark))


def opened(name: str) -> Engine:
    """Open an engine, or skip the test with the reason why it cannot."""
    os.environ.setdefault("SPARK_SUBMIT_OPTS", QUICK_START)
    try:
        # a second thread of DuckDB costs more than it brings where tables are small
        threads = {"threads": 1} if name == "duckdb" else {}
        return connect(parse_settings({"engine": {"name": name} | threads}).engine)
    except MissingExtra as error:
        pytest.skip(str(error))


def share_spark() -> Engine:
    """Start Spark once a process: another session costs ten seconds, and compiles all anew."""
    if not _sessions or _sessions[-1].session.sparkContext._jsc is None:  # a whole run stopped it
        _sessions.append(opened("spark"))
    shared: Engine = _sessions[-1]
    return shared


@pytest.fixture(scope="session", params=NAMES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine in turn."""
    if request.param == "spark":
        yield share_spark()
        return
    made = opened(request.param)
    yield made
    made.close()
