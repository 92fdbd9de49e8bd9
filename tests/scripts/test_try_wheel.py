"""The wheel holds all that a run needs: installed by itself, it reads, segments and publishes."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
@pytest.mark.skipif(find_spec("hatchling") is None, reason="needs hatchling of the dev group")
def test_the_job_runs_from_the_installed_wheel() -> None:
    tried = subprocess.run(
        [sys.executable, "scripts/try_wheel.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "dependencies of .venv; read, segmented and run from it" in tried.stdout
