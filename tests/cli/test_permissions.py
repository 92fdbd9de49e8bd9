"""What commands write is its owner's alone, and the doctor finds what is not."""

from pathlib import Path

import pytest

from tests.shop import FirstRun, clientela


def test_all_that_a_run_writes_is_the_owners(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, target = tmp_path / "w", tmp_path / "list.csv"
    assert clientela(capsys, "run", first_run.source, "--workspace", workspace).code == 0
    clientela(capsys, "export", "segment", "1", "-w", workspace, "-o", target)
    clientela(capsys, "report", "-w", workspace, "-o", tmp_path / "report.html")
    paths = [workspace, *workspace.rglob("*"), target, tmp_path / "report.html"]
    assert [path for path in paths if path.stat().st_mode & 0o077] == []
    doctor = clientela(capsys, "doctor", "-w", workspace)
    assert doctor.facts["permissions"] == "the owner's alone"
    (workspace / "results.db").chmod(0o644)
    doctor = clientela(capsys, "doctor", "-w", workspace)
    assert doctor.facts["permissions"].startswith("others can read 1 files")
