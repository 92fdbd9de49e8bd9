"""Every benchmark can fail: it prints figures with limits, and one beyond its limit is code 1."""

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
TOOLS = {"grown", "peer_fit", "run", "served", "truth"}
"""Programs that others start; ``truth`` has limits of its whole grid and is run by itself."""


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Give the module, which keeps results in a folder of the test."""
    monkeypatch.syspath_prepend(str(FOLDER))
    module = importlib.import_module("figures")
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    return module


def list_programs() -> dict[str, ast.Module]:
    """Return the files with a ``main``, by name."""
    parsed = {path.stem: ast.parse(path.read_text("utf-8")) for path in FOLDER.glob("*.py")}
    return {
        name: tree
        for name, tree in parsed.items()
        if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)
    }


def test_every_benchmark_is_run_and_reports(figures: Any) -> None:
    run = importlib.import_module("run")
    programs = list_programs()
    listed = {name for name, *_ in (*run.QUICK, *run.LARGE)}
    assert listed == set(programs) - TOOLS
    for name in listed:
        calls = {
            node.func.id
            for node in ast.walk(programs[name])
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert "report" in calls, name
        bounds = [
            word.arg
            for node in ast.walk(programs[name])
            if isinstance(node, ast.Call)
            for word in node.keywords
        ]
        assert "limit" in bounds, f"{name} has no limit"


def test_a_figure_beyond_its_limit_fails(figures: Any, capsys: pytest.CaptureFixture[str]) -> None:
    Figure = figures.Figure
    assert figures.report("well", [Figure("CPU s", 1.0, limit=1.0), Figure("MB", 5.0)]) == 0
    assert figures.report("slow", [Figure("CPU s", 1.1, limit=1.0, goal=0.5)]) == 1
    assert figures.report("rate", [Figure("rate", 0.4, limit=0.5, least=True)]) == 1
    assert "1.10 (at most 1, aimed at 0.50)" in capsys.readouterr().out


def test_what_is_kept_is_read_again(figures: Any) -> None:
    import json

    told = [figures.Figure("CPU s", 2.0, "ours", "s", goal=3.0)]
    figures.report("kept", told)
    kept = json.loads((figures.RESULTS / "kept.json").read_text("utf-8"))
    assert figures.read_tables(kept) == [told]
    assert figures.read_tables(kept)[0][0].reached
    assert set(kept) == {"command", "build", "date", "cores", "load", "tables"}


def test_a_store_is_named_by_its_kind_alone(figures: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sys.argv", ["/somewhere/pages.py", "postgresql://me@there/shop?host=/x", "en"]
    )
    assert figures.describe_build()["command"] == "python benchmarks/pages.py postgresql en"


def test_the_page_of_performance_is_what_the_results_say() -> None:
    from scripts import performance

    page = performance.PAGE.read_text("utf-8")
    assert performance.render(page) == page, "run python scripts/performance.py"
    assert all(f"`python benchmarks/{name}.py" in page for name in ("cleaning", "spark", "serving"))
