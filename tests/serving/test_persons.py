"""Erasure over the API: by a key of its own, queued, and the person answers 410 at once."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.contract.access import Role
from clientela.serving.app import create_app
from clientela.store import keys
from clientela.store.access_log import AccessLog
from clientela.store.erasures import erase_rows, finish, read_requests
from tests.serving.conftest import LOCAL, Client, come_from
from tests.serving.people import log_in
from tests.serving.shop import FORMULA, IDS, NOW, RETURNS_ONLY


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


def test_who_may_erases_on_the_page_after_a_confirmation(client: Client, store_url: str) -> None:
    this = FORMULA  # which an address has to quote
    csrf = log_in(client, store_url, "privacy")
    page = client.get("/app/customer", params={"id": this, "lang": "pt_BR"}).text
    links = [unescape(link) for link in re.findall(r'class="button[^"]*" href="([^"]+)"', page)]
    data, erase = (urljoin(f"{LOCAL}/app/customer", link) for link in links)
    assert this in client.get(data).json()["ids"]
    question = client.get(erase).text
    assert "Não há como desfazer" in question
    assert "O que fica" in question
    sent = {"csrf": csrf, "id": this}
    assert client.post("/app/erasure", data=sent).status_code == 400
    assert client.post("/app/erasure", data=sent | {"csrf": "x"}).status_code == 403
    assert read_requests(store_url) == []
    done = client.post("/app/erasure?lang=pt_BR", data=sent | {"confirmed": "yes"})
    assert f"O cliente {this} pediu para ser apagado" in unescape(done.text)
    asked = read_requests(store_url)
    assert [(each.customer_id, each.requested_by) for each in asked] == [(this, "Ana")]


@pytest.mark.parametrize("role", ["marketing", "agent"])
def test_who_may_not_sees_no_way_to_erase(client: Client, store_url: str, role: Role) -> None:
    csrf = log_in(client, store_url, role)
    page = client.get("/app/customer", params={"id": IDS[0]}).text
    assert "customer/data" not in page
    assert "erasure" not in page
    assert client.get("/app/erasure", params={"id": IDS[0]}).status_code == 403
    sent = {"csrf": csrf, "id": IDS[0], "confirmed": "yes"}
    assert client.post("/app/erasure", data=sent).status_code == 403
    assert read_requests(store_url) == []


def test_each_access_to_a_person_names_them_in_the_log(store_url: str, tmp_path: Path) -> None:
    log = AccessLog(f"sqlite:///{tmp_path}/access.db", tmp_path / "access.key")
    desk = bearer(keys.create(store_url, "desk", ["privacy"], NOW))
    app = create_app(Serving(), store_url, open_log=lambda: log)
    with TestClient(come_from("127.0.0.1", app), base_url=LOCAL) as api:
        assert api.get(f"/v1/persons/{IDS[0]}/data", headers=desk).status_code == 200
        assert api.delete(f"/v1/customers/{IDS[1]}", headers=desk).status_code == 202
        csrf = log_in(api, store_url, "privacy")
        sent = {"csrf": csrf, "id": IDS[2], "confirmed": "yes"}
        assert api.post("/app/erasure", data=sent, follow_redirects=False).status_code == 303
        told = {row.operation: row.persons for row in log.read() if row.status}
    operations = ("get_person", "erase_customer", "erase_person")
    assert [told[name] for name in operations] == [log.hash_person(each) for each in IDS[:3]]


def test_a_page_says_why_somebody_is_no_customer(client: Client) -> None:
    for written, said in [(RETURNS_ONLY, "has returns or fees"), ("nobody", "No customer has")]:
        assert said in client.get("/app/customer", params={"id": written}).text
