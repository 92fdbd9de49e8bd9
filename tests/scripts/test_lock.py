"""The lock names versions alone, and covers all that the project asks for."""

import re
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.lock import LOCK, pinned, wanted
from tests.conftest import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def report(name: str, **archive: object) -> dict[str, object]:
    info = {"archive_info": archive} if archive else {"dir_info": {}}
    return {"metadata": {"name": name, "version": "1.2"}, "download_info": info}


def test_versions_and_checksums_are_kept() -> None:
    found = [
        report("Rich", hashes={"sha256": "b" * 64}),
        report("numpy", hashes={"sha256": "a" * 64}),
    ]
    pins = pinned({"install": [*found, report("clientela")]}, "clientela")
    assert pins == [f"numpy==1.2 --hash=sha256:{'a' * 64}", f"Rich==1.2 --hash=sha256:{'b' * 64}"]


def test_a_package_without_a_checksum_is_refused() -> None:
    with pytest.raises(SystemExit, match="without a checksum"):
        pinned({"install": [report("thing")]}, "clientela")


def test_extras_and_the_dev_group_are_resolved_together() -> None:
    asked = wanted(PYPROJECT)
    assert asked[0].endswith(
        "[alerts,all,boosters,docs,mcp,metrics,mlflow,mssql,mysql,oidc,otel,oracle,pandas,"
        "postgres,s3,spark,umap,notebooks,webhooks]"
    )
    assert any(each.startswith("pytest") for each in asked)
    assert not any(each.startswith("clientela") for each in asked)


def test_all_is_every_extra_but_that_of_the_site() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    [everything] = extras["all"]
    assert set(everything[len("clientela[") : -1].split(",")) == set(extras) - {"all", "docs"}


def test_everything_asked_for_is_locked() -> None:
    lines = LOCK.read_text("utf-8").splitlines()
    locked = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    project = PYPROJECT["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    asked = project["dependencies"] + extras + PYPROJECT["dependency-groups"]["dev"]
    names = {re.split(r"[\[<>=]", each)[0].lower() for each in asked} - {project["name"]}
    assert len(names) > 25
    assert names - locked == set()


def test_what_is_asked_for_ends_with_a_major_version() -> None:
    """A later major version may break us; data of time zones never do."""
    project = PYPROJECT["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    asked = [each for each in project["dependencies"] + extras if not each.startswith("clientela[")]
    assert [each for each in asked if "<" not in each] == ["tzdata>=2024.2"]


def test_what_a_pinned_package_needs_is_pinned_too() -> None:
    pins = {canonicalize_name(line.split("==")[0]) for line in read_pins()}
    for name in sorted(pins):
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # of another platform or Python
        for need in map(Requirement, needs):
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                assert canonicalize_name(need.name) in pins, f"{name} needs {need.name}"


def read_pins() -> list[str]:
    return [line for line in LOCK.read_text("utf-8").splitlines() if "==" in line]
