"""Notebooks as they are stored, and what their cells show."""

from pathlib import Path
from typing import Any

import nbformat

from tests.conftest import ROOT

FOLDER = ROOT / "notebooks"
FORMAT: Any = nbformat  # it has no types


def notebooks() -> list[Path]:
    """List the stored notebooks."""
    return sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> Any:
    """Read a notebook."""
    return FORMAT.read(path, as_version=4)


def outputs(notebook: Any) -> list[Any]:
    """List what the cells show, in their order."""
    return [shown for cell in notebook.cells for shown in cell.get("outputs", [])]


def printed(notebook: Any) -> str:
    """Join what the cells print."""
    return "".join(shown.get("text", "") for shown in outputs(notebook))
