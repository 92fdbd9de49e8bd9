"""New transactions over the API: whole batches into the inbox, once, no erased person's."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from litestar.testing import TestClient

from clientela.config import Serving, Source, parse_settings
from clientela.mapping.source_columns import resolve
from clientela.pipeline.inbox import FolderInbox
from clientela.serving.app import create_app
from clientela.sources.ids import pseudonym
from clientela.store import keys
from clientela.store.access_log import AccessLog
from clientela.store.erasures import request_erasure
from clientela.tables.tombstones import Tombstones
from tests.serving.conftest import LOCAL, Client
from tests.serving.shop import IDS, NOW

PATH = "/v1/transactions"
EVENT = {
    "customer_id": 17850.0,
    "order_id": "A1",
    "line": 1,
    "ordered_local": "2011-12-09T12:50:00",
    "amount": 15.3,
}
OTHER = EVENT | {"line": 2, "amount": -4, "currency": "GBP"}


def list_inbox(folder: Path) -> list[Path]:
    return [Path(file) for file in FolderInbox(folder).list_files()]


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    for path in (folder / "done", folder / "refused", tmp_path / "shop" / "models"):
        path.mkdir(parents=True)
    return folder


@pytest.fixture
def till(inbox: Path, store_url: str, tmp_path: Path) -> Iterator[Client]:
    """A client with a key of the narrow role, before a server with an inbox and a log."""
    app = create_app(
        Serving(inbox=str(inbox), max_body_kb=64),
        store_url,
        models=tmp_path / "shop" / "models",
        open_log=lambda: AccessLog(f"sqlite:///{tmp_path}/access.db", tmp_path / "access.key"),
    )
    secret = keys.create(store_url, "till", ["transactions"], NOW)
    with TestClient(app, base_url=LOCAL) as made:
        made.headers["x-api-key"] = secret
        yield made


def send(client: Client, *events: Any, key: str | None = None) -> Any:
    headers = {} if key is None else {"idempotency-key": key}
    return client.post(PATH, json={"events": events}, headers=headers)


def test_a_batch_is_one_whole_file_that_the_run_reads_whatever_is_configured(
    till: Client, inbox: Path
) -> None:
    answer = send(till, EVENT, OTHER, EVENT)
    assert answer.status_code == 200
    receipt = answer.json()
    assert (receipt["events"], receipt["state"], receipt["repeated"]) == (2, "waiting", False)
    (path,) = list_inbox(inbox)
    assert path.stem == receipt["batch"]
    table = pq.read_table(path)
    lines = table.select(["customer_id", "order_id", "quantity", "currency"]).to_pylist()
    assert [tuple(map(str, line.values())) for line in lines] == [
        ("17850", "A1", "1.0000", "GBP"),
        ("17850", "A1", "-1.0000", "GBP"),
    ]
    firm = {"customer_id": "order_id", "ordered_local": "Data", "amount": "Valor"}
    mapping = resolve(
        table.column_names,
        [[str(value) for value in row.values()] for row in table.to_pylist()],
        Source(columns=firm, decimal=",", minor_units=True, timezone="America/Recife"),
        "transactions",
    )
    assert (mapping.layout, mapping.minor_units) == ("posted_transactions", False)
    assert mapping.columns["customer_id"] == "customer_id"
    assert mapping.timezone == "America/Recife"


@pytest.mark.parametrize("key", [None, "batch 7"])
@pytest.mark.parametrize(("place", "state"), [("done", "taken"), ("refused", "refused")])
def test_sent_again_nothing_is_written(
    till: Client, inbox: Path, key: str | None, place: str, state: str
) -> None:
    first = send(till, EVENT, key=key).json()
    assert send(till, EVENT, key=key).json() == first | {"repeated": True}
    (path,) = list_inbox(inbox)
    path.rename(inbox / place / f"20240501T021500-{path.name}")
    assert send(till, EVENT, key=key).json() == first | {"repeated": True, "state": state}
    assert list_inbox(inbox) == []


def test_a_key_is_of_one_batch_and_one_caller(till: Client, inbox: Path, store_url: str) -> None:
    assert send(till, EVENT, key="k").status_code == 200
    assert send(till, OTHER, key="k").status_code == 422
    another = {"x-api-key": keys.create(store_url, "web", ["transactions"], NOW)}
    answer = till.post(PATH, json={"events": [OTHER]}, headers=another | {"idempotency-key": "k"})
    assert answer.status_code == 200
    assert len(list_inbox(inbox)) == 2
    assert send(till, EVENT, key="k" * 300).status_code == 400


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"customer_id": " "}, "nobody's id"),
    ({"order_id": ""}, "no order's"),
    ({"line": -1}, ">= 0"),
    ({"amount": 1e300}, "<= 1"),
    ({"amount": "12,50"}, "Expected `float`"),
    ({"ordered_local": "2999-01-01T00:00:00"}, "in the future"),
    ({"ordered_local": "2011-12-09T12:50:00Z"}, "no timezone component"),
    ({"quantity": -1}, "different signs"),
    ({"currency": "BRL"}, "are in GBP"),
    ({"product_id": "a\u0000b"}, "matching regex"),
    ({"price": 1}, "unknown field"),
    ({"order_id": "A1", "line": 1, "amount": 9}, "event 0 is the same line"),
)


def test_one_wrong_event_and_nothing_is_taken(till: Client, inbox: Path) -> None:
    for change, detail in WRONG:
        answer = send(till, EVENT, EVENT | {"order_id": "A2"} | change)
        problem = answer.json()
        assert answer.status_code == 422, problem
        assert [error["event"] for error in problem["errors"]] == [1]
        assert detail in problem["errors"][0]["detail"]
    assert list_inbox(inbox) == []


def test_a_request_has_a_size_and_a_form(till: Client, inbox: Path) -> None:
    assert send(till).status_code == 400
    assert send(till, *[EVENT] * 1_001).status_code == 413
    assert send(till, EVENT | {"description": "x" * 70_000}).status_code == 413
    form = {"content-type": "application/json"}
    deep = b'{"events":[{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}]}"
    for wrong in (b"[", deep):
        assert till.post(PATH, content=wrong, headers=form).status_code == 400
    assert list_inbox(inbox) == []
    inbox.rename(inbox.with_name("gone"))
    assert send(till, EVENT).status_code == 503


def test_an_erased_person_does_not_come_back(
    till: Client, inbox: Path, store_url: str, tmp_path: Path
) -> None:
    request_erasure(store_url, [IDS[0]], "desk", NOW)
    Tombstones(tmp_path / "shop").add(["Gone@Shop.example"])
    for erased in (IDS[0], "gone@shop.example"):
        answer = send(till, EVENT, EVENT | {"order_id": "A2", "customer_id": erased})
        assert answer.status_code == 410
        assert answer.json()["where"] == "events[1].customer_id"
        assert erased not in answer.text
    assert list_inbox(inbox) == []


def test_an_erased_person_does_not_come_back_by_the_id_behind_a_pseudonym(
    till: Client, inbox: Path, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.app.state.firm = parse_settings({"privacy": {"hash_ids": True}})
    stones = Tombstones(tmp_path / "shop")
    assert send(till, EVENT).status_code == 200  # nobody is erased, so that no key is needed
    stones.add([pseudonym("777", b"secret")])
    assert send(till, EVENT | {"customer_id": "777"}).status_code == 503
    monkeypatch.setenv("CLIENTELA_HMAC_KEY", "secret")
    request_erasure(store_url, [pseudonym("778", b"secret")], "desk", NOW)
    for erased in ("777", 778.0):
        assert send(till, EVENT | {"customer_id": erased}).status_code == 410
    assert send(till, EVENT | {"order_id": "A9"}).status_code == 200
    assert len(list_inbox(inbox)) == 2


def test_it_takes_a_key_of_its_right_and_stands_in_the_log(
    till: Client, store_url: str, tmp_path: Path
) -> None:
    assert till.post(PATH, json={"events": [EVENT]}, headers={"x-api-key": ""}).status_code == 401
    reading = {"x-api-key": keys.create(store_url, "crm", ["read", "export"], NOW)}
    assert till.post(PATH, json={"events": [EVENT]}, headers=reading).status_code == 403
    batch = send(till, EVENT).json()["batch"]
    log = AccessLog(f"sqlite:///{tmp_path}/access.db", tmp_path / "access.key")
    row = log.read(limit=1)[0]
    log.close()
    assert (row.operation, row.status, len(row.persons.split())) == ("append_transactions", 200, 1)
    assert json.loads(row.detail) == {"batch": batch, "events": 1}


def test_without_an_inbox_there_is_nothing_to_append_to(store_url: str) -> None:
    secret = keys.create(store_url, "till", ["transactions"], dt.datetime.now(dt.UTC))
    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as client:
        answer = client.post(PATH, json={"events": [EVENT]}, headers={"x-api-key": secret})
        assert answer.status_code == 404
