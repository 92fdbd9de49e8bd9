"""Audiences over the API and on the pages of the dashboard."""

import io
import json
from contextlib import closing
from html import unescape

import pyarrow.parquet as pq
import pytest
from litestar.testing import TestClient

from clientela.config import Serving, Settings, Webhook
from clientela.serving.app import create_app
from clientela.store import keys
from clientela.store.read import open_reader
from clientela.store.webhooks import list_deliveries, read_members_moved
from tests.serving.conftest import LOCAL, Client, come_from
from tests.serving.people import log_in
from tests.serving.shop import IDS, NOW, publish_shop, record, segment_of

DRAFT = {"name": "Leais & <b>", "filter": "segment = 2"}
SEGMENT_2 = [each for each in IDS if segment_of(each) == 2]


def _save(client: Client) -> str:
    answer = client.post("/v1/audiences", json=DRAFT)
    assert answer.status_code == 200, answer.text
    audience_id: str = answer.json()["audience"]["audience_id"]
    return audience_id


def test_an_audience_is_saved_read_changed_and_removed(client: Client, store_url: str) -> None:
    audience_id = _save(client)
    path = f"/v1/audiences/{audience_id}"
    saved = client.get(path).json()["audience"]
    assert saved["created_by"] == "local"
    assert saved["sizes"][0]["customers"] == len(SEGMENT_2)
    pages = [client.get(f"{path}/members", params={"limit": 10}).json()]
    while cursor := pages[-1]["next_cursor"]:
        pages.append(client.get(f"{path}/members", params={"cursor": cursor, "limit": 10}).json())
    assert sorted(row["customer_id"] for page in pages for row in page["customers"]) == SEGMENT_2
    assert client.get(f"{path}/changes").status_code == 400
    publish_shop(store_url, 2, shift=1)
    changes = client.get(f"{path}/changes", params={"limit": 1}).json()
    rest = client.get(f"{path}/changes", params={"cursor": changes["next_cursor"]}).json()
    moved = len(changes["changes"]) + len(rest["changes"])
    assert moved == 2 * len(SEGMENT_2)
    assert client.get(f"{path}/changes?since=never").status_code == 404
    changed = client.put(path, json=DRAFT | {"name": "x", "frozen": True}).json()["audience"]
    assert (changed["name"], changed["frozen"]) == ("x", True)
    assert [row["name"] for row in client.get("/v1/audiences").json()["audiences"]] == ["x"]
    assert client.delete(path).json()["audience"]["name"] == "x"
    for method in ("get", "delete"):
        assert client.request(method, path).status_code == 404
    assert client.put(path, json=DRAFT).status_code == 404
    assert record(2).run_id == changes["run_id"]


def test_a_value_that_is_named_a_thousand_times_is_one(client: Client) -> None:
    draft = {"name": "x", "filter": f"segment in ({', '.join(['2'] * 1_300)})"}
    answer = client.post("/v1/audiences", json=draft)
    assert answer.status_code == 200, answer.text
    assert answer.json()["audience"]["sizes"][0]["customers"] == len(SEGMENT_2)


