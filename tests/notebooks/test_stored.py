"""Notebooks are stored as they ran: with what they show, in order, small, by the Python API."""

from pathlib import Path

import pytest

from tests.docs.test_tracked_files import MACHINE_PATHS
from tests.notebooks.stored import notebooks, outputs, read

LARGEST_BYTES = 200_000
MOST_LINES = 120


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_every_cell_is_stored_as_it_ran(path: Path) -> None:
    """``scripts/notebooks.py`` runs and stores them."""
    notebook = read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert outputs(notebook)
    assert [shown for shown in outputs(notebook) if shown.output_type == "error"] == []
    assert [shown.text for shown in outputs(notebook) if shown.get("name") == "stderr"] == []


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_what_is_stored_is_small_and_no_machines(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text) < LARGEST_BYTES
    assert MACHINE_PATHS.search(text) is None
    assert sum(len(cell.source.splitlines()) for cell in read(path).cells) <= MOST_LINES


@pytest.mark.parametrize("name", ["exploration", "segmentation"])
def test_walks_use_the_python_api(name: str) -> None:
    [path] = [path for path in notebooks() if path.stem == name]
    code = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")
    assert "import clientela as cl" in code
    inside = [line for line in code.splitlines() if line.startswith("from clientela.")]
    assert len(inside) <= 1
