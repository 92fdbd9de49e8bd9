"""Write ``requirements.lock``: every package of a fresh environment, with version and checksum.

The run-time dependencies, all extras and the ``dev`` group are resolved together, so that tests,
types and Spark agree. The file names no address: pip asks whatever index it is configured with.
"""

import json
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scripts.setup import PLATFORM

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
HEADER = f"""# Every package with its version and the SHA-256 of its file; made by `make lock`.
# No addresses. Files of: {PLATFORM}. Elsewhere the versions hold, and not the hashes.
"""


def main() -> None:
    """Resolve everything anew and write the file."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    with TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        report = Path(folder) / "report.json"
        resolve = ["install", "--dry-run", "--ignore-installed", "--report", str(report)]
        subprocess.run([python, "-m", "pip", *resolve, *wanted(pyproject)], check=True)
        pins = pinned(json.loads(report.read_text("utf-8")), pyproject["project"]["name"])
    LOCK.write_text(HEADER + "".join(f"{pin}\n" for pin in pins), "utf-8")
    print(f"{len(pins)} packages: {LOCK.name}")


def wanted(pyproject: dict[str, Any]) -> list[str]:
    """List what to resolve: this checkout with its extras, and the dev group.

    The group is read here because only recent versions of pip know groups.
    """
    name = pyproject["project"]["name"]
    group = pyproject["dependency-groups"]["dev"]
    others = [each for each in group if not each.startswith(f"{name}[")]
    extras = ",".join(pyproject["project"]["optional-dependencies"])
    return [f"{ROOT}[{extras}]", *others]


def pinned(report: dict[str, Any], own: str) -> list[str]:
    """Keep names, versions and checksums; a package from a checkout has no place in the file."""
    pins = []
    for item in report["install"]:
        name, version = item["metadata"]["name"], item["metadata"]["version"]
        if name == own:
            continue
        hashes = item["download_info"].get("archive_info", {}).get("hashes", {})
        if "sha256" not in hashes:
            sys.exit(f"without a checksum: {name}")
        pins.append(f"{name}=={version} --hash=sha256:{hashes['sha256']}")
    return sorted(pins, key=str.lower)


if __name__ == "__main__":
    main()
