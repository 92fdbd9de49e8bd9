"""Fixtures of the tests of tables."""

from collections.abc import Iterator

import pytest

from clientela.engine import Engine
from tests.engines import engine, opened

__all__ = ["engine"]


@pytest.fixture(scope="session")
def duckdb() -> Iterator[Engine]:
    """The default engine, for tests of many small tables."""
    made = opened("duckdb")
    yield made
    made.close()
