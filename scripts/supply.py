"""What ships: packages with licence and checksum, vendored files, and the bill of materials.

``python -m scripts.supply`` checks the licences and writes ``build/sbom.json`` (CycloneDX 1.6).
"""

import hashlib
import importlib.metadata
import json
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "sbom.json"
LOCK_LINE = re.compile(r"([\w.-]+)==([\w.!+-]+) --hash=sha256:([0-9a-f]{64})")
COPYLEFT = re.compile(r"GPL|Affero|GNU General Public", re.IGNORECASE)
LESSER = ("pymssql", "psycopg", "psycopg-binary")
"""Under the LGPL, in extras that a user installs: used by import, changed and shipped by nobody."""


@dataclass(frozen=True)
class VendoredFile:
    """A file of others in our wheel, unchanged."""

    name: str
    version: str
    licence: str
    path: str
    sha256: str


VENDORED = (
    VendoredFile(
        "echarts",
        "6.1.0",
        "Apache-2.0",
        "src/clientela/report/page/static/echarts/echarts.min.js",
        "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0",
    ),
    VendoredFile(
        "htmx",
        "2.0.10",
        "0BSD",
        "src/clientela/serving/dashboard/static/htmx/htmx.min.js",
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
    VendoredFile(
        "rapidoc",
        "9.3.8",
        "MIT",
        "src/clientela/serving/static/rapidoc/rapidoc-min.js",
        "affbd173a65e870e18f392cca963113bcdafb6e50e88cd2f6a834a65b22db94d",
    ),
)


def main() -> int:
    """Check the licences and write the bill; the exit code is 1 where one must not ship."""
    names = list_shipped()
    licences = {name: read_licence(name) for name in names}
    wrong = find_refused(licences)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(build_bill(licences), indent=1) + "\n", "utf-8")
    for name, licence in sorted(licences.items()):
        print(f"{name:<28} {licence}")
    print(f"{len(licences)} packages, {len(VENDORED)} vendored files: {OUT.relative_to(ROOT)}")
    print(f"must not ship: {', '.join(wrong)}" if wrong else "no GPL in what ships")
    return 1 if wrong else 0


def normalise(name: str) -> str:
    """Return a package's name as indexes compare it.

    Examples
    --------
    >>> normalise("Ruamel.Yaml_x")
    'ruamel-yaml-x'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def list_shipped() -> list[str]:
    """List the packages that run-time dependencies and extras bring, without those of tests."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [
        *project["dependencies"],
        *(line for name, lines in extras.items() if name not in ("all", "docs") for line in lines),
    ]
    waiting, found = [Requirement(line) for line in asked], set[str]()
    while waiting:
        requirement = waiting.pop()
        name = normalise(requirement.name)
        try:
            requires = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform
        needed = [Requirement(line) for line in requires if name not in found or requirement.extras]
        found.add(name)
        waiting += [line for line in needed if _applies(line, requirement.extras)]
    return sorted(found)


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def read_licence(name: str) -> str:
    """Return what a package's metadata say of its licence; empty where they say nothing."""
    meta = importlib.metadata.metadata(name)
    [expression] = meta.get_all("License-Expression") or [""]
    classifiers = [
        line.rpartition("::")[2].strip()
        for line in meta.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    text = "".join(meta.get_all("License") or []).strip().split("\n")[0]
    return expression or ", ".join(classifiers) or text


def find_refused(licences: dict[str, str]) -> list[str]:
    """Name the packages that say nothing of their licence, or are under the GPL.

    Examples
    --------
    >>> find_refused({"a": "MIT", "b": "GPL-3.0-only", "c": "", "pymssql": "LGPL"})
    ['b', 'c']
    """
    return [
        name
        for name, licence in licences.items()
        if not licence or (COPYLEFT.search(licence) and name not in LESSER)
    ]


def read_hashes() -> dict[str, tuple[str, str]]:
    """Read version and checksum of every locked package."""
    lines = map(LOCK_LINE.fullmatch, (ROOT / "requirements.lock").read_text("utf-8").splitlines())
    return {normalise(line[1]): (line[2], line[3]) for line in lines if line}


def build_bill(licences: dict[str, str]) -> dict[str, Any]:
    """Build the bill of materials."""
    locked = read_hashes()
    packages = [
        {
            "type": "library",
            "name": name,
            "version": importlib.metadata.version(name),
            "purl": f"pkg:pypi/{name}@{importlib.metadata.version(name)}",
            "licenses": [{"license": {"name": licence}}],
            **({"hashes": _hashes(locked[name][1])} if name in locked else {}),
        }
        for name, licence in licences.items()
    ]
    files = [
        {
            "type": "library",
            "name": file.name,
            "version": file.version,
            "purl": f"pkg:npm/{file.name}@{file.version}",
            "licenses": [{"license": {"id": file.licence}}],
            "hashes": _hashes(file.sha256),
        }
        for file in VENDORED
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    own = {"type": "application", "name": project["name"], "version": project["version"]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own | {"licenses": [{"license": {"id": project["license"]}}]}},
        "components": [*packages, *files],
    }


def _hashes(sha256: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": sha256}]


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