def test_a_list_is_taken_away_as_a_file(client: Client) -> None:
    audience_id = _save(client)
    answer = client.get(f"/v1/audiences/{audience_id}/members?format=csv&lang=pt_BR")
    assert len(answer.text.splitlines()) == len(SEGMENT_2) + 1
    assert ";" in answer.text
    assert client.get(f"/v1/audiences/{audience_id}/members?format=xlsx").content[:2] == b"PK"
    parquet = client.get(f"/v1/audiences/{audience_id}/members?format=parquet").content
    table = pq.read_table(io.BytesIO(parquet))
    assert sorted(table["customer_id"].to_pylist()) == SEGMENT_2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "x", "filter": "y = 1"},
        {"filter": "", "name": ""},
        {"name": "x", "filter": "attributes.city = 3"},
        {"name": "x", "filter": "attributes.fee = 'Recife'"},
        {"name": "x", "filter": "attributes.town = 'Recife'"},
    ],
)
def test_a_wrong_audience_is_a_problem(client: Client, body: dict[str, str]) -> None:
    answer = client.post("/v1/audiences", json=body)
    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_a_form_saves_changes_and_removes(client: Client, store_url: str, lang: str) -> None:
    token = {"csrf": log_in(client, store_url, "marketing")}
    form = client.get("/app/audience", params={"filter": "segment = 2", "lang": lang}).text
    assert "segment = 2</textarea>" in form
    path = f"/app/audience?lang={lang}"
    page = client.post(path, data=DRAFT | token | {"frozen": "yes"})
    assert f"<h1>Leais &amp; &lt;b&gt;: {len(SEGMENT_2)} " in page.text
    own = str(page.url).removeprefix(LOCAL)
    again = client.post(path, data=DRAFT | token)
    assert again.status_code == 400
    assert 'role="alert"' in again.text
    assert ("já existe" if lang == "pt_BR" else "already") in unescape(again.text)
    renamed = client.post(own, data={"name": "Outro", "filter": "segment = 1"} | token)
    assert "<h1>Outro: " in renamed.text
    listed = client.get("/app/actions", params={"lang": lang})
    assert ">Outro</a>" in listed.text
    removed = client.post(own, data={"remove": "yes"} | token)
    assert removed.status_code == 200
    assert ">Outro</a>" not in removed.text
    assert client.get(own).status_code == 404


def test_a_button_queues_an_audience_for_a_webhook(store_url: str) -> None:
    hooks = [
        Webhook(name=name, url="https://crm.example", events=events, secret="CRM")  # noqa: S106 - a variable
        for name, events in (("crm", ("audiences",)), ("erp", ("segments",)))
    ]
    app = create_app(Serving(), store_url, firm=Settings(webhooks=tuple(hooks)))
    with TestClient(come_from("127.0.0.1", app), base_url=LOCAL) as client:
        token = {"csrf": log_in(client, store_url, "marketing")}
        page = client.post("/app/audience?lang=pt_BR", data=DRAFT | token)
        own = str(page.url).removeprefix(LOCAL)
        assert "Enviar para crm" in page.text
        assert "Enviar para erp" not in page.text
        assert client.post(own, data={"send": "erp"} | token).status_code == 400
        sent = client.post(own, data={"send": "crm"} | token)
        assert ": aguardando</li>" in sent.text
    (delivery,) = list_deliveries(store_url)
    assert (delivery.webhook, delivery.is_whole) == ("crm", True)
    with closing(open_reader(store_url)) as reader:
        rows = read_members_moved(reader, delivery, None, 100)
    assert sorted(str(row["customer_id"]) for row in rows) == SEGMENT_2
    assert {row["change"] for row in rows} == {"entered"}


def test_who_reads_lists_cannot_save(store_url: str) -> None:
    reader, writer, viewer = (
        {"x-api-key": keys.create(store_url, role, [role], NOW)}
        for role in ("export", "marketing", "viewer")
    )
    app = come_from("127.0.0.1", create_app(Serving(), store_url))
    with TestClient(app, base_url=LOCAL) as made:
        assert made.post("/v1/audiences", json=DRAFT, headers=reader).status_code == 403
        saved = made.post("/v1/audiences", json=DRAFT, headers=writer)
        assert json.loads(saved.text)["audience"]["created_by"] == "marketing"
        assert len(made.get("/v1/audiences", headers=reader).json()["audiences"]) == 1
        assert made.get("/v1/audiences", headers=viewer).status_code == 403
        assert "Leais" not in made.get("/app/actions", headers=viewer).text
        page = made.get("/app/audience", headers=reader).text.partition("<main")[2]
        assert "<form" not in page.partition("<footer")[0]
        token = {"csrf": log_in(made, store_url, "viewer")}
        assert made.post("/app/audience", data=DRAFT | token).status_code == 403
