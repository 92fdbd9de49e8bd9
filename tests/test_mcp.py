"""An assistant asks over the API, reads what its key may see, and changes nothing."""

import json
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import anyio
import pytest

from clientela.client import Client
from clientela.contract.access import Role
from clientela.store import keys
from tests.serving.live import Live, live
from tests.serving.shop import IDS, NOW, publish_shop, segment_of

pytestmark = pytest.mark.skipif(find_spec("mcp") is None, reason="needs the extra 'mcp'")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Live, str]]:
    url = f"sqlite:///{tmp_path_factory.mktemp('mcp')}/results.db"
    publish_shop(url)
    keys.create(url, "first", ["admin"], NOW)
    with live(url) as running:
        yield running, url


async def _ask(api: Client, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    import mcp  # takes a second, here and not in each worker

    from clientela.mcp import build_server

    async with mcp.Client(build_server(api, "pt_BR")) as session:
        listed = (await session.list_tools()).tools
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed)
        return [await session.call_tool(name, values) for name, values in calls]


def _read(result: Any) -> Any:
    assert not result.is_error, result.content[0].text
    return json.loads(result.content[0].text)


def _connect(server: tuple[Live, str], *roles: Role) -> Client:
    running, url = server
    return Client(f"http://127.0.0.1:{running.port}", keys.create(url, "mcp", roles, NOW))


def test_an_assistant_reads_what_the_key_may(server: tuple[Live, str]) -> None:
    api = _connect(server, "analyst")
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list_segments", {}),
        ("get_customer", {"customer_id": IDS[0]}),
        ("list_figures", {}),
        ("list_questions", {}),
        ("count_customers", {"filter": "segment = 2"}),
        ("count_lists", {}),
        ("list_filter_columns", {}),
    ]
    answers = [_read(result) for result in anyio.run(_ask, api, *calls)]
    segments, customer, figures, questions, count, lists, columns = answers
    assert segments["segments"][0]["name"] == "Segmento nº 1"
    assert customer["customer_id"] == IDS[0]
    assert figures["figures"][0]["meaning"] == "Receita esperada."
    assert count["customers"] == len([each for each in IDS if segment_of(each) == 2])
    assert lists["programme"]["members"] > 0
    assert lists["audiences"] == {}
    assert columns["columns"]
    key = questions["answers"][0]["key"]
    (answer,) = anyio.run(_ask, api, ("get_answer", {"key": key}))
    assert _read(answer)["question"] == questions["answers"][0]["question"]


def test_what_the_key_may_not_see_is_refused_in_words(server: tuple[Live, str]) -> None:
    api = _connect(server, "viewer")
    refused, lists = anyio.run(
        _ask, api, ("get_customer", {"customer_id": IDS[0]}), ("count_lists", {})
    )
    assert refused.is_error
    assert "person" in refused.content[0].text
    assert "refused" in _read(lists)["audiences"]
