"""Every command the documentation shows exists, with the options shown."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from clientela.cli import app
from clientela.config import Settings, parse_settings
from tests.conftest import ROOT
from tests.docs.markdown import READMES, blocks, commands, headings, pages

SHOWN = [(path, line) for path in pages() for line in commands(path)]
CLIENTELA = [(path, line) for path, line in SHOWN if re.match(r"(\S*/)?clientela\s", line)]
MAKE = {line.split()[1] for _, line in SHOWN if line.startswith("make ")} | {
    target for path in pages() for target in re.findall(r"`make ([a-z-]+)", path.read_text("utf-8"))
}


def find(words: list[str]) -> tuple[Any, list[str]]:
    """Follow the words to a command, and give the words that are left."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize(("page", "line"), CLIENTELA, ids=[line for _, line in CLIENTELA])
def test_commands_are_understood(page: Path, line: str) -> None:
    words = shlex.split(line.split(" | ")[0], comments=True)[1:]
    command, left = find(words)
    assert not hasattr(command, "commands") or left == ["--help"], f"{page.name}: no such command"
    command.make_context("clientela", left, resilient_parsing="--help" in left)


def test_there_are_commands_to_check() -> None:
    assert len(CLIENTELA) > 15


@pytest.mark.parametrize("page", pages(), ids=lambda path: path.name)
def test_settings_shown_are_settings(page: Path) -> None:
    for block in blocks(page, "toml"):
        assert parse_settings(tomllib.loads(block), where=page.name) != Settings()


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test", "bench"} <= MAKE
    assert targets >= MAKE


def test_both_readmes_have_the_same_sections() -> None:
    english, portuguese = READMES
    assert headings(english) == headings(portuguese)
    assert len(headings(english)) > 4


@pytest.mark.parametrize("language", ["bash", "console", "toml"])
def test_both_readmes_show_the_same_commands(language: str) -> None:
    english, portuguese = (
        [strip_comments(block) for block in blocks(path, language)] for path in READMES
    )
    assert english == portuguese


def strip_comments(block: str) -> list[str]:
    return [re.sub(r"\s+#.*", "", line) for line in block.splitlines()]
