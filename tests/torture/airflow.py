"""The nightly DAG, run by Airflow in an environment of its own.

Once, again, for a past logical date, and on a wrong file.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import venv
from contextlib import closing
from pathlib import Path

from tests.conftest import ROOT
from tests.shop import QUICK, small_shop
from tests.torture.score import Score

AIRFLOW = "apache-airflow==3.3.2"
PAST = "2011-10-31"
ENVIRONMENT = ROOT / "build" / "airflow"


def attack(score: Score, folder: Path) -> None:
    """Run the DAG four times in one workspace; its tables stand in SQLite."""
    if not (ENVIRONMENT / "bin" / "airflow").exists():
        venv.create(ENVIRONMENT, with_pip=True)
        _call([str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", AIRFLOW], folder)
    home = folder / "home"
    if not home.exists():
        (home / "inbox").mkdir(parents=True)
        shutil.copy(small_shop(folder / "shop").transactions, home / "inbox")
        (home / "clientela.toml").write_bytes(QUICK.read_bytes())
        _airflow(folder, "db", "migrate")
    score.run("DAG", lambda: _run_dag(folder, 0))
    score.run("DAG of an empty inbox", lambda: _run_dag(folder, 0))
    score.run("DAG of a past date", lambda: _run_past(folder))
    (home / "inbox" / "wrong.csv").write_text("name,note\nAna,no date\n", "utf-8")
    score.run("DAG of a wrong file", lambda: _run_dag(folder, 1))


def _run_past(folder: Path) -> None:
    _run_dag(folder, 0, PAST)
    with closing(sqlite3.connect(folder / "home" / "clientela-data" / "results.db")) as results:
        query = "select as_of from runs order by run_id desc limit 1"
        assert results.execute(query).fetchone() == (PAST,)


def _run_dag(folder: Path, code: int, *logical_date: str) -> None:
    said = _airflow(folder, "dags", "test", "clientela_nightly", *logical_date, code=code)
    ended = [line for line in said.splitlines() if "DagRun Finished" in line]
    assert any(f"state={'failed' if code else 'success'}" in line for line in ended), said[-600:]


def _airflow(folder: Path, *words: str, code: int = 0) -> str:
    variables = {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "deploy" / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "CLIENTELA_HOME": str(folder / "home"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    return _call([str(ENVIRONMENT / "bin" / "airflow"), *words], folder, variables, code)


def _call(
    command: list[str], folder: Path, variables: dict[str, str] | None = None, code: int = 0
) -> str:
    environment = {**os.environ, **(variables or {})}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == code, said[-600:]
    return said
