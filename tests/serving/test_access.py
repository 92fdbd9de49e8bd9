"""Administrators give and take access over the API, and read who asked."""

import time
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.store import keys, passwords
from clientela.store.access_log import Access, AccessLog
from tests.serving.conftest import LOCAL, Client
from tests.serving.people import log_in
from tests.serving.shop import NOW


def test_without_anybody_nobody_gives_access(client: Client) -> None:
    for path in ("/v1/keys", "/v1/users", "/v1/access-log"):
        assert client.get(path).status_code == 401
    assert client.post("/v1/keys", json={"name": "x", "roles": ["admin"]}).status_code == 401


def test_a_key_is_made_used_listed_and_revoked(client: Client, store_url: str) -> None:
    admin = {"x-api-key": keys.create(store_url, "admin", ["admin"], NOW)}
    made = client.post("/v1/keys", headers=admin, json={"name": "till", "roles": ["viewer"]})
    new = {"x-api-key": made.json()["secret"]}
    assert client.get("/v1/segments", headers=new).status_code == 200
    assert client.get("/v1/keys", headers=new).status_code == 403
    listed = client.get("/v1/keys", headers=admin)
    assert made.json()["secret"] not in listed.text
    assert "hash" not in listed.text
    key_id = listed.json()["keys"][-1]["key_id"]
    assert client.delete(f"/v1/keys/{key_id}", headers=admin).status_code == 200
    assert client.get("/v1/segments", headers=new).status_code == 401
    assert client.delete(f"/v1/keys/{key_id}", headers=admin).status_code == 404


@pytest.mark.parametrize(
    "body", [{"name": "x"}, {"name": "x", "roles": []}, {"name": "x", "roles": ["king"]}]
)
def test_a_wrong_key_is_not_made(client: Client, store_url: str, body: dict[str, Any]) -> None:
    admin = {"x-api-key": keys.create(store_url, "admin", ["admin"], NOW)}
    assert client.post("/v1/keys", headers=admin, json=body).status_code == 400
    assert len(keys.list_keys(store_url)) == 1


def test_a_person_gives_and_takes_logins(
    client: Client, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))
    headers = {"x-csrf-token": log_in(client, store_url, "admin")}
    new = {"user_id": "Rui", "roles": ["viewer"], "password": "correct horse battery"}
    made = client.post("/v1/users", headers=headers, json=new)
    assert made.json() | {"created_at": None} == {
        "user_id": "rui",
        "name": "Rui",
        "roles": "viewer",
        "created_at": None,
        "disabled_at": None,
    }
    assert client.post("/v1/users", json=new).status_code == 403  # without the token
    changed = client.post("/v1/users/rui", headers=headers, json={"disabled": True})
    assert changed.json()["disabled_at"]
    changed = client.post(
        "/v1/users/rui", headers=headers, json={"disabled": False, "roles": ["analyst"]}
    )
    assert (changed.json()["disabled_at"], changed.json()["roles"]) == (None, "analyst")
    assert client.post("/v1/users/no", headers=headers, json={}).status_code == 404
    listed = client.get("/v1/users")
    assert [user["user_id"] for user in listed.json()["users"]] == ["ana", "rui"]
    assert "argon2" not in listed.text


def test_the_log_is_read_over_the_api(store_url: str, tmp_path: Path) -> None:
    log = AccessLog(f"sqlite:///{tmp_path}/access.db", tmp_path / "access.key")
    officer = {"x-api-key": keys.create(store_url, "officer", ["privacy"], NOW)}
    with TestClient(create_app(Serving(), store_url, open_log=lambda: log), base_url=LOCAL) as api:
        api.get("/v1/customers/17800", headers=officer)
        rows = api.get("/v1/access-log?limit=5", headers=officer).json()["rows"]
        assert rows[-1]["operation"] == "get_customer"
        assert rows[-1]["persons"] == [log.hash_person("17800")]
        assert api.get("/v1/access-log?since=2999-01-01", headers=officer).json()["rows"] == []
        assert api.get("/v1/access-log?actor=nobody", headers=officer).json()["rows"] == []
        assert log.read()[-1].operation == "read_log"


def test_a_server_ends_old_rows_of_its_log_by_itself(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clientela.serving.recorder.BATCH_SECONDS", 0.01)
    log = AccessLog(f"sqlite:///{tmp_path}/access.db", tmp_path / "access.key", keep_days=30)
    log.append([Access(NOW, "3f9a", "get_customer", ("1",), {}, 200, "192.0.2.7")])
    with TestClient(create_app(Serving(), store_url, open_log=lambda: log), base_url=LOCAL):
        until = time.monotonic() + 10
        while log.read()[0].position == 1 and time.monotonic() < until:
            time.sleep(0.02)
        assert [row.operation for row in log.read()] == ["server_start"]
        assert log.verify()[0] == 1
