"""Every command that the README and the guides show does what it says, typed as it stands.

They are typed where the demo was made, by the READMEs' own paths. What is not typed here is typed
elsewhere, or cannot be; a new command must be one or the other.
"""

import shlex
import shutil
from pathlib import Path

import pytest

from clientela.cli import main
from tests.conftest import ROOT
from tests.docs.markdown import READMES, commands
from tests.shop import FirstRun

PAGES = (*READMES, *sorted((ROOT / "docs" / "guide").glob("*.md")))
ELSEWHERE = {
    "make ": "the targets are checked by name; `make test` runs this",
    "pip install": "the wheel is installed by test_try_wheel",
    "python scripts/contradictions.py": "tests/scripts run it on a small shop",
    "head ": "another program; it shows the lists that the lines before it wrote",
    "curl ": "the operations are asked by tests/serving and the guide to the API",
    "  ": "goes on from the line above",
    "export ": "sets a variable",
    "jq ": "another program; what it reads is tested with the nightly run",
    "clientela serve": "runs until it is stopped; tests/serving starts it",
    "clientela init": "the quick start, and tests/mapping",
    "clientela monitor": "tests/monitoring",
    "clientela backup": "tests/pipeline/test_backup",
    "clientela restore": "tests/pipeline/test_backup",
    "clientela backfill": "tests/pipeline/test_backfill; whole runs in tests/torture",
    "clientela report --workspace past": "needs a backfill",
    "clientela retrain": "tests/pipeline/test_retraining",
    "python -m scripts.rehearse": "takes most of an hour; its page is what it wrote",
    "spark-submit": "tests/torture/spark.py",
    "clientela run": "the quick start; databases and Spark have tests of their own",
    "clientela backtest": "tests/pipeline and tests/value; takes a minute",
    "clientela simulate": "tests/simulate",
    "clientela experiment": "tests/experiments, with their waiting time",
    "clientela audit": "needs a log of a server; tests/serving/test_audit",
    "clientela breach": "needs a log of a server; tests/serving/test_audit",
    "clientela keys revoke": "names a key of the page's own; tests/cli",
    "clientela models promote": "names a model of the page's own; tests/cli",
    "clientela models rollback": "needs two models; tests/cli",
    "clientela export insiders --out s3:": "tests/files, on a real server",
    "clientela report --out s3:": "tests/files, on a real server",
    "clientela export at-risk --contacts": "needs contacts; tests/contacting",
    "clientela export insiders --hashed-for": "needs contacts; tests/contacting",
    "clientela export insiders --import-into": "needs contacts; tests/serving/test_contacts.py",
    "clientela keys create crm": "needs contacts; tests/contacting",
}


def strip_folder(line: str) -> str:
    return line.removeprefix(".venv/bin/")


SHOWN = list(dict.fromkeys(strip_folder(line) for page in PAGES for line in commands(page)))
TYPED = [line for line in SHOWN if not line.startswith(tuple(ELSEWHERE))]


@pytest.fixture(scope="module")
def demo(first_run: FirstRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a small demo was made, where the READMEs and where the guides look."""
    folder = tmp_path_factory.mktemp("demo")
    first_run.copy(folder / "clientela-data")
    shutil.copytree(first_run.source.parent, folder / "simulated")
    (folder / "demo").symlink_to("clientela-data")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("line", TYPED)
def test_every_command_shown_runs(
    line: str, demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, for starting another takes longer than most commands."""
    monkeypatch.chdir(demo)
    words = shlex.split(line, comments=True)
    assert main(words[1:]) == 0, capsys.readouterr().err
    for name in (words[at + 1] for at, word in enumerate(words) if word in {"--out", "-o"}):
        assert (demo / name).stat().st_size


def test_there_are_commands_to_type() -> None:
    assert len(TYPED) > 12
    assert {line.split()[0] for line in TYPED} == {"clientela"}


def test_no_reason_is_left_over() -> None:
    unused = [start for start in ELSEWHERE if not any(line.startswith(start) for line in SHOWN)]
    assert unused == []
