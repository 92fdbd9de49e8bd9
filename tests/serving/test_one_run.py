"""An answer is of one run, whatever is published while it is read."""

import asyncio
import itertools
import re
from collections.abc import Callable
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.serving.results import Results, answer_from_one_run
from tests.serving.conftest import LOCAL
from tests.serving.shop import publish_shop

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


def test_an_answer_that_several_runs_overtake_is_read_until_none_does() -> None:
    pointers, answers = iter("abbccddeee"), itertools.count(1)
    request = Mock()
    request.app.state.results.ask = AsyncMock(side_effect=lambda _: next(pointers))

    async def answer(request: object) -> int:
        return next(answers)

    async def ask() -> Any:
        return await answer_from_one_run(answer)(request=request)

    assert asyncio.run(ask()) == 5
