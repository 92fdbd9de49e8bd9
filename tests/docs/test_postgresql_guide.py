"""The PostgreSQL guide works as it is written, on a real server."""

import pytest
from litestar.testing import TestClient
from sqlalchemy import make_url

from clientela.config import Serving
from clientela.contract.access import Role
from clientela.serving.app import create_app
from clientela.store import keys, users
from tests.conftest import ROOT
from tests.docs.markdown import blocks
from tests.postgres import new_database
from tests.serving.conftest import LOCAL
from tests.serving.shop import IDS, NOW, publish_shop

psycopg = pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
GUIDE = ROOT / "docs" / "guide" / "postgresql.md"


@pytest.fixture(scope="module")
def granted() -> str:
    """A results database in which the owner has typed the guide's grants."""
    url = new_database()
    first, *others = blocks(GUIDE, "sql")
    _type(url, first)
    publish_shop(_as_user(url, "clientela"))
    _type(url, "".join(others))
    _type(url, "ALTER ROLE clientela_server LOGIN")
    return url


def _type(url: str, statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        for statement in filter(str.strip, statements.split(";")):
            owner.execute(statement)


def _as_user(url: str, user: str) -> str:
    return make_url(url).set(username=user).render_as_string(hide_password=False)


@pytest.mark.parametrize("name", ["current_customers", "current_segments", "runs"])
def test_the_reader_reads_tables_and_views(name: str, granted: str) -> None:
    with psycopg.connect(granted) as reader:
        reader.execute("SET ROLE clientela_reader")
        query = f"SELECT * FROM clientela.{name}"  # noqa: S608 - our names
        assert reader.execute(query).fetchall()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM clientela.api_keys",
        "SELECT * FROM clientela.contacts",
        "SELECT * FROM clientela.users",
        "SELECT * FROM clientela.sessions",
        "SELECT * FROM clientela.erasure_requests",
        "DELETE FROM clientela.runs",
    ],
)
def test_the_reader_neither_writes_nor_sees_keys(statement: str, granted: str) -> None:
    with psycopg.connect(granted) as reader:
        reader.execute("SET ROLE clientela_reader")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(statement)


def test_the_server_needs_no_more_than_its_grants(granted: str) -> None:
    roles: list[Role] = ["read", "export", "privacy", "admin", "marketing"]
    secret = keys.create(granted, "all", roles, NOW)
    server, headers = _as_user(granted, "clientela_server"), {"x-api-key": secret}
    with TestClient(create_app(Serving(), server), base_url=LOCAL) as client:
        for path in ("/ready", "/v1/segments", f"/v1/customers/{IDS[0]}", "/v1/customers", "/"):
            assert client.get(path, headers=headers).status_code == 200, path
        assert client.delete(f"/v1/customers/{IDS[1]}", headers=headers).status_code == 202
        assert client.get(f"/v1/customers/{IDS[1]}", headers=headers).status_code == 410
        body, once = {"name": "Loyal", "filter": "segment = 2"}, {"idempotency-key": "1", **headers}
        assert client.post("/v1/audiences", json=body, headers=once).status_code == 200
        key = {"name": "till", "roles": ["agent"]}
        assert client.post("/v1/keys", json=key, headers=headers).status_code == 200
        users.add_user(granted, "ana", "Ana", ["viewer"], None, NOW)
        token = users.open_session(server, "ana", NOW)
        users.renew_session(server, token, NOW, NOW)
        users.close_session(server, token)


@pytest.mark.parametrize("table", ["runs", "customers", "api_keys", "programme_memberships"])
def test_the_server_writes_no_results(table: str, granted: str) -> None:
    with (
        psycopg.connect(_as_user(granted, "clientela_server")) as server,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        server.execute(f"DELETE FROM clientela.{table}")  # noqa: S608 - our names
