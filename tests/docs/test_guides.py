"""The guides and the README work as they are written, from the first command to the last."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.markdown import READMES, blocks

pytestmark = pytest.mark.slow
GUIDES = ROOT / "docs" / "guide"
BIN = Path(sys.executable).parent


def shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"} | variables
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 - the reader's own bash
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def quick_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which every command of the quick start was typed."""
    folder = tmp_path_factory.mktemp("quick-start")
    for block in blocks(GUIDES / "quick-start.md", "bash"):
        done = shell(block, folder)
        assert done.returncode == 0, f"{block}\n{done.stderr}"
    return folder


def test_quick_start_leaves_what_it_says(quick_start: Path) -> None:
    files = (
        "quarantine.csv",
        "unmatched.csv",
        "dictionary.html",
        "dicionario.html",
        "clientela.toml",
    )
    assert [name for name in files if not (quick_start / name).stat().st_size] == []
    assert len((quick_start / "quarantine.csv").read_text("utf-8").splitlines()) > 10


QUERIES = blocks(GUIDES / "bi-tool.md", "sql")


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_questions_of_the_bi_guide_have_answers(query: str, quick_start: Path) -> None:
    with sqlite3.connect(quick_start / "clientela-data" / "results.db") as results:
        rows = results.execute(query).fetchall()
    assert rows or "current_segment_migrations" in query


def test_views_of_the_bi_guide_are_the_views(quick_start: Path) -> None:
    told = set(re.findall(r"^\| `(current_\w+)`", (GUIDES / "bi-tool.md").read_text("utf-8"), re.M))
    with sqlite3.connect(quick_start / "clientela-data" / "results.db") as results:
        found = {
            name
            for (name,) in results.execute("SELECT name FROM sqlite_master WHERE type = 'view'")
        }
    assert len(told) > 5
    assert told <= found


@pytest.fixture
def home(tmp_path: Path, quick_start: Path) -> Path:
    """A folder for nightly runs, with one file that came in."""
    (tmp_path / "inbox").mkdir()
    source = (quick_start / "simulated" / "transactions.csv").read_text("utf-8").splitlines()
    (tmp_path / "inbox" / "monday.csv").write_text("\n".join(source[:3000]) + "\n", "utf-8")
    return tmp_path


def night(home: Path) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "examples" / "nightly.sh")
    return shell(script, home, CLIENTELA_HOME=str(home), CLIENTELA_RETRY_SECONDS="0")


def test_a_nightly_run_takes_new_files_and_may_be_repeated(home: Path) -> None:
    assert night(home).returncode == 0
    first = json.loads((home / "logs" / "last-run.json").read_text("utf-8"))
    assert [path.name for path in (home / "done").iterdir()] == ["monday.csv"]
    assert list((home / "inbox").iterdir()) == []
    (home / "done" / "monday.csv").rename(home / "inbox" / "again.csv")
    assert night(home).returncode == 0
    second = json.loads((home / "logs" / "last-run.json").read_text("utf-8"))
    assert second["run_id"] > first["run_id"]
    assert second["net_amount"] == first["net_amount"]


def test_a_nightly_run_keeps_a_wrong_file_and_says_why(home: Path) -> None:
    (home / "inbox" / "broken.csv").write_text('a,b\n1,"2\n', "utf-8")
    assert night(home).returncode == 2
    problem = json.loads((home / "logs" / "last-run.json").read_text("utf-8"))
    assert {"type", "title", "detail"} <= set(problem)
    assert len(list((home / "inbox").iterdir())) == 2


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What ``make demo`` prints, without its set-up."""
    folder = tmp_path_factory.mktemp("demo")
    script = (
        "clientela simulate retail --out simulated && "
        "clientela run simulated/transactions.csv --workspace . --replace --refit"
    )
    return shell(script, folder).stdout


@pytest.mark.parametrize("readme", READMES, ids=["en", "pt_BR"])
def test_readme_shows_what_the_demo_prints(readme: Path, demo: str) -> None:
    shown = [
        line for line in blocks(readme, "text")[0].splitlines() if line.strip() not in {"", "…"}
    ]
    printed = {" ".join(line.split()) for line in demo.splitlines()}
    assert len(shown) > 8
    assert [line for line in shown if " ".join(line.split()) not in printed] == []
