"""The notebook and the example run, as they stand, against a live server."""

import csv
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from nbclient import NotebookClient

from clientela.store import keys
from tests.notebooks.stored import FOLDER, printed, read
from tests.serving.document import read_document
from tests.serving.live import Live, live
from tests.serving.shop import CUSTOMERS, IDS, NOW, publish_shop, segment_of

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "try_api.py"
OF_SEGMENT_1 = sum(segment_of(each) == 1 for each in IDS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Live, str]]:
    """A server of a shop, and a key that opens it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('shop')}/results.db"
    publish_shop(url)
    secret = keys.create(url, "tests", ["read", "export"], NOW)
    with live(url) as running:
        yield running, secret


@pytest.mark.slow
def test_the_notebook_runs(
    server: tuple[Live, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, secret = server
    monkeypatch.setenv("CLIENTELA_API", f"http://127.0.0.1:{running.port}")
    monkeypatch.setenv("CLIENTELA_API_KEY", secret)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = read(FOLDER / "api.ipynb")
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert "As of 2011-12-09: 60 customers, net 1,234.50" in printed(notebook)
    assert f"{OF_SEGMENT_1} customers in 'Segment 1'" in printed(notebook)
    with (tmp_path / "campaign.csv").open() as file:
        assert [row["orders"] for row in csv.DictReader(file)] == ["7"] * OF_SEGMENT_1


def test_the_example_calls_every_operation(
    server: tuple[Live, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    running, secret = server
    example = runpy.run_path(str(EXAMPLE))
    call, asked = example["call"], set()

    def record(url: str, **options: Any) -> Any:
        method = options.get("method") or ("POST" if "body" in options else "GET")
        asked.add((method, urlsplit(url).path))
        return call(url, **options)

    held = example["main"].__globals__  # where the example's functions look for one another
    monkeypatch.setitem(held, "call", record)
    monkeypatch.setitem(call.__globals__, "KEY", secret)
    example["main"](f"http://127.0.0.1:{running.port}")
    said = capsys.readouterr().out
    assert f"{CUSTOMERS} customers" in said
    assert f"pages hold {OF_SEGMENT_1} customers of segment 1, the CSV {OF_SEGMENT_1}" in said
    assert "look-up no such customer: unknown" in said
    assert "urn:clientela:problem:not-found" in said
    paths = read_document()["paths"]
    for path, operations in paths.items():
        pattern = re.compile(re.sub(r"{\w+}", "[^/]+", path))
        for method in operations:
            called = any(m == method.upper() and pattern.fullmatch(p) for m, p in asked)
            assert called, f"{method} {path}"
