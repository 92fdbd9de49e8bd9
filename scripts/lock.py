"""Write ``requirements.lock``: every package of a fresh environment, with its version alone.

The run-time dependencies, all extras and the ``dev`` group are resolved together, so that tests,
types and Spark agree. The file names no address: pip asks whatever index it is configured with.
"""

import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
HEADER = "# Every package with its version; made by `make lock`, read by `make`. No addresses.\n"


def main() -> None:
    """Resolve everything anew and write the file."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    with TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", *wanted(pyproject)], check=True)
        frozen = subprocess.run(
            [python, "-m", "pip", "freeze", "--exclude", pyproject["project"]["name"]],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    pins = pinned(frozen)
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


def pinned(frozen: str) -> list[str]:
    """Keep names with versions; a package from an address has no place in the file."""
    lines = [line for line in frozen.splitlines() if line and not line.startswith("#")]
    wrong = [line for line in lines if "==" not in line or " @ " in line]
    if wrong:
        sys.exit(f"not pinned by a version: {', '.join(wrong)}")
    return lines


if __name__ == "__main__":
    main()
