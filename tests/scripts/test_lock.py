"""The lock names versions alone, and covers all that the project asks for."""

import re
import tomllib

import pytest

from scripts.lock import LOCK, pinned, wanted
from tests.conftest import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_versions_are_kept_and_remarks_dropped() -> None:
    assert pinned("# remark\nnumpy==2.4.6\n\nrich==15.0.0\n") == ["numpy==2.4.6", "rich==15.0.0"]


@pytest.mark.parametrize(
    "line", ["thing @ file:///somewhere/thing.whl", "-e git+ssh://host/thing#egg=thing", "thing"]
)
def test_addresses_are_refused(line: str) -> None:
    with pytest.raises(SystemExit, match="not pinned"):
        pinned(f"numpy==2.4.6\n{line}\n")


def test_extras_and_the_dev_group_are_resolved_together() -> None:
    asked = wanted(PYPROJECT)
    assert asked[0].endswith(
        "[all,boosters,docs,mlflow,mssql,mysql,oracle,pandas,postgres,spark,umap,notebooks]"
    )
    assert any(each.startswith("pytest") for each in asked)
    assert not any(each.startswith("clientela") for each in asked)


def test_all_is_every_extra_but_that_of_the_site() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    [everything] = extras["all"]
    assert set(everything[len("clientela[") : -1].split(",")) == set(extras) - {"all", "docs"}


def test_everything_asked_for_is_locked() -> None:
    locked = {re.split("==", line)[0].lower() for line in LOCK.read_text("utf-8").splitlines()}
    project = PYPROJECT["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    asked = project["dependencies"] + extras + PYPROJECT["dependency-groups"]["dev"]
    names = {re.split(r"[\[<>=]", each)[0].lower() for each in asked} - {project["name"]}
    assert len(names) > 25
    assert names - locked == set()
