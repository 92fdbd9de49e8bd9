"""A published shop and clients of its API."""

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy.engine import make_url

from clientela.config import Serving
from clientela.serving import app as serving
from clientela.serving.app import create_app
from clientela.store import keys
from tests.postgres import new_database
from tests.serving.shop import NOW, publish_shop

Client = TestClient[Any]
LOCAL = "http://127.0.0.1:8000"


def come_from(host: str, app: Litestar) -> Any:
    """Let requests of an app come from an address."""

    async def call(scope: Any, receive: Any, send: Any) -> None:
        await app(scope | {"client": (host, 5)}, receive, send)

    return call


@pytest.fixture(scope="session", autouse=True)
def reuse_routes() -> Iterator[None]:
    """Let applications that have served lend their routes: to lay out others takes .2 s a test."""
    free: list[Litestar] = []
    lay_out = serving.lay_out_routes

    def take() -> Litestar:
        if free:
            return free.pop()
        app = lay_out()
        app.on_shutdown.append(lambda: None if app in free else free.append(app))
        return app

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "lay_out_routes", take)
        yield


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that holds one run and no key, to be copied."""
    path = tmp_path_factory.mktemp("published") / "results.db"
    publish_shop(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def shared_url(published: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database that the tests of a file share, which only read."""
    path = tmp_path_factory.mktemp("shared") / "results.db"
    shutil.copy(published, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def shared_client(shared_url: str) -> Iterator[Client]:
    """A client of the API over the shop for tests that only read: to start one takes 15 ms."""
    app = come_from("127.0.0.1", create_app(Serving(), shared_url))
    with TestClient(app, base_url=LOCAL) as made:
        yield made


@pytest.fixture
def store_url(published: Path, tmp_path: Path) -> str:
    """The URL of a database of the test's own that holds one run and no key."""
    shutil.copy(published, tmp_path / "results.db")
    return f"sqlite:///{tmp_path}/results.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store_url(request: pytest.FixtureRequest) -> str:
    """The same on each kind of database."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("store_url")
        return url
    return new_database(_publish_template())


@cache
def _publish_template() -> str:
    """Publish the run into a database of PostgreSQL, to be copied, and give its name."""
    url = new_database()
    publish_shop(url)
    return str(make_url(url).database)


@pytest.fixture
def client(store_url: str) -> Iterator[Client]:
    """A client of the API over the shop, open to all as it stands on loopback without a key."""
    app = come_from("127.0.0.1", create_app(Serving(), store_url))
    with TestClient(app, base_url=LOCAL) as made:
        yield made


@pytest.fixture
def secret(store_url: str) -> str:
    """A key with every scope."""
    return keys.create(store_url, "tests", ["read", "export"], NOW)
