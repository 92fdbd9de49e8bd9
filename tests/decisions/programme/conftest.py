"""Fixtures of the programme's tests."""

from collections.abc import Iterator

import pytest

from clientela.engine import Engine
from tests.engines import opened


@pytest.fixture(scope="session")
def duckdb() -> Iterator[Engine]:
    """The default engine."""
    made = opened("duckdb")
    yield made
    made.close()
