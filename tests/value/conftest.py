"""Fixtures of the tests of value."""

import pytest

from clientela.engine import Engine


@pytest.fixture(scope="session")
def engine(duckdb: Engine) -> Engine:
    """What is learnt does not depend on the engine; the default one is the quickest."""
    return duckdb
