"""The walks through exploration and segmentation run, as they stand, on a simulated shop."""

from pathlib import Path
from typing import Any

import pytest
from nbclient import NotebookClient

from tests.notebooks.stored import FOLDER, outputs, printed, read

SHOP = "RetailSettings(customers=1_000)"
PICTURES = {"exploration": 2, "segmentation": 3}
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


def shrink_shop(notebook: Any) -> None:
    """Simulate fewer customers: what is shown is stored, and here it matters that it runs."""
    first = notebook.cells[next(i for i, cell in enumerate(notebook.cells) if SHOP in cell.source)]
    first.source = first.source.replace(SHOP, SHOP.replace("1_000", "250"))


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_the_walk_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLIENTELA_FILE", raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = read(FOLDER / f"{name}.ipynb")
    shrink_shop(notebook)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = outputs(notebook)
    assert sum("image/png" in output.get("data", {}) for output in shown) == PICTURES[name]
    assert not [output.text for output in shown if output.get("name") == "stderr"]
    for text in SAID[name]:
        assert text in printed(notebook)
