"""Write the reference pages under ``docs/reference``; with ``--check`` only say which are stale."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from clientela.cli import app
from clientela.config import Serving
from clientela.contract.features import FEATURES
from clientela.mapping.presets import layouts
from clientela.report import reference_pages as pages
from clientela.serving.app import ROUTES
from clientela.serving.openapi import build_document
from clientela.tables.rules import RULES

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
WIDTH = 88


def main(arguments: list[str]) -> int:
    """Write or check the pages, and give the exit code."""
    wanted = generated()
    stale = [name for name, text in wanted.items() if _current(name) != text]
    if "--check" in arguments:
        print(f"stale, run `make docs`: {', '.join(stale)}" if stale else "docs are fresh")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(wanted[name], "utf-8")
    print(f"written: {', '.join(stale)}" if stale else "docs are fresh")
    return 0


def generated() -> dict[str, str]:
    """Give each page's file name and text."""
    return {
        "cleaning-rules.md": pages.describe_cleaning_rules(RULES),
        "features.md": pages.describe_features(FEATURES),
        "layouts.md": pages.describe_layouts(layouts()),
        "configuration.md": pages.describe_configuration(),
        "cli.md": pages.describe_commands(
            list(_helps(typer.main.get_command(app), "clientela", None))
        ),
        "api.md": pages.describe_api(build_document(Serving(), ROUTES)),
    }


def _helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    """Walk the commands in the order of the help, each with its help text."""
    context = command.context_class(
        command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    )
    yield context.command_path, command.get_help(context)
    for below in getattr(command, "commands", {}).items():
        yield from _helps(below[1], below[0], context)


def _current(name: str) -> str:
    path = FOLDER / name
    return path.read_text("utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
