"""The walks through exploration and segmentation run, as they stand, on a simulated shop."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
PICTURES = {"exploration": 4, "segmentation": 4}
SAID = {
    "exploration": (
        "One of the features that divide the customers.",
        "Left out: it would count twice",
        "more than 2.5 interquartile ranges from the quartiles",
    ),
    "segmentation": (
        "Chosen: ",
        "Refitted on resampled customers it agrees with itself only to",
        "The rules put ",
        "Adjusted Rand index: 0.",
    ),
}


def read(name: str) -> Any:
    formats: Any = nbformat  # it has no types
    return formats.read(FOLDER / f"{name}.ipynb", as_version=4)


def outputs(notebook: Any) -> list[Any]:
    return [each for cell in notebook.cells for each in cell.get("outputs", [])]


@pytest.mark.parametrize("name", PICTURES)
def test_the_walk_is_stored_without_outputs(name: str) -> None:
    notebook = read(name)
    assert outputs(notebook) == []
    assert all(cell.get("execution_count") is None for cell in notebook.cells)


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_the_walk_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLIENTELA_FILE", raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = read(name)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    found = outputs(notebook)
    assert sum("image/png" in each.get("data", {}) for each in found) == PICTURES[name]
    assert not [each.text for each in found if each.get("name") == "stderr"]
    printed = "".join(each.get("text", "") for each in found)
    for text in SAID[name]:
        assert text in printed
