from collections.abc import Iterator

import pytest

from clientela.engine import Engine
from tests.engines import opened


@pytest.fixture(scope="package")
def engine() -> Iterator[Engine]:
    made = opened("duckdb")
    yield made
    made.close()
