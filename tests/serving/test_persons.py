"""Erasure over the API: by a key of its own, queued, and the person answers 410 at once."""

from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.store import keys
from clientela.store.erasures import erase_rows, finish, read_requests
from tests.serving.conftest import LOCAL
from tests.serving.shop import IDS, NOW


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def test_a_person_who_is_to_be_erased_answers_410(any_store_url: str) -> None:
    reading = bearer(keys.create(any_store_url, "r", ["read", "export"], NOW))
    erasing = bearer(keys.create(any_store_url, "desk", ["privacy"], NOW))
    this, other = IDS[3], IDS[4]
    with TestClient(create_app(Serving(), any_store_url), base_url=LOCAL) as client:
        many = {"ids": [this, other]}
        found = client.post("/v1/segments/lookup", headers=reading, json=many)
        assert found.json()["unknown"] == []
        path = f"/v1/customers/{this}"
        assert client.delete(path).status_code == 401
        assert client.delete(path, headers=reading).status_code == 403
        asked = client.delete(path, headers=erasing)
        assert asked.status_code == 202
        assert asked.json()["customer_id"] == this
        assert asked.json()["requested_by"] == "desk"
        assert client.delete(path, headers=erasing).status_code == 202
        assert [request.customer_id for request in read_requests(any_store_url)] == [this]
        gone = client.get(path, headers=reading)
        assert (gone.status_code, gone.json()["type"]) == (410, "urn:clientela:problem:gone")
        looked = client.post("/v1/segments/lookup", headers=reading, json=many)
        assert looked.json()["unknown"] == [this]
        page = client.get("/v1/customers?limit=100", headers=reading).json()["customers"]
        assert {row["customer_id"] for row in page} == set(IDS) - {this}
        members = client.get("/v1/programme/members?limit=100", headers=reading).json()
        assert this not in {row["customer_id"] for row in members["members"]}
        erase_rows(any_store_url, [this], [this], None)
        finish(any_store_url, read_requests(any_store_url)[0].position, "hash", NOW, {})
        assert client.get(path, headers=reading).status_code == 404
        looked = client.post("/v1/segments/lookup", headers=reading, json=many)
        assert looked.json()["unknown"] == [this]


def test_without_a_key_nobody_is_erased(store_url: str) -> None:
    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as client:
        assert client.delete(f"/v1/customers/{IDS[0]}").status_code == 401
    assert read_requests(store_url) == []
