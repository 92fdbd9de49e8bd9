"""The reference pages are fresh, and leave nothing out."""

import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import typer

from clientela.cli import app
from clientela.config import Settings
from clientela.contract.features import FEATURES
from clientela.mapping.presets import layouts
from clientela.tables.rules import RULES
from scripts import docs
from tests.serving.document import read_document


def text(name: str) -> str:
    return (docs.FOLDER / name).read_text("utf-8")


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return docs.generated()


@pytest.mark.slow
def test_pages_are_not_stale(generated: dict[str, str]) -> None:
    stale = [name for name, page in generated.items() if text(name) != page]
    assert not stale, "run `make docs`"


@pytest.mark.slow
def test_no_page_is_left_over(generated: dict[str, str]) -> None:
    others = {"exports.md"}  # made by scripts/exports.py, which reads every export for it
    assert {path.name for path in docs.FOLDER.iterdir()} == set(generated) | others


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_every_rule_is_documented(rule: str) -> None:
    assert f"| `{rule}` |" in text("cleaning-rules.md")


@pytest.mark.parametrize("feature", [feature.name for feature in FEATURES])
def test_every_feature_is_documented(feature: str) -> None:
    assert f"| `{feature}` |" in text("features.md")


@pytest.mark.parametrize("layout", [layout.title for layout in layouts()])
def test_every_layout_is_documented(layout: str) -> None:
    assert f"## {layout}\n" in text("layouts.md")


def keys() -> Iterator[tuple[str, str]]:
    for section in msgspec.structs.fields(Settings):
        item = typing.get_args(section.type)  # of those that may be there several times
        title = f"[[{section.name}]]" if item else f"[{section.name}]"
        for field in msgspec.structs.fields(item[0] if item else section.type):
            yield title, field.name


@pytest.mark.parametrize(("section", "key"), list(keys()))
def test_every_setting_is_documented(section: str, key: str) -> None:
    chapter = text("configuration.md").split(f"## {section}\n")[1].split("\n## ")[0]
    assert f"| `{key}` |" in chapter


def leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", {})
    if not below:
        yield path, command
    for name, each in below.items():
        yield from leaves(each, f"{path} {name}")


@pytest.mark.parametrize(
    ("path", "command"), list(leaves(typer.main.get_command(app), "clientela"))
)
def test_every_command_and_option_is_documented(path: str, command: Any) -> None:
    chapter = text("cli.md").split(f"## {path}\n")[1].split("\n## ")[0]
    for option in (name for each in command.params for name in each.opts if name[0] == "-"):
        assert option in chapter


def test_every_operation_is_documented() -> None:
    paths = read_document()["paths"]
    assert len(paths) > 5
    for path, methods in paths.items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in text("api.md")
