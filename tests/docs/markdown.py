"""What the tests of the documentation read out of Markdown files."""

import re
from pathlib import Path

from tests.conftest import ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
READMES = (ROOT / "README.md", ROOT / "README.pt-BR.md")


def pages() -> list[Path]:
    """List every Markdown page of the repository."""
    return [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path: Path, language: str) -> list[str]:
    """Give the fenced blocks of a language, in their order."""
    return [body for tag, body in FENCE.findall(path.read_text("utf-8")) if tag == language]


def commands(path: Path) -> list[str]:
    """Give the lines a reader would type: of ``bash`` blocks, and after ``$`` in ``console``.

    A line that ends in a backslash goes on in the next.
    """
    typed = [line for block in blocks(path, "bash") for line in _join(block)]
    shown = [line for block in blocks(path, "console") for line in _join(block)]
    return typed + [line.removeprefix("$ ") for line in shown if line.startswith("$ ")]


def _join(block: str) -> list[str]:
    return re.sub(r"\\\n\s*", "", block).splitlines()


def headings(path: Path) -> list[int]:
    """Give the levels of the headings, code left out."""
    prose = FENCE.sub("", path.read_text("utf-8"))
    return [len(marks) for marks in re.findall(r"^(#+) ", prose, re.MULTILINE)]


def anchors(path: Path) -> set[str]:
    """Give what a link may name after ``#``: the headings in small letters, joined by hyphens."""
    prose = FENCE.sub("", path.read_text("utf-8"))
    names: set[str] = set()
    for title in re.findall(r"^#+ (.+)$", prose, re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        repeats = sum(1 for other in names if re.fullmatch(rf"{re.escape(name)}(-\d+)?", other))
        names.add(f"{name}-{repeats}" if repeats else name)
    return names
