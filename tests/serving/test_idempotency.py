"""``Idempotency-Key``: what is sent again is created once, and never twice at a time."""

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving import idempotency as serving
from clientela.serving.app import create_app
from clientela.serving.results import Results
from clientela.store import idempotency, keys
from clientela.store.audience_reader import read_audiences
from clientela.store.read import open_reader
from tests.serving.conftest import LOCAL, Client
from tests.serving.document import read_document
from tests.serving.shop import NOW

AUDIENCE = {"name": "Loyal", "filter": "segment = 2"}
BESIDE = {
    *("/v1/transactions", "/v1/programme/proposals", "/v1/list-changes", "/v1/campaigns"),
    "/v1/subscriptions",
}
HEADERS = {"idempotency-key": "7d3c"}


def _count(url: str) -> int:
    reader = open_reader(url)
    count = len(read_audiences(reader))
    reader.close()
    return count


@pytest.mark.slow
def test_an_audience_sent_again_is_saved_once(client: Client, store_url: str) -> None:
    first, again = (
        client.post("/v1/audiences", json=AUDIENCE, headers=HEADERS).json() for _ in range(2)
    )
    assert first == again
    assert _count(store_url) == 1
    other = client.post("/v1/audiences", json=AUDIENCE | {"name": "x"}, headers=HEADERS)
    assert (other.status_code, other.json()["where"]) == (422, "Idempotency-Key")
    assert client.post("/v1/audiences", json=AUDIENCE).status_code == 400  # the name is taken


@pytest.mark.slow
def test_a_refused_request_leaves_its_key_free(client: Client) -> None:
    wrong = {**AUDIENCE, "filter": "nonsense = 1"}
    for _ in range(2):
        assert client.post("/v1/audiences", json=wrong, headers=HEADERS).status_code == 400
    assert client.post("/v1/audiences", json=AUDIENCE, headers=HEADERS).status_code == 200


def test_who_comes_while_it_runs_is_told_to_wait(client: Client, store_url: str) -> None:
    now = dt.datetime.now(dt.UTC)
    content = b"/v1/audiences\n" + json.dumps(AUDIENCE, separators=(",", ":")).encode()
    assert idempotency.claim_key(store_url, "local", "7d3c", content, now)
    assert not idempotency.claim_key(store_url, "local", "7d3c", content, now)
    assert client.post("/v1/audiences", json=AUDIENCE, headers=HEADERS).status_code == 409


@pytest.mark.parametrize("after", [idempotency.LEASE, idempotency.KEPT])
def test_a_key_ends(store_url: str, after: dt.timedelta) -> None:
    assert idempotency.claim_key(store_url, "a", "k", b"1", NOW)
    if after == idempotency.KEPT:
        idempotency.settle_key(store_url, "a", "k", NOW, "resource")
    assert idempotency.find_request(store_url, "a", "k", b"1", NOW + after) is not None
    later = NOW + after + dt.timedelta(seconds=1)
    assert idempotency.find_request(store_url, "a", "k", b"1", later) is None
    assert idempotency.claim_key(store_url, "a", "k", b"2", later)


@pytest.mark.slow
def test_a_long_request_keeps_its_key_and_a_killed_ones_is_taken_over(store_url: str) -> None:
    late, later = (NOW + idempotency.LEASE * part for part in (0.9, 1.5))
    assert idempotency.claim_key(store_url, "a", "k", b"1", NOW)
    assert idempotency.renew_key(store_url, "a", "k", NOW, late)
    assert not idempotency.claim_key(store_url, "a", "k", b"1", later)
    end = late + idempotency.LEASE + dt.timedelta(seconds=1)
    assert idempotency.claim_key(store_url, "a", "k", b"1", end)
    # Who comes back from a pause leaves the key to whom took it over.
    assert not idempotency.renew_key(store_url, "a", "k", late, end)
    idempotency.settle_key(store_url, "a", "k", late, None)
    assert idempotency.find_request(store_url, "a", "k", b"1", end) == (True, None)
    idempotency.settle_key(store_url, "a", "k", end, "resource")
    assert idempotency.find_request(store_url, "a", "k", b"1", end) == (True, "resource")


def test_a_lease_is_renewed_while_the_request_runs(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LEASE", dt.timedelta(seconds=0.2))

    class Direct:
        async def change(self, function: Callable[..., Any], *values: Any) -> Any:
            return function(store_url, *values)

    async def hold() -> dt.datetime:
        claim = serving._Claim(cast(Results, Direct()), "a", "k", NOW)
        renewal = asyncio.create_task(claim.renew())
        await asyncio.sleep(0.4)
        claim.is_over.set()
        await renewal
        return claim.since

    assert idempotency.claim_key(store_url, "a", "k", b"1", NOW)
    since = asyncio.run(hold())
    assert since > NOW
    assert idempotency.renew_key(store_url, "a", "k", since, since)


@pytest.mark.slow
def test_keys_of_two_callers_are_two(any_store_url: str) -> None:
    secrets = [keys.create(any_store_url, name, ["admin"], NOW) for name in ("a", "b")]
    with TestClient(create_app(Serving(), any_store_url), base_url=LOCAL) as client:
        answers = []
        for user, secret in zip(("ana", "bia"), secrets, strict=True):
            headers = HEADERS | {"authorization": f"Bearer {secret}"}
            body = {"user_id": user, "roles": ["viewer"], "password": "quatro palavras longas"}
            answers += [client.post("/v1/users", json=body, headers=headers) for _ in range(2)]
        assert [answer.json()["user_id"] for answer in answers] == ["ana", "ana", "bia", "bia"]
        headers = {"authorization": f"Bearer {secrets[0]}", "idempotency-key": "k"}
        body = {"name": "t", "roles": ["viewer"]}
        made = [client.post("/v1/keys", json=body, headers=headers) for _ in range(2)]
    assert made[0].json()["secret"].split("_")[1] == made[1].json()["where"]
    assert made[1].status_code == 409
    assert len([row for row in keys.list_keys(any_store_url) if row.name == "t"]) == 1


def test_neither_key_nor_body_is_stored(client: Client, store_url: str, tmp_path: Path) -> None:
    client.post("/v1/audiences", json=AUDIENCE, headers={"idempotency-key": "nobody-guesses-it"})
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"idempotency_keys" in stored
    assert b"nobody-guesses-it" not in stored


def test_all_that_create_say_so() -> None:
    document = read_document()
    creating = {
        path
        for path, methods in document["paths"].items()
        for parameter in methods.get("post", {}).get("parameters", ())
        if parameter["name"] == "Idempotency-Key"
    }
    assert creating == {"/v1/audiences", "/v1/keys", "/v1/users", *BESIDE}
