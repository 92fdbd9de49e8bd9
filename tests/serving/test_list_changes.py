"""Tags and exclusions by the page and the API: filtered, exported, undone, and by role."""

import re
from html import unescape

import pytest

from tests.serving.conftest import Client
from tests.serving.people import log_in
from tests.serving.shop import CUSTOMERS, IDS

TAG = "Atacado <b>"


def test_ticked_customers_are_tagged_filtered_exported_and_undone(
    client: Client, store_url: str
) -> None:
    token = {"csrf": log_in(client, store_url, "marketing"), "filter": "", "sort": "customer_id"}
    sent = {"kind": "tag", "tag": TAG, "scope": "ticked", "customer": IDS[:2]}
    answer = client.post("/app/change-list?lang=pt_BR", data=token | sent)
    page = unescape(answer.text)
    assert (answer.url.path, answer.url.fragment) == ("/app/customers", "changes")
    assert f"“{TAG}” dada a 2 clientes por Ana em" in page
    assert f'<span class="tag">{TAG}</span>' in page
    filter_text = f"tag = '{TAG}'"
    asked = {"filter": filter_text, "lang": "pt_BR"}
    assert f"Etiqueta: {TAG}" in unescape(client.get("/app/customers", params=asked).text)
    assert client.get("/v1/filters/count", params=asked).json()["customers"] == 2
    none = client.get("/v1/filters/count", params={"filter": "tag is null"}).json()
    assert none["customers"] == CUSTOMERS - 2
    rows = client.get("/app/customers/file", params={**asked, "format": "csv"}).text.splitlines()
    assert [TAG in row for row in rows] == [False, True, True]
    assert client.get("/v1/tags").json()["tags"] == [{"tag": TAG, "customers": 2}]
    assert TAG in unescape(client.get("/app/customer", params={"id": IDS[0]}).text)
    values = client.get("/app/customers/values?add_column=tag").text
    assert '<option value="Atacado' in values
    audience = {"name": "Wholesale", "filter": filter_text}
    made = client.post("/v1/audiences", json=audience, headers={"x-csrf-token": token["csrf"]})
    assert made.json()["audience"]["sizes"][0]["customers"] == 2
    undo = re.search(r'name="undo" value="(\w+)"', answer.text)
    assert undo is not None
    undone = client.post("/app/change-list?lang=pt_BR", data=token | {"undo": undo[1]}).text
    assert "(desfeito por Ana)" in undone
    assert client.get("/v1/tags").json()["tags"] == []


def test_all_of_a_filter_are_left_out_of_every_list_until_undone(
    client: Client, store_url: str
) -> None:
    csrf = log_in(client, store_url, "marketing")
    sent = {"csrf": csrf, "kind": "exclude", "scope": "all", "filter": "segment = 1"}
    listed = client.get("/v1/segments/1/customers?limit=100").json()["customers"]
    page = client.post("/app/change-list", data=sent).text
    assert f"{len(listed)} customers left out of lists by Ana" in page
    assert client.get("/v1/segments/1/customers").json()["customers"] == []
    (change,) = client.get("/v1/list-changes").json()["changes"]
    path = f"/v1/list-changes/{change['change_id']}"
    undone = client.delete(path, headers={"x-csrf-token": csrf}).json()["change"]
    assert undone["undone_by"] == "Ana"
    assert client.get("/v1/segments/1/customers?limit=100").json()["customers"] == listed
    assert client.delete(path, headers={"x-csrf-token": csrf}).status_code == 400
    unknown = client.delete("/v1/list-changes/none", headers={"x-csrf-token": csrf})
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    "sent",
    [
        {"kind": "tag", "tag": " ", "scope": "all"},
        {"kind": "tag", "tag": "x", "scope": "ticked"},
        {"kind": "untag", "tag": "x", "scope": "all"},
        {"kind": "eat", "scope": "all"},
        {"kind": "tag", "tag": "x", "scope": "all", "filter": "segment ="},
        {"kind": "tag", "tag": "x", "scope": "ticked", "customer": "nobody"},
        {"undo": "none"},
    ],
)
def test_what_is_no_change_is_said(client: Client, store_url: str, sent: dict[str, str]) -> None:
    token = {"csrf": log_in(client, store_url, "marketing")}
    answer = client.post("/app/change-list?lang=pt_BR", data=token | sent)
    assert (answer.status_code, "Não foi possível fazer isso" in answer.text) == (400, True)
    assert client.get("/v1/list-changes").json()["changes"] == []


def test_a_viewer_changes_nobody(client: Client, store_url: str) -> None:
    token = {"csrf": log_in(client, store_url, "viewer")}
    sent = {"kind": "tag", "tag": "x", "scope": "all"}
    assert client.post("/app/change-list", data=token | sent).status_code == 403
    assert client.get("/v1/tags").status_code == 403
