"""The Metabase dashboard: its requests are those documented, and every card's query runs."""

import importlib.util
import json
import sqlite3
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.postgres import new_database
from tests.serving.shop import publish_shop
from tests.shop import FirstRun

FOLDER = ROOT / "examples" / "metabase"
CARDS = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))["cards"]
LANGS = ("en", "pt_BR")
DISPLAYS = {"scalar", "line", "bar", "table"}
# What Metabase's API reference asks for, by method and path (metabase.com/docs/latest/api).
REQUIRED = {
    ("POST", "collection"): {"name"},
    ("POST", "card"): {"name", "dataset_query", "display", "visualization_settings"},
    ("POST", "dashboard"): {"name"},
    ("PUT", "dashboard"): {"dashcards"},
}


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("metabase_load", FOLDER / "load.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LOAD = loaded()


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, str, Any, str]]]]:
    calls: list[tuple[str, str, Any, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path = self.path.removeprefix("/api/")
            calls.append((self.command, path, body, self.headers.get("x-api-key") or ""))
            databases = {"data": [{"id": 7, "name": "Shop"}], "total": 1}
            content = json.dumps(databases if path == "database" else {"id": len(calls)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = answer

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}", calls
        http.shutdown()


def test_the_requests_are_those_of_the_reference(
    server: tuple[str, list[tuple[str, str, Any, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, calls = server
    monkeypatch.setenv("METABASE_API_KEY", "mb_test")
    LOAD.load(LOAD.Metabase(url), "Shop", "pt_BR", "clientela")
    assert {key for *_, key in calls} == {"mb_test"}
    cards: dict[int, Any] = {}
    for position, (method, path, body, _) in enumerate(calls, 1):
        if method == "GET":
            continue
        kind = path.partition("/")[0]
        assert set(body) >= REQUIRED[method, kind]
        if kind == "card":
            cards[position] = body
            assert body["dataset_query"]["database"] == 7
            assert body["dataset_query"]["type"] == "native"
            assert "FROM clientela.current_" in body["dataset_query"]["native"]["query"]
    method, _, body, _ = calls[-1]
    assert method == "PUT"
    assert [card["card_id"] for card in body["dashcards"]] == list(cards)
    assert len({card["id"] for card in body["dashcards"]}) == len(CARDS)
    with pytest.raises(SystemExit, match="no database 'Other'; it has Shop"):
        LOAD.load(LOAD.Metabase(url), "Other", "en", "")


def test_cards_lie_side_by_side_on_the_grid() -> None:
    taken: set[tuple[int, int]] = set()
    for card in CARDS:
        at = card["at"]
        cells = {
            (at["col"] + x, at["row"] + y) for x in range(at["size_x"]) for y in range(at["size_y"])
        }
        assert card["display"] in DISPLAYS
        assert max(column for column, _ in cells) < 24
        assert not cells & taken
        taken |= cells
        columns = card["visualization_settings"].get("graph.dimensions", [])
        assert all(column in card["query"] for column in columns)


@pytest.mark.parametrize("lang", LANGS)
def test_every_query_runs_on_sqlite(lang: str, first_run: FirstRun) -> None:
    with sqlite3.connect(first_run.workspace / "results.db") as database:
        for card in CARDS:
            rows = database.execute(LOAD.write_query(card["query"], lang, "")).fetchall()
            assert rows or card["key"] in ("at_risk", "contacts"), card["key"]


def test_every_query_runs_on_postgresql() -> None:
    psycopg = pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
    url = new_database()
    publish_shop(url)
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        for card in CARDS:
            for lang in LANGS:
                connection.execute(LOAD.write_query(card["query"], lang, "clientela"))
