"""The import contracts hold, and each of them breaks when it is violated."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

LINTER = Path(sys.executable).with_name("lint-imports")
PLANTED = {
    "Data flows one way": {"errors.py": "from clientela import config\n"},
    "What is learnt is learnt from what applies it, never the other way": {
        "churn/score/planted.py": "from clientela.churn.fit import logistic\n"
    },
    "Value: groups above fit above score": {
        "value/fit/planted.py": "from clientela.value import groups\n"
    },
    "Segments: describe above fit above score": {
        "segments/fit/planted.py": "from clientela.segments import describe\n"
    },
    "No cycles inside a folder": {
        "tables/planted_a.py": "from clientela.tables import planted_b\n",
        "tables/planted_b.py": "from clientela.tables import planted_a\n",
    },
    "The API process needs no training code": {"serving/planted.py": "import sklearn\n"},
    "Contract is data": {"contract/planted.py": "import numpy\n"},
    "Only the engine knows the database": {"features/planted.py": "import duckdb\n"},
}
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(root / "src"), "COLUMNS": "100"}
    return subprocess.run(
        [LINTER, "--no-cache"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    skipped = shutil.ignore_patterns("__pycache__", "locales", "static")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=skipped)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    package = tmp_path / "src" / "clientela" / "locales"
    package.mkdir()
    (package / "__init__.py").write_text("", "utf-8")
    return tmp_path


def plant(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / "src" / "clientela" / name
        before = path.read_text("utf-8") if path.exists() else ""
        path.write_text(before + "\n" + text, "utf-8")


def test_every_contract_is_tried() -> None:
    assert {contract["name"] for contract in CONTRACTS["contracts"]} == set(PLANTED)


def test_no_contract_has_exceptions() -> None:
    assert not any("ignore_imports" in contract for contract in CONTRACTS["contracts"])


def test_contracts_hold(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout
    assert f"{len(PLANTED)} kept, 0 broken" in result.stdout


@pytest.mark.parametrize("name", PLANTED)
def test_contract_breaks_when_violated(name: str, copy: Path) -> None:
    plant(copy, PLANTED[name])
    result = lint(copy)
    assert result.returncode != 0
    assert f"{name} BROKEN" in result.stdout


def test_a_new_folder_must_be_placed(copy: Path) -> None:
    plant(copy, {"stray.py": "VALUE = 1\n"})
    result = lint(copy)
    assert result.returncode != 0
    assert "clientela.stray" in result.stdout
