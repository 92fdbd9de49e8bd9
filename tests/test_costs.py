"""What a test reaches is read from its code, so that nobody marks by hand what costs much."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.costs import COSTLY, MAIN, find_costs, reach
from tests.reading import read_in
from tests.shop import clientela


def run_in_workspace(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clientela(capsys, "run", "--workspace", folder)


def ask_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    clientela(capsys, "run" if capsys is None else "keys", "--help")


def list_keys(capsys: pytest.CaptureFixture[str]) -> None:
    clientela(capsys, "keys", "list")


def import_and_run(folder: Path) -> None:
    from tests.shop import FirstRun

    FirstRun(folder).make()


def read_through_another(folder: Path) -> None:
    def read_all() -> None:
        _read(folder)

    read_all()


def _read(folder: Path) -> None:
    read_in(folder)


def start_a_process() -> None:
    subprocess.run([sys.executable, "-V"], check=True)


def test_costs_are_found_however_they_are_reached() -> None:
    assert reach(run_in_workspace) == {"run"}
    assert reach(ask_for_help) == {"run"}  # what may be a run counts as one
    assert not reach(list_keys)
    assert reach(import_and_run) == {"clientela.pipeline.run.run"}
    assert reach(read_through_another) == {"clientela.pipeline.reading.read_sources"}
    assert reach(start_a_process) == {"subprocess"}


@pytest.mark.parametrize("name", sorted((COSTLY | MAIN) - {"subprocess"}))
def test_what_costs_is_there(name: str) -> None:
    module, _, function = name.rpartition(".")
    assert callable(getattr(importlib.import_module(module), function))


def test_what_asks_for_a_run_is_marked(request: pytest.FixtureRequest) -> None:
    marked = {item for item in request.session.items if item.get_closest_marker("costly")}
    assert request.node not in marked
    assert not find_costs(request.node)
    assert marked >= {
        item for item in request.session.items if "first_run" in getattr(item, "fixturenames", ())
    }
