"""What the server writes down, when, and what a breach is told from it."""

import datetime as dt
import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.contract.access import Role
from clientela.errors import StoreError
from clientela.serving import recorder
from clientela.serving.app import create_app
from clientela.serving.breach import find_reached
from clientela.store import keys
from clientela.store.access_log import Access, AccessLog
from clientela.store.experiments import MEMBERS, Experiment, save
from clientela.store.persons import write_contact
from tests.serving.conftest import LOCAL, Client
from tests.serving.shop import IDS, NOW, segment_of
from tests.shop import clientela

SINCE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class Shop:
    """A served shop with its log."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.open: Callable[[], AccessLog] = functools.partial(
            AccessLog, f"sqlite:///{folder}/access.db", folder / "access.key"
        )

    @contextmanager
    def serve(self) -> Iterator[Client]:
        app = create_app(Serving(), self.url, open_log=self.open)
        with TestClient(app, base_url=LOCAL) as client:
            yield client

    def key(self, *roles: Role, budget: int | None = None) -> dict[str, str]:
        secret = keys.create(self.url, "key", roles, NOW, budget=budget)
        return {"authorization": f"Bearer {secret}"}

    def rows(self) -> list[tuple[str, int, int]]:
        return [(row.operation, row.status, len(row.persons.split())) for row in self.open().read()]


@pytest.fixture
def shop(store_url: str, tmp_path: Path) -> Shop:
    return Shop(store_url, tmp_path)


def test_look_ups_from_memory_are_logged_as_those_of_the_database(shop: Shop) -> None:
    headers, ids, log = shop.key("read"), [IDS[4], "no such id", IDS[2], IDS[4]], shop.open()
    with shop.serve() as client:
        end = time.monotonic() + 30
        while not client.app.state.results._indexes:
            client.post("/v1/segments/lookup", json={"ids": ids}, headers=headers)
            assert time.monotonic() < end
            time.sleep(0.1)  # less often than the key may ask
        for some in (ids, ids[:1], ids[1:2]):
            client.post("/v1/segments/lookup", json={"ids": some}, headers=headers)
    first, *_, many, one, nobody = [row.persons for row in log.read() if row.persons or row.status]
    assert first == many == " ".join(log.hash_person(ids[place]) for place in (0, 2, 3))
    assert (one, nobody) == (log.hash_person(ids[0]), "")


def test_a_filter_by_ids_names_nobody_in_the_log(shop: Shop) -> None:
    marketing, tree = shop.key("marketing"), f"customer_id in ('{IDS[0]}', '{IDS[1]}')"
    with shop.serve() as client:
        for form in ("csv", "ndjson", "parquet"):
            params = {"filter": f"{tree} and not customer_id = 'x'", "format": form}
            assert client.get("/v1/customers", params=params, headers=marketing).status_code == 200
        params = {"filter": tree, "format": "xlsx"}
        assert (
            client.get("/app/customers/file", params=params, headers=marketing).status_code == 200
        )
    log = shop.open()
    rows = [row for row in log.read() if row.status == 200]
    assert len(rows) == 4
    for row in rows:
        assert IDS[0] not in row.detail
        assert "customer_id" in row.detail
        assert row.persons.split() == [log.hash_person(id_) for id_ in sorted(IDS[:2])]
    (key,) = keys.list_keys(shop.url)
    reached = find_reached(log, shop.url, key.key_id, SINCE)
    assert reached["persons"] == sorted(IDS[:2])


def test_every_request_is_written_down(shop: Shop) -> None:
    reader, marketing = shop.key("read"), shop.key("marketing")
    with shop.serve() as client:
        client.get(f"/v1/customers/{IDS[0]}", headers=reader)
        client.post("/v1/segments/lookup", headers=reader, json={"ids": [*IDS[:2], "nobody"]})
        client.get("/v1/customers/nobody", headers=reader)
        client.get("/v1/segments", headers=reader)
        client.get("/v1/customers?limit=5", headers=reader)
        client.get("/v1/customers?limit=5", headers=marketing)
        client.get("/v1/segments")
        client.get("/health")
    assert shop.rows() == [
        ("server_start", 0, 0),
        ("get_customer", 200, 1),
        ("lookup_segments", 200, 2),
        ("get_customer", 404, 0),
        ("list_segments", 200, 0),
        ("list_customers", 403, 0),
        ("list_customers", 200, 5),
        ("list_segments", 401, 0),
        ("server_stop", 0, 0),
    ]
    log = shop.open()
    assert log.verify()[0] == 9
    assert log.count_kills() == 0
    row = log.read()[1]
    assert row.persons == log.hash_person(IDS[0])
    assert row.actor in {key.key_id for key in keys.list_keys(shop.url) if key.roles == "read"}
    assert row.address


@pytest.mark.parametrize("path", ["/v1/customers?limit=2", "/v1/customers?format=csv", "/v1/none"])
def test_lists_and_refusals_are_written_before_they_are_answered(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(recorder, "BATCH_SECONDS", 3600)
    exporter = shop.key("export")
    with shop.serve() as client:
        client.get(path.replace("/v1/none", "/v1/segments"), headers=exporter)
        assert len(shop.rows()) == 2


def test_look_ups_are_written_in_batches(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "BATCH_SECONDS", 0.05)
    reader = shop.key("read")
    with shop.serve() as client:
        client.get(f"/v1/customers/{IDS[0]}", headers=reader)
        until = time.monotonic() + 10
        while len(shop.rows()) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        assert shop.rows()[-1] == ("get_customer", 200, 1)


def test_what_cannot_be_written_down_is_not_answered(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = shop.key("export")
    with shop.serve() as client:

        def fail(*_: Any) -> None:
            raise StoreError("no room")

        with monkeypatch.context() as full:
            full.setattr(AccessLog, "append", fail)
            refused = client.get("/v1/customers?limit=2", headers=exporter)
            assert refused.status_code == 503
            assert IDS[0] not in refused.text
        assert client.get("/v1/customers?limit=2", headers=exporter).status_code == 200


def test_a_budget_outlives_the_server(shop: Shop) -> None:
    crm = shop.key("read", budget=3)
    for expected in (200, 429):
        with shop.serve() as client:
            asked = client.post("/v1/segments/lookup", headers=crm, json={"ids": IDS[:2]})
            assert asked.status_code == expected


def test_a_breach_names_whom_a_key_reached(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    thief, other = shop.key("read", "export"), shop.key("read")
    with shop.serve() as client:
        client.get(f"/v1/customers/{IDS[-1]}", headers=thief)
        client.get(f"/v1/customers/{IDS[5]}", headers=other)
        client.get("/v1/segments/1/customers?format=csv", headers=thief)
        client.get("/v1/customers?limit=2", headers=thief)
    thief_id = next(key.key_id for key in keys.list_keys(shop.url) if "export" in key.roles)
    reached = find_reached(shop.open(), shop.url, thief_id, SINCE)
    first = {id_ for id_ in IDS if segment_of(id_) == 1}
    assert set(reached["persons"]) == first | {IDS[-1], *IDS[:2]}
    assert (reached["requests"], reached["unknown"], reached["lists_lost"]) == (3, 0, [])
    gone = Access(NOW, thief_id, "list_segment_customers", (), {"run_id": "x", "part": 1}, 200, "")
    shop.open().append([gone, gone._replace(operation="get_customer", persons=("erased",))])
    reached = find_reached(shop.open(), shop.url, thief_id, SINCE)
    assert (reached["unknown"], len(reached["lists_lost"])) == (1, 1)
    options = ("--workspace", shop.folder, "--store", shop.url)
    told = clientela(capsys, "breach", "--key", thief_id, "--since", "2000-01-01", *options)
    assert told.facts["persons"] == reached["persons"]
    listed = clientela(capsys, "keys", "list", *options).facts["keys"]
    assert [bool(key["last_used_at"]) for key in listed] == [True, True]


def test_a_breach_reads_the_files_of_audiences_and_arms_again(shop: Shop) -> None:
    thief = shop.key("marketing")
    draft = {"name": "Leais", "filter": "segment = 2"}
    member = {"customer_id": IDS[9], "arm": "control", "stratum": "x", "starts_on": NOW.date()}
    drawn = Experiment(name="e", created_at=NOW, as_of=NOW.date(), design={})
    save(shop.url, drawn, pa.Table.from_pylist([member], MEMBERS))
    with shop.serve() as client:
        saved = client.post("/v1/audiences", headers=thief, json=draft).json()["audience"]
        path = f"/v1/audiences/{saved['audience_id']}"
        taken = client.get(f"{path}/members?format=csv", headers=thief)
        assert taken.status_code == 200
        thief_id = shop.open().read()[-1].actor
        told = find_reached(shop.open(), shop.url, thief_id, SINCE)
        second = {id_ for id_ in IDS if segment_of(id_) == 2}
        assert (set(told["persons"]), told["lists_changed"]) == (second, [])

        arms = {"experiment": drawn.experiment_id}
        row = Access(NOW, thief_id, "download_arms", (), arms, 200, "")
        shop.open().append([row, row._replace(operation="x", detail={"part": 1, "run_id": "x"})])
        write_contact(shop.url, min(second), {"no_profiling": True})
        client.put(path, headers=thief, json=draft | {"name": "Fiéis"})
        told = find_reached(shop.open(), shop.url, thief_id, SINCE)
        assert set(told["persons"]) == (second | {IDS[9]}) - {min(second)}
        assert told["withheld"] == [min(second)]
        assert (len(told["lists_changed"]), len(told["lists_lost"])) == (1, 1)
        client.delete(path, headers=thief)
    assert len(find_reached(shop.open(), shop.url, thief_id, SINCE)["lists_lost"]) == 2


def test_the_commands_check_and_show_the_log(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = clientela(capsys, "audit", "verify", "--workspace", shop.folder)
    assert missing.code == 2
    assert "no access log yet" in missing.facts["detail"]
    with shop.serve() as client:
        client.get(f"/v1/customers/{IDS[0]}")
    checked = clientela(capsys, "audit", "verify", "--workspace", shop.folder)
    assert (checked.facts["rows"], checked.facts["kills"]) == (3, 0)
    shown = clientela(capsys, "audit", "show", "--limit", "2", "--workspace", shop.folder)
    assert [row["operation"] for row in shown.facts["rows"]] == ["get_customer", "server_stop"]
    cut = clientela(capsys, "audit", "cut", "--workspace", shop.folder)
    assert cut.facts == {"removed": 0}
