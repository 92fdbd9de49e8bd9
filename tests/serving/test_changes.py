"""Who entered and left a segment or the programme between runs; what answers say of limits."""

import gzip
from typing import Any

import pytest

from clientela.store import keys
from tests.serving.conftest import Client
from tests.serving.shop import IDS, NOW, publish_shop, record, segment_of

OF_SEGMENT_2 = sorted(customer_id for customer_id in IDS if segment_of(customer_id) == 2)


def walk(client: Client, path: str, **query: Any) -> dict[str, list[str]]:
    """Page through the changes; give the ids by what happened."""
    walked: dict[str, list[str]] = {"entered": [], "left": []}
    answer = client.get(path, params=query | {"limit": 7})
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for row in page["changes"]:
            walked[row["change"]].append(row["customer_id"])
        if page["next_cursor"] is None:
            return walked
        answer = client.get(path, params={"cursor": page["next_cursor"], "limit": 7})


def test_a_segment_says_who_came_and_went_on_every_database(any_store_url: str) -> None:
    from litestar.testing import TestClient

    from clientela.config import Serving
    from clientela.serving.app import create_app
    from tests.serving.conftest import LOCAL, come_from

    publish_shop(any_store_url, 2, shift=1)
    app = come_from("127.0.0.1", create_app(Serving(), any_store_url))
    with TestClient(app, base_url=LOCAL) as client:
        changes = walk(client, "/v1/segments/2/changes")
        assert changes["left"] == OF_SEGMENT_2
        assert changes["entered"]
        assert set(changes["entered"]).isdisjoint(OF_SEGMENT_2)
        back = walk(client, "/v1/segments/2/changes", since=record(2).run_id)
        assert back == {"entered": [], "left": []}
        assert walk(client, "/v1/programme/changes") == {"entered": [], "left": []}


def test_pages_of_changes_stay_with_their_runs(client: Client, store_url: str) -> None:
    path = "/v1/segments/2/changes"
    assert client.get(path).status_code == 400  # there is nothing to compare with
    publish_shop(store_url, 2, shift=1)
    first = client.get(path, params={"limit": 1}).json()
    publish_shop(store_url, 3, shift=2)
    rest = client.get(path, params={"cursor": first["next_cursor"]}).json()
    assert rest["run_id"] == first["run_id"] == record(2).run_id
    for wrong, status in (({"since": "never"}, 404), ({"cursor": first["next_cursor"]}, 400)):
        answer = client.get("/v1/segments/1/changes", params=wrong)
        assert answer.status_code == status, answer.text


def test_a_key_is_told_what_it_has_left(client: Client, store_url: str) -> None:
    secret = keys.create(store_url, "till", ["agent"], NOW, budget=2)
    left = []
    for _ in range(3):
        answer = client.get(f"/v1/customers/{IDS[0]}", headers={"x-api-key": secret})
        assert answer.headers["ratelimit-policy"] == '"persons";q=2;w=86400'
        left.append((answer.status_code, answer.headers["ratelimit"].split(";")[1]))
    assert left == [(200, "r=1"), (200, "r=0"), (429, "r=0")]


@pytest.mark.parametrize("form", ["json", "csv", "ndjson"])
def test_answers_are_compressed_and_pages_are_not(client: Client, form: str) -> None:
    query = {"format": form}
    plain = client.get("/v1/customers", params=query, headers={"accept-encoding": "identity"})
    headers = {"accept-encoding": "gzip"}
    with client.stream("GET", "/v1/customers", params=query, headers=headers) as answer:
        content = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
        assert "accept-encoding" in answer.headers["vary"].lower()
    assert gzip.decompress(content) == plain.content
    assert len(content) < len(plain.content) / 2
    page = client.get("/app", params={"lang": "en"}, headers=headers)
    assert (page.status_code, page.headers.get("content-encoding")) == (200, None)
