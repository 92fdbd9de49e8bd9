"""A results database on each kind of server, with one run published."""

from pathlib import Path

import pytest

from clientela.store.publish import publish
from tests.postgres import new_database
from tests.store.runs import everything, record


@pytest.fixture(params=["sqlite", "postgresql"])
def published_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/r.db" if request.param == "sqlite" else new_database()
    publish(url, record(1), everything(4, segment=1))
    publish(url, record(2), everything(3, segment=2))
    return url
