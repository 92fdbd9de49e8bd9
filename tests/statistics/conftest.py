"""Fixtures of the tests of decisions."""

import pytest

from clientela.engine import Engine


@pytest.fixture
def engine(duckdb: Engine) -> Engine:
    """What is decided does not depend on the engine; the default one is the quickest."""
    return duckdb
