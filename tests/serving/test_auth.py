"""Keys: how they come, what they open, and when they end."""

from pathlib import Path

import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.store import keys
from tests.serving.conftest import LOCAL, Client
from tests.serving.shop import NOW, publish_shop

READ_PATHS = [
    "/v1/segments/lookup?id=17810",
    "/v1/customers/17810",
    "/v1/segments",
    "/v1/runs/current",
    "/v1/programme",
    "/v1/report",
]
EXPORT_PATHS = [
    "/v1/customers",
    "/v1/customers?format=csv",
    "/v1/segments/1/customers",
    "/v1/segments/1/customers?format=xlsx",
    "/v1/programme/members",
    "/v1/programme/members?format=csv",
]
OPEN_PATHS = ["/health", "/ready", "/v1/openapi.json", "/docs"]


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("path", [*READ_PATHS, *EXPORT_PATHS, *OPEN_PATHS])
def test_without_any_key_loopback_is_open(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", [*READ_PATHS, *EXPORT_PATHS])
def test_the_first_key_closes_the_api_at_once(client: Client, store_url: str, path: str) -> None:
    assert client.get(path).status_code == 200
    secret = keys.create(store_url, "first", ["read", "export"], NOW)
    refused = client.get(path)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Bearer realm="clientela"'
    assert client.get(path, headers=bearer(secret)).status_code == 200


@pytest.mark.parametrize("path", OPEN_PATHS)
@pytest.mark.usefixtures("secret")
def test_health_and_documentation_need_no_key(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_both_headers_carry_a_key(client: Client, secret: str) -> None:
    for headers in (bearer(secret), {"authorization": f"bearer  {secret}"}, {"x-api-key": secret}):
        assert client.get("/v1/segments", headers=headers).status_code == 200


def test_a_key_in_the_address_is_no_key(client: Client, secret: str) -> None:
    assert client.get("/v1/segments", params={"api_key": secret}).status_code == 401


@pytest.mark.parametrize("any_store_url", ["sqlite", "postgresql"], indirect=True)
def test_a_revoked_key_is_refused_at_once_and_opens_nothing(any_store_url: str) -> None:
    secret = keys.create(any_store_url, "only", ["read"], NOW)
    with TestClient(create_app(Serving(), any_store_url), base_url=LOCAL) as client:
        assert client.get("/v1/segments", headers=bearer(secret)).status_code == 200
        keys.revoke(any_store_url, keys.list_keys(any_store_url)[0].key_id, NOW)
        refused = client.get("/v1/segments", headers=bearer(secret))
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
        assert client.get("/v1/segments").status_code == 401


@pytest.mark.parametrize("change", ["", "x", "Ω", " ", "\0"])
def test_a_key_that_is_not_quite_right_is_refused(client: Client, secret: str, change: str) -> None:
    wrong = (secret[:-1] + change).encode()
    answer = client.get("/v1/segments", headers=[(b"x-api-key", wrong)])
    assert answer.status_code == 401


@pytest.mark.parametrize("path", EXPORT_PATHS)
def test_lists_of_customers_need_the_scope_export(
    client: Client, store_url: str, path: str
) -> None:
    reader = keys.create(store_url, "reader", ["read"], NOW)
    refused = client.get(path, headers=bearer(reader))
    assert refused.status_code == 403
    assert 'error="insufficient_scope", scope="lists"' in refused.headers["www-authenticate"]


@pytest.mark.parametrize("path", READ_PATHS)
def test_the_scope_export_alone_does_not_read(client: Client, store_url: str, path: str) -> None:
    exporter = keys.create(store_url, "exporter", ["export"], NOW)
    assert client.get(path, headers=bearer(exporter)).status_code == 403


@pytest.mark.parametrize("host", ["shop.example", "shop.example:8000", "127.0.0.1.example", ""])
def test_an_open_api_does_not_answer_under_a_foreign_name(client: Client, host: str) -> None:
    answer = client.get("/v1/segments", headers={"host": host})
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000"])
def test_an_open_api_answers_under_every_loopback_name(client: Client, host: str) -> None:
    assert client.get("/v1/segments", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104 - what is tested
def test_beyond_loopback_nothing_is_open_even_without_keys(tmp_path: Path, host: str) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    publish_shop(url)
    with TestClient(create_app(Serving(host=host), url), base_url=LOCAL) as client:
        assert client.get("/v1/segments").status_code == 401
