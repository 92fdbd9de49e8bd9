"""An environment of its own for each package that we are held against.

pip installs it the first time, under ``~/.cache/clientela/peers``.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CACHE = Path.home() / ".cache" / "clientela" / "peers"


def find_python(name: str, package: str) -> str:
    """Return the Python of a package's environment, made where it is missing."""
    python = CACHE / name / "bin" / "python"
    if not (CACHE / name / "ready").exists():
        run_alone([sys.executable, "-m", "venv", "--clear", str(CACHE / name)])
        run_alone([str(python), "-m", "pip", "install", "--quiet", package])
        (CACHE / name / "ready").touch()
    return str(python)


def run_alone(command: Sequence[str], compiled: str = "") -> str:
    """Run a command on one thread, and return what it printed; it compiles into a folder."""
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "PYTENSOR_FLAGS": f"base_compiledir={compiled}"}
    alone.pop("PYTHONPATH", None)
    done = subprocess.run(  # noqa: S603 - ours
        command, check=True, capture_output=True, text=True, env=alone, timeout=1_800
    )
    return done.stdout
