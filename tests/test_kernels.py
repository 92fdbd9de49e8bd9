"""Answers that may not depend on the processor: OpenBLAS picks its kernel by the machine."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

KERNELS = ("Haswell", "Zen", "SkylakeX", "Sandybridge", "Nehalem")
WHOLE_RUN = ("Haswell", "Zen")
CPU = Path("/proc/cpuinfo")

SALES = "customer_id,trans_date,tran_amount\nC1,01-Feb-17,10\nC1,02-Feb-17,10\n"
RUN = """
from clientela.cli import main
code = main(["run", "sales.csv", "--json"])
if code:
    sys.exit(code)
"""
"""The run of two rows that once ended under some kernels; to import all of it takes seconds."""

FIT = """
import json, sys
import numpy as np
from clientela.churn.fit.logistic import fit_ridge
from clientela.btyd.candidates import fit_all
from clientela.btyd.frame import Frame

for rows in json.loads(sys.argv[1]):
    frequency, recency, T = np.array(rows, dtype=float).T
    for fit in fit_all(Frame(frequency, recency, T, 10.0 * (frequency > 0), "days")):
        assert fit.model.name
    columns = np.column_stack([frequency, frequency, T])
    for penalty in (1.0, 0.0):
        coefficients, _ = fit_ridge(columns, (frequency > 1.0) * 1.0, np.ones((len(T), 1)), penalty)
        assert np.isfinite(coefficients).all(), coefficients
"""

DEGENERATE = [
    [[1, 1, 1]],
    [[2, 20, 30]] * 5,
    [[0, 0, 10], [0, 0, 20], [0, 0, 30]],
    [[30, 30, 30], [60, 60, 60]],
    [[1, 0.001, 0.001], [1, 0.001, 0.001]],
]
"""Customers whose purchases leave parameters of the models unknown."""


def run_under(kernel: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=cwd,
        check=False,
    )


pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="the kernels are those of x86-64"
)


@pytest.mark.parametrize("kernel", KERNELS)
def test_customers_that_say_little_are_fitted_and_run_under_every_kernel(
    kernel: str, tmp_path: Path
) -> None:
    if kernel == "SkylakeX" and CPU.exists() and "avx512f" not in CPU.read_text():
        pytest.skip("this processor has no AVX-512")
    (tmp_path / "sales.csv").write_text(SALES, "utf-8")
    code = FIT + RUN * (kernel in WHOLE_RUN)
    done = run_under(kernel, "-c", code, json.dumps(DEGENERATE), cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    if kernel in WHOLE_RUN:
        assert json.loads(done.stdout)["customers"] == 1
