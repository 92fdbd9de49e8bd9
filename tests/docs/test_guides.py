"""The guides and the README work as they are written, from the first command to the last."""

import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from clientela.cli import main
from tests.conftest import ROOT
from tests.docs.markdown import READMES, blocks
from tests.shop import QUICK

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


@dataclass(frozen=True)
class Typed:
    """The folder in which every command of the quick start was typed, and what they printed."""

    folder: Path
    printed: str

    @property
    def results(self) -> sqlite3.Connection:
        """Open the results database."""
        return sqlite3.connect(self.folder / "clientela-data" / "results.db")


def type_command(command: str, folder: Path) -> str:
    """Type a command in this process, for starting another takes longer than most commands."""
    out, before = io.StringIO(), Path.cwd()
    os.chdir(folder)
    try:
        with redirect_stdout(out), redirect_stderr(io.StringIO()) as err:
            assert main(shlex.split(command)[1:]) == 0, f"{command}\n{err.getvalue()}"
    finally:
        os.chdir(before)
    return out.getvalue()


@pytest.fixture(scope="module")
def quick_start(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """Type every command by itself, with models as quick as can be."""
    folder, printed = tmp_path_factory.mktemp("quick-start"), []
    settings, quick = folder / "clientela.toml", QUICK.read_text("utf-8")
    settings.write_text(quick, "utf-8")
    for block in blocks(GUIDES / "quick-start.md", "bash"):
        for command in block.splitlines():
            starts = command.startswith("clientela init")
            if starts:
                settings.unlink()
            printed.append(type_command(command, folder))
            if starts:
                written, answered, season = settings.read_text("utf-8").partition("\n[value]\n")
                assert answered
                merged = quick.replace("\n[value]\n", answered + season)
                settings.write_text(written + "\n" + merged, "utf-8")
    return Typed(folder, "\n".join(printed))


def test_quick_start_leaves_what_it_says(quick_start: Typed) -> None:
    files = (
        "quarantine.csv",
        "unmatched.csv",
        "dictionary.html",
        "dicionario.html",
        "clientela.toml",
    )
    assert [name for name in files if not (quick_start.folder / name).stat().st_size] == []
    assert len((quick_start.folder / "quarantine.csv").read_text("utf-8").splitlines()) > 10


QUERIES = blocks(GUIDES / "bi-tool.md", "sql")


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_questions_of_the_bi_guide_have_answers(query: str, quick_start: Typed) -> None:
    with quick_start.results as results:
        rows = results.execute(query).fetchall()
    assert rows or "current_segment_migrations" in query


def test_views_of_the_bi_guide_are_the_views(quick_start: Typed) -> None:
    told = set(re.findall(r"^\| `(current_\w+)`", (GUIDES / "bi-tool.md").read_text("utf-8"), re.M))
    with quick_start.results as results:
        found = {
            name
            for (name,) in results.execute("SELECT name FROM sqlite_master WHERE type = 'view'")
        }
    assert len(told) > 5
    assert told <= found


@pytest.fixture
def home(tmp_path: Path, quick_start: Typed) -> Path:
    """A folder for nightly runs, with one file that came in."""
    (tmp_path / "inbox").mkdir()
    shutil.copy(QUICK, tmp_path / "clientela.toml")
    source = (quick_start.folder / "simulated" / "transactions.csv").read_text("utf-8").splitlines()
    (tmp_path / "inbox" / "monday.csv").write_text("\n".join(source[:3000]) + "\n", "utf-8")
    return tmp_path


def night(home: Path) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "examples" / "nightly.sh")
    return shell(script, home, CLIENTELA_HOME=str(home), CLIENTELA_RETRY_SECONDS="0")


def test_a_nightly_run_takes_files_sets_wrong_ones_aside_and_may_be_repeated(home: Path) -> None:
    (home / "inbox" / "broken.csv").write_text('a,b\n1,"2\n', "utf-8")
    assert night(home).returncode == 2
    problem = json.loads((home / "logs" / "last-run.json").read_text("utf-8"))
    assert {"type", "title", "detail"} <= set(problem)
    refused = sorted(path.name for path in (home / "inbox" / "refused").iterdir())
    assert refused == ["broken.csv", "broken.csv.problem.json"]
    [done] = (home / "inbox" / "done").glob("*-monday.csv")
    assert sorted(path.name for path in (home / "inbox").iterdir()) == ["done", "refused"]
    done.rename(home / "inbox" / "again.csv")
    assert night(home).returncode == 0
    again = json.loads((home / "logs" / "last-run.json").read_text("utf-8"))
    with sqlite3.connect(home / "clientela-data" / "results.db") as results:
        runs = results.execute("SELECT run_id, net_amount FROM runs ORDER BY run_id").fetchall()
    assert [run for run, _ in runs][1:] == [again["run_id"]]
    assert {float(net) for _, net in runs} == {float(again["net_amount"])}


@pytest.mark.parametrize("readme", READMES, ids=["en", "pt_BR"])
def test_readmes_show_what_the_demo_prints(readme: Path, quick_start: Typed) -> None:
    """``make demo`` and the quick start simulate the same shop."""
    lines = [" ".join(line.split()) for line in blocks(readme, "text")[0].splitlines()]
    shown = [line for line in lines if line not in {"", "…"}]
    printed = {" ".join(line.split()) for line in quick_start.printed.splitlines()}
    assert len(shown) > 8
    assert [line for line in shown if line not in printed] == []
