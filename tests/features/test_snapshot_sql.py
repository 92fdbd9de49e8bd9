"""The kept SQL is the SQL of the expressions: on any day, and after any edit of its sources."""

import ast
import datetime as dt
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.engine import Engine
from clientela.features import snapshot_sql as module
from clientela.features.snapshot_sql import (
    PACKAGE,
    SOURCES,
    compile_snapshot,
    hash_sources,
    load_sql,
    snapshot_sql,
)

HARMLESS = {"clientela", "clientela.errors"}
"""Imported by the sources, and without a word in the SQL."""


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two empty folders of the cache."""
    places = [tmp_path / "byte_code", tmp_path / "user"]
    monkeypatch.setattr(module, "cache_folders", lambda: places)
    return places


@settings(max_examples=3, deadline=None)
@given(as_of=st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)))
def test_the_kept_sql_is_that_of_the_expressions(duckdb: Engine, as_of: dt.date) -> None:
    assert snapshot_sql(duckdb, as_of) == compile_snapshot(duckdb, as_of)


def test_an_edited_source_has_another_hash(tmp_path: Path) -> None:
    for pattern in SOURCES:
        for path in PACKAGE.glob(pattern):
            copy = tmp_path / path.relative_to(PACKAGE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    assert hash_sources(tmp_path) == hash_sources(PACKAGE)
    trend = tmp_path / "features" / "trend.py"
    trend.write_text(trend.read_text().replace("age < n", "age <= n"))
    assert hash_sources(tmp_path) != hash_sources(PACKAGE)


def test_other_versions_of_the_compilers_have_another_hash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = hash_sources(PACKAGE)
    monkeypatch.setattr(module, "version", lambda _: "0.0.1")
    assert hash_sources(PACKAGE) != before


def test_it_is_compiled_once(folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []

    def compile_once(engine: Engine, as_of: dt.date) -> str:
        compiled.append(as_of)
        return "SELECT 1"

    monkeypatch.setattr(module, "compile_snapshot", compile_once)
    assert [load_sql.__wrapped__() for _ in range(3)] == ["SELECT 1"] * 3
    assert len(compiled) == 1
    (kept,) = folders[0].iterdir()
    assert kept.name == f"snapshot.{hash_sources(PACKAGE)}.sql"


def test_what_cannot_be_written_goes_to_the_next_folder_or_nowhere(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "compile_snapshot", lambda engine, as_of: "SELECT 1")
    folders[0].write_text("a file, so no folder")
    assert load_sql.__wrapped__() == "SELECT 1"
    assert len(list(folders[1].iterdir())) == 1
    shutil.rmtree(folders[1])
    folders[1].write_text("a file, so no folder")
    assert load_sql.__wrapped__() == "SELECT 1"


def test_the_sources_are_all_that_the_snapshot_imports() -> None:
    """A module outside of ``SOURCES`` could change the SQL, and its hash would stay."""
    hashed = {path for pattern in SOURCES for path in PACKAGE.glob(pattern)}
    seen: set[Path] = set()
    waiting = [PACKAGE / "features" / "snapshot.py", PACKAGE / "features" / "lines.py"]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        names = {name for name in _imports(path) if name not in HARMLESS}
        waiting += [found for name in names if (found := _file_of(name)) not in seen]
    assert seen <= hashed


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {
        name
        for node in froms
        if node.module and node.module.startswith("clientela")
        for name in [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        if _file_of(name).exists()
    }


def _file_of(name: str) -> Path:
    below = PACKAGE.joinpath(*name.split(".")[1:])
    return below / "__init__.py" if below.is_dir() else below.with_suffix(".py")
