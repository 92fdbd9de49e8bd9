"""Write the reference pages under ``docs/reference``; with ``--check`` only say which are stale."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from clientela.cli import app
from clientela.config import Serving, Settings
from clientela.contract.features import FEATURES
from clientela.i18n import Lang
from clientela.mapping.presets import layouts
from clientela.privacy.register import write_register
from clientela.serving.app import ROUTES
from clientela.serving.openapi import build_document
from clientela.tables.rules import RULES

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a file, it does not know its neighbours

from scripts import reference_pages as pages  # noqa: E402
from scripts.constants import list_constants  # noqa: E402

FOLDER = ROOT / "docs" / "reference"
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
        "constants.md": describe_constants(),
        "processing.md": describe_processing("en"),
        "tratamento.md": describe_processing("pt_BR"),
        "configuration.md": pages.describe_configuration(),
        "cli.md": pages.describe_commands(
            list(_helps(typer.main.get_command(app), "clientela", None))
        ),
        "roles.md": pages.describe_roles(build_document(Serving(), ROUTES)),
        "api.md": pages.describe_api(build_document(Serving(), ROUTES)),
    }


def describe_processing(lang: Lang) -> str:
    """Write the record of processing under the default settings."""
    return f"{pages.GENERATED}\n\n{write_register(Settings(), lang)}"


def describe_constants() -> str:
    """Describe every number that somebody chose: its value, and why it has it."""
    constants = list_constants()
    parts = []
    for module in dict.fromkeys(constant.module for constant in constants):
        rows = (
            [f"`{found.name}`", f"`{_shorten(found.value)}`", found.evidence.replace("``", "`")]
            for found in constants
            if found.module == module
        )
        parts += [f"## {module}", pages.build_markdown_table(["constant", "value", "why"], rows)]
    intro = (
        f"The {len(constants)} numbers that are neither data nor a [setting](configuration.md), "
        "each in the words that stand beside it in the code. *By convention* marks a choice "
        "without a measurement behind it; a test finds a number that says nothing of itself."
    )
    return pages.build_page("Chosen constants", intro, parts)


def _shorten(value: str) -> str:
    return value if len(value) <= WIDTH else f"{value[: WIDTH - 1]}…"


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
