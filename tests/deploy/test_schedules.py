"""Files of schedules parse, and the commands in them are commands of ours."""

import ast
import csv
import hashlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from clientela.cli import app
from tests.conftest import ROOT
from tests.notebooks.stored import read as read_notebook
from tests.serving.shop import publish_shop

DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
DAG = DEPLOY / "airflow" / "clientela_nightly.py"
KUBEFLOW = DEPLOY / "kubeflow" / "clientela_nightly.py"
CONTAINERS = ("initContainers", "containers")
BASH = shutil.which("bash") or "bash"
NOTEBOOK = DEPLOY / "papermill" / "nightly.ipynb"


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text("utf-8")))


def commands_of_containers() -> Iterator[list[str]]:
    for path in MANIFESTS:
        for document in documents(path):
            yield from (container["args"] for container in find_containers(document))


def find_containers(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from value if key in CONTAINERS else find_containers(value)
    elif isinstance(node, list):
        for value in node:
            yield from find_containers(value)


def commands_of_the_dag() -> Iterator[list[str]]:
    for node in ast.walk(ast.parse(DAG.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "call":
            fixed = [word for word in node.args if not isinstance(word, ast.Starred)]
            words = [ast.literal_eval(word) for word in fixed]
            yield words if fixed == node.args else [*words, "--as-of", "2024-05-01"]


def commands_of_the_script() -> Iterator[list[str]]:
    script = (ROOT / "examples" / "nightly.sh").read_text("utf-8")
    for line in re.findall(r"^ *clientela (.*?) *>", script, re.MULTILINE):
        yield shlex.split(line)


def commands_of_images() -> Iterator[list[str]]:
    dockerfile = (DEPLOY / "docker" / "Dockerfile").read_text("utf-8")
    for line in re.findall(r"^CMD (.*)$", dockerfile, re.MULTILINE):
        yield json.loads(line)


def commands_on_aws() -> Iterator[list[str]]:
    template = (DEPLOY / "aws" / "clientela.yaml").read_text("utf-8")
    for line in re.findall(r"clientela ((?:run|monitor|backup|serve)\b[^>\\\n]*)", template):
        yield shlex.split(line)


def commands_of_kubeflow() -> Iterator[list[str]]:
    pipeline, _ = documents(KUBEFLOW.with_suffix(".yaml"))
    for executor in pipeline["deploymentSpec"]["executors"].values():
        yield executor["container"]["args"]


ALL = [
    *commands_of_kubeflow(),
    *commands_of_images(),
    *commands_on_aws(),
    *commands_of_containers(),
    *commands_of_the_dag(),
    *commands_of_the_script(),
]


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_commands_are_understood(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    command.commands[words[0]].make_context(words[0], list(words[1:]))


def test_there_are_commands_in_each_place() -> None:
    assert [
        len(list(found()))
        for found in (
            commands_of_containers,
            commands_of_the_dag,
            commands_of_the_script,
            commands_of_kubeflow,
        )
    ] == [3, 2, 2, 2]


def test_the_compiled_pipeline_is_current() -> None:
    """The compiler is not needed: the file names the source that it was compiled from."""
    compiled = KUBEFLOW.with_suffix(".yaml").read_text("utf-8")
    digest = hashlib.sha256(KUBEFLOW.read_bytes()).hexdigest()
    assert compiled.startswith(f"# Compiled from {KUBEFLOW.name}, sha256 {digest}\n")


def test_the_notebook_takes_its_parameters_and_keeps_no_output() -> None:
    cells = [cell for cell in read_notebook(NOTEBOOK).cells if cell.cell_type == "code"]
    (parameters,) = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    assert parameters == cells[0]
    names = {node.targets[0].id for node in ast.parse(parameters.source).body}
    later = "\n".join(cell.source for cell in cells[1:])
    used = {node.id for node in ast.walk(ast.parse(later)) if isinstance(node, ast.Name)}
    assert names <= used
    assert not any(cell.outputs for cell in cells)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_name_what_they_are(path: Path) -> None:
    for document in documents(path):
        assert {"apiVersion", "kind"} <= set(document)


def test_the_kustomization_lists_every_manifest_and_image() -> None:
    (kustomization,) = documents(DEPLOY / "kubernetes" / "kustomization.yaml")
    others = {path.name for path in MANIFESTS} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == others
    images = {
        container["image"]
        for path in MANIFESTS
        for document in documents(path)
        for container in find_containers(document)
    }
    assert {image["name"] for image in kustomization["images"]} == images


def test_containers_may_do_little() -> None:
    for path in MANIFESTS:
        for document in documents(path):
            for container in find_containers(document):
                limits = container["securityContext"]
                assert limits["readOnlyRootFilesystem"]
                assert not limits["allowPrivilegeEscalation"]
                assert limits["capabilities"] == {"drop": ["ALL"]}


def test_alerts_follow_a_run_in_kubernetes() -> None:
    (job,) = documents(DEPLOY / "kubernetes" / "cronjob.yaml")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    words = [[c["args"][0] for c in pod[kind]] for kind in CONTAINERS]
    assert words == [["run"], ["monitor"]]
    rule = job["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"][0]
    assert rule["onExitCodes"]["containerName"] == pod["initContainers"][0]["name"]


def test_the_timer_of_compose_waits_for_the_next_night() -> None:
    (compose,) = documents(DEPLOY / "docker" / "compose.yaml")
    (script,) = compose["services"]["timer"]["command"]
    play = 'sleep() { echo "$1"; exit; }\n' + script.replace("$$", "$")
    ended = subprocess.run([BASH, "-c", play], capture_output=True, text=True, check=True)
    assert 0 < int(ended.stdout) <= 24 * 3600


SERVED = """
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        gone = parts[0] in sys.argv[2].split() or (parts[2:3] == ["fit"] and parts[1] != "insiders")
        if gone:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Without())
from litestar.testing import TestClient
from clientela.config import Serving
from clientela.cli.programme import propose_of_person
import clientela.pipeline.programme_launch
from clientela.serving.app import create_app
with TestClient(create_app(Serving(), sys.argv[1]), base_url="http://127.0.0.1") as client:
    for path in ("/app", "/v1/segments", "/v1/programme"):
        assert client.get(path).status_code == 200, path
"""


def test_the_image_that_serves_needs_none_of_the_training_code_it_lacks(tmp_path: Path) -> None:
    dockerfile = (DEPLOY / "docker" / "Dockerfile").read_text("utf-8")
    (gone,) = re.findall(r"pip uninstall --yes (.+?) \\", dockerfile)
    assert '"*/clientela/*/fit" -not -path "*/insiders/*"' in dockerfile
    url = f"sqlite:///{tmp_path}/results.db"
    publish_shop(url)
    command = [sys.executable, "-c", SERVED, url, gone.replace("scikit-learn", "sklearn")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_the_sheet_of_costs_is_of_the_template_and_adds_up() -> None:
    template = (DEPLOY / "aws" / "clientela.yaml").read_text("utf-8")
    with (DEPLOY / "aws" / "costs.csv").open(newline="", encoding="utf-8") as file:
        _, *items, total = csv.reader(file)
    assert [row[5] for row in items] == [f"=B{line}*E{line}" for line, _ in enumerate(items, 2)]
    assert [row[8] for row in items] == [f"=G{line}*E{line}" for line, _ in enumerate(items, 2)]
    assert [total[5], total[8]] == [f"=SUM({name}2:{name}{len(items) + 1})" for name in "FI"]
    (machine,) = re.findall(r"Default: (t\d\S+)", template)
    (disk,) = re.findall(r"VolumeSize: (\d+)", template)
    assert (items[0][0], items[1][1]) == (f"machine, {machine}", disk)
    (days,) = re.findall(r"ExpirationInDays: (\d+)", template)
    for amount, why in ((1, 3), (6, 7)):
        nightly = float(re.findall(r"([\d.]+) GB a night", items[2][why])[0])
        assert float(items[2][amount]) == nightly * int(days)


def test_units_of_systemd_are_valid(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is absent")
    units = [shutil.copy(path, tmp_path) for path in (DEPLOY / "systemd").iterdir()]
    ended = subprocess.run([program, "verify", *units], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_every_schedule_is_at_the_same_time_and_has_a_limit() -> None:
    (job,) = documents(DEPLOY / "kubernetes" / "cronjob.yaml")
    assert job["spec"]["schedule"] == "15 2 * * *"
    assert job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 4 * 3600
    assert "15 2 * * *  timeout 4h " in (DEPLOY / "crontab").read_text("utf-8")
    assert 'schedule="15 2 * * *"' in DAG.read_text("utf-8")
    assert "timedelta(hours=4)" in DAG.read_text("utf-8")
    assert "*-*-* 02:15" in (DEPLOY / "systemd" / "clientela.timer").read_text("utf-8")
    assert "TimeoutStartSec=4h" in (DEPLOY / "systemd" / "clientela.service").read_text("utf-8")
