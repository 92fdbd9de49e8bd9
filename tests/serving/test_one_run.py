"""An answer is of one run, whatever is published while it is read."""

import asyncio
import itertools
import re
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock, patch

import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.serving.filtering import Filters
from clientela.serving.results import Results, answer_from_one_run
from clientela.store import publish
from clientela.store.erasures import request_erasure
from clientela.store.persons import write_contact
from tests.serving.conftest import LOCAL
from tests.serving.shop import IDS, NOW, publish_shop, record

PATHS = [
    "/",
    "/app/today",
    "/app/segments",
    "/app/segment?id=2",
    "/app/insiders",
    "/app/value",
    "/app/models",
    "/app/experiments",
    "/app/actions",
    "/v1/segments",
    "/v1/segments/2",
    "/v1/experiments",
    "/v1/models",
    "/v1/value",
    "/v1/report",
    "/v1/products",
    "/v1/programme",
    "/v1/audiences",
    "/v1/filters/columns",
]
NONCE = re.compile(r"nonce[^ >]*|csrf[^>]*")


@pytest.fixture(autouse=True)
def tidy_without_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishing runs in the thread of the answers that it overtakes: let it wait for none."""
    monkeypatch.setattr(publish, "TIDY_TIMEOUT_MS", 0)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("moment", [2, 4])
def test_a_publish_in_between_leaves_an_answer_of_one_run(
    store_url: str, path: str, moment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run moves all customers one segment on, and the first segment has seven."""
    asks, ask = 0, Results.ask

    async def publish_in_between(results: Results, read: Callable[..., Any], **how: Any) -> Any:
        nonlocal asks
        asks += 1
        if asks == moment:
            publish_shop(store_url, 2, shift=1, smallest=7)
        return await ask(results, read, **how)

    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as client:
        client.get("/v1/runs/current")
        monkeypatch.setattr(Results, "ask", publish_in_between)
        mixed = client.get(path)
        monkeypatch.undo()
        after = client.get(path)
    assert after.status_code == 200
    if asks >= moment:
        assert NONCE.sub("", mixed.text) == NONCE.sub("", after.text)


@pytest.mark.parametrize("path", ["/v1/segments", "/v1/filters/count"])
def test_an_answer_that_runs_overtake_at_each_step_is_of_one_of_them(
    store_url: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run number n says that the first segment has n customers; two runs keep their customers."""
    numbers, ask = itertools.count(2), Results.ask

    async def publish_before(results: Results, read: Callable[..., Any], **how: Any) -> Any:
        number = next(numbers)
        publish_shop(store_url, number, keep_runs=2, smallest=number)
        return await ask(results, read, **how)

    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as client:
        assert client.get(path).status_code == 200
        monkeypatch.setattr(Results, "ask", publish_before)
        answer = client.get(path)
        monkeypatch.undo()
    assert answer.status_code == 200, answer.text
    assert next(numbers) > 5, "no run overtook the second attempt"
    if path == "/v1/segments":
        content = answer.json()
        assert content["segments"][0]["customers"] == int(content["run_id"][-6:])


async def _answer_overtaken(url: str, change: Callable[[], object]) -> list[Any]:
    """Let a run overtake an answer, and change something while it is read again.

    Returns who waited to be erased, was suppressed, and what was published, by attempt.
    """
    results, attempts = Results(url), list[Any]()
    request = Mock()
    request.app.state.results = results

    async def answer(request: object) -> Any:
        _, waiting = await results.ask(lambda reader: reader.erasures())
        suppressed = await results.ask(lambda reader: reader.read_suppressed(), long=True)
        (publish_shop, change, int)[len(attempts)](*((url, 2), (), ())[len(attempts)])
        attempts.append((waiting, suppressed, (await results.read_run()).run_id[-1]))

    await answer_from_one_run(answer)(request=request)
    await results.close()
    return attempts


def test_an_answer_overtaken_by_an_erasure_is_read_again(store_url: str) -> None:
    def change() -> None:
        request_erasure(store_url, [IDS[5]], "tests", NOW)
        publish_shop(store_url, 3)

    attempts = asyncio.run(_answer_overtaken(store_url, change))
    nobody: frozenset[str] = frozenset()
    assert attempts == [(nobody, set(), "2"), (nobody, set(), "2"), ({IDS[5]}, set(), "3")]


def test_an_answer_overtaken_by_who_wants_to_be_on_no_list_is_read_again(store_url: str) -> None:
    attempts = asyncio.run(
        _answer_overtaken(store_url, lambda: write_contact(store_url, IDS[4], {"suppressed": True}))
    )
    assert [suppressed for _, suppressed, _ in attempts] == [set(), set(), {IDS[4]}]


def test_those_overtaken_together_share_a_state_and_its_file_until_the_last_is_done(
    store_url: str,
) -> None:
    async def ask() -> None:
        results = Results(store_url)
        filters, began = Filters(results), time.monotonic()
        async with results.pin(began) as pinned:
            with patch.object(filters._files, "_open", wraps=filters._files._open) as opening:
                assert (await filters.count(request, None)).run.run_id == record(1).run_id
                publish_shop(store_url, 2)
                assert (await filters.count(request, None)).run.run_id == record(1).run_id
                assert opening.call_count == 1
            file = next(iter(filters._files._files.values()))
            assert not file.closed
        assert file.closed
        async with results.pin(began) as newer:
            assert newer is not pinned
            async with results.pin(began) as shared:
                assert shared is newer
            async with results.pin(time.monotonic()) as later:
                assert later is not newer
            assert (await results.read_run()).run_id == record(2).run_id
        await filters.close()
        await results.close()

    request = Mock()
    request.scope = {"client": ("127.0.0.1", 5)}
    asyncio.run(ask())
