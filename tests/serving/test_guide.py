"""The commands of the guide work as they are written."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clientela.serving.problems import KINDS
from clientela.store import keys
from tests.conftest import ROOT
from tests.docs.markdown import blocks
from tests.serving.live import live
from tests.serving.models import churn_model, keep
from tests.serving.shop import NOW, publish_shop

GUIDE = ROOT / "docs" / "guide" / "api.md"
CURLS = [block for block in blocks(GUIDE, "bash") if "curl" in block]
OTHERS = [block for block in blocks(GUIDE, "bash") if "curl" not in block]


def typed(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 - the reader's own bash
        cwd=folder,
        env=os.environ | {"PATH": path} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_every_curl_is_answered(store_url: str, tmp_path: Path) -> None:
    secret = keys.create(store_url, "tests", ["read", "export", "marketing"], NOW)
    publish_shop(store_url, 2)  # so that changes have a run before
    keep(tmp_path / "models", churn_model())
    with live(store_url, models=tmp_path / "models") as server:
        for block in CURLS:
            script = block.replace("curl ", "curl --fail ").replace(":8000", f":{server.port}")
            done = typed(script, tmp_path, CLIENTELA_API_KEY=secret)
            assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
            assert "20111210T000002" in done.stdout
    assert (
        (tmp_path / "segment-1.csv")
        .read_text("utf-8")
        .startswith('"run_id","as_of","customer_id",')
    )
    assert (tmp_path / "segmento-1.csv").read_text("utf-8-sig").startswith('"Cliente";"Segmento";')
    assert (tmp_path / "insiders.xlsx").read_bytes().startswith(b"PK")


def test_the_other_commands_work(tmp_path: Path, published: Path) -> None:
    (tmp_path / "clientela-data").mkdir()
    shutil.copy(published, tmp_path / "clientela-data" / "results.db")
    for block in OTHERS:
        done = typed(block, tmp_path)
        assert done.returncode == 0, f"{block}\n{done.stderr}"
    listed = keys.list_keys(f"sqlite:///{tmp_path}/clientela-data/results.db")
    assert [(row.name, row.roles) for row in listed] == [
        ("newsletter", "read"),
        ("analyst", "export read"),
        ("till", "agent"),
        ("director", "export read"),
    ]


def test_the_start_is_announced_as_shown(store_url: str) -> None:
    shown = next(block for block in blocks(GUIDE, "console") if "clientela serve" in block)
    with live(store_url) as server:
        said = server.said.replace(f":{server.port}", ":8000")
    assert shown.splitlines()[1:] == said.splitlines()[:5]


def test_the_table_of_errors_names_every_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \|", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == sorted(KINDS)


def test_the_problem_shown_has_the_shape_of_problems() -> None:
    (block,) = blocks(GUIDE, "json")
    problem = json.loads(block)
    kind = KINDS[problem["status"]]
    assert problem["title"] == kind.title
    assert problem["type"].endswith(kind.slug)
