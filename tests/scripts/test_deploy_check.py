"""What checks the files of ``deploy/`` leaves none of them out."""

from pathlib import Path

from scripts.deploy_check import DEPLOY, list_commands

UNCHECKED = {  # tests/deploy reads them
    *("crontab", "kustomization.yaml", "nightly.ipynb", "costs.csv"),
    *("clientela_nightly.py", "clientela_nightly.yaml"),  # of Airflow; Kubeflow's are compiled
}


def test_every_file_is_checked() -> None:
    checked = {Path(word).name for command in list_commands(Path()) for word in command}
    files = {path.name for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert files - UNCHECKED <= checked
