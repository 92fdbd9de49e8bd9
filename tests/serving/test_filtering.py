"""Filters are answered by the run's file: fetched, made anew, replaced, and in turns."""

import asyncio
import io
import time
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.errors import PlatformError, StoreError
from clientela.serving import fair_queue, filter_files, filtering
from clientela.serving.app import create_app
from clientela.serving.fair_queue import FairQueue
from clientela.serving.filtering import Filters
from clientela.serving.results import Results
from clientela.store.erasures import request_erasure
from clientela.store.filter_file import FilterFile
from clientela.store.persons import write_contact
from clientela.store.publish import publish
from tests.serving.conftest import LOCAL, Client
from tests.serving.shop import IDS, NOW, customers, publish_shop, record, segments

COUNT = "/v1/filters/count"
BOUGHT = {"filter": "bought = 'A1'"}


def publish_with_products(url: str, folder: Path, number: int, buyers: list[str]) -> None:
    folder.mkdir()
    pairs = pa.table({"customer_id": buyers, "product_id": ["A1"] * len(buyers)})
    pq.write_table(pairs, folder / "purchases.parquet")
    tables = {"customers": customers(0), "segments": segments(None)}
    publish(url, record(number), tables, purchases=folder / "purchases.parquet")


def count(client: Client, **query: str) -> Any:
    answer = client.get(COUNT, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_products_are_asked_of_the_published_file(
    client: Client, store_url: str, tmp_path: Path
) -> None:
    refused = client.get(COUNT, params=BOUGHT)  # this run was published without its file
    assert (refused.status_code, "wait for the next run" in refused.text) == (400, True)
    for number, buyers in ((2, IDS[:3]), (3, IDS[1:2])):
        publish_with_products(store_url, tmp_path / str(number), number, buyers)
        assert count(client, **BOUGHT)["customers"] == len(buyers)
        assert count(client, filter="bought != 'A1'")["customers"] == len(IDS) - len(buyers)
    page = client.get("/v1/customers", params=BOUGHT | {"sort": "-revenue"}).json()
    assert [each["customer_id"] for each in page["customers"]] == IDS[1:2]
    assert page["run_id"] == record(3).run_id


def test_who_may_no_longer_be_listed_is_left_out_at_once(client: Client, store_url: str) -> None:
    assert count(client)["customers"] == len(IDS)
    write_contact(store_url, IDS[4], {"suppressed": True})
    assert count(client)["customers"] == len(IDS) - 1
    request_erasure(store_url, [IDS[5]], "tests", NOW)
    assert count(client)["customers"] == len(IDS) - 2


def test_a_file_that_is_being_made_is_worth_waiting_for(
    client: Client, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_files, "PATIENCE_SECONDS", 0)
    first = client.get(COUNT)
    assert (first.status_code, first.headers["retry-after"]) == (503, "5")
    assert client.get(f"/v1/customers/{IDS[0]}").status_code == 200
    deadline = time.monotonic() + 60
    while (again := client.get(COUNT)).status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert again.json()["customers"] == len(IDS)


def test_a_cursor_stays_with_the_filter_and_run_of_its_page(client: Client, store_url: str) -> None:
    query: dict[str, Any] = {"filter": "not segment = 99", "sort": "-revenue", "limit": 50}
    first = client.get("/v1/customers", params=query).json()
    publish_shop(store_url, 2, shift=1)
    cursor = {"cursor": first["next_cursor"]}
    second = client.get("/v1/customers", params=query | cursor).json()
    assert second["run_id"] == first["run_id"]
    walked = [each["customer_id"] for page in (first, second) for each in page["customers"]]
    assert sorted(walked) == IDS


@pytest.mark.parametrize("query", [{}, {"filter": "segment = 2", "sort": "-revenue"}])
def test_the_files_for_programs_hold_the_same_customers(
    client: Client, query: dict[str, str]
) -> None:
    def take(form: str) -> bytes:
        return client.get("/v1/customers", params=query | {"format": form}).content

    lines = [msgspec.json.decode(line) for line in take("ndjson").splitlines()]
    table = pq.read_table(io.BytesIO(take("parquet")))
    ids = [line["customer_id"] for line in lines]
    assert table["customer_id"].to_pylist() == ids
    assert len(ids) == len(set(ids)) == count(client, **query | {"sort": ""})["customers"]
    assert table["revenue"].to_pylist() == [line["features"]["revenue"] for line in lines]
    assert len(take("csv").splitlines()) == len(ids) + 1


def test_clients_take_turns() -> None:
    async def ask() -> list[str]:
        queue, order = FairQueue(1), list[str]()

        async def one(client: str) -> None:
            async with queue.turn(client):
                order.append(client)
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(one(client)) for client in "aaaab"]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with queue.turn("c"):  # no slot is lost
            order.append("c")
        return order

    assert asyncio.run(ask()) == list("abaac")  # the second of a went away while it waited


def test_hundreds_wait_for_their_turn_and_whoever_waits_too_long_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def ask(queue: FairQueue, number: int) -> int:
        async with queue.turn(str(number % 3)):
            await asyncio.sleep(0)
        return number

    async def ask_many() -> None:
        queue = FairQueue(2)
        assert await asyncio.gather(*(ask(queue, each) for each in range(300))) == [*range(300)]
        monkeypatch.setattr(fair_queue, "TURN_SECONDS", 0.01)
        async with queue.turn("a"), queue.turn("b"):
            with pytest.raises(StoreError, match="too many"):
                await ask(queue, 1)
        assert await ask(queue, 2) == 2  # no slot is lost

    asyncio.run(ask_many())


def test_what_many_ask_at_once_is_worked_out_once_and_a_failure_is_not_kept(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_out: list[object] = []

    def count_slowly(file: FilterFile, *_: object) -> Any:
        worked_out.append(file)
        time.sleep(0.05)
        if len(worked_out) == 1:
            raise PlatformError("once")
        return {"customers": len(worked_out)}

    async def ask_many() -> None:
        filters = Filters(Results(store_url))
        request = Mock(scope={"client": ("127.0.0.1", 1)})
        monkeypatch.setattr(FilterFile, "count", count_slowly)
        with pytest.raises(PlatformError):
            await filters.count(request, None)
        asked = [asyncio.create_task(filters.count(request, None)) for _ in range(5)]
        await asyncio.sleep(0.02)
        asked[0].cancel()  # whoever asked first goes away
        readings = [await each for each in asked[1:]]
        assert [reading.content["customers"] for reading in readings] == [2] * 4
        await filters.close()

    asyncio.run(ask_many())


def test_the_next_run_is_asked_what_the_last_one_was_before_somebody_waits(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filtering, "LOOK_SECONDS", 0.01)
    files: list[FilterFile] = []
    count_scores = FilterFile.count_scores

    def note_file(file: FilterFile, *rest: Any) -> Any:
        files.append(file)
        return count_scores(file, *rest)

    monkeypatch.setattr(FilterFile, "count_scores", note_file)
    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as client:
        client.get("/v1/rfm")
        publish_shop(store_url, 2)
        deadline = time.monotonic() + 60
        while len(files) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert client.get("/v1/rfm").json()["run_id"] == record(2).run_id
    assert len(set(files)) == len(files) == 2
