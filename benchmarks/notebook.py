"""The whole run on UCI Online Retail, value and churn too, and its report, against the notebook.

``python benchmarks/notebook.py`` reads the real file from the folder in ``CLIENTELA_DATA`` (default
``../shared/data``) and the notebook from ``../baselines`` beside it; without them it says so and
ends well. Target: half of the notebook's CPU seconds, which finds one segmentation and makes
no report.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("CLIENTELA_DATA", ROOT / "../shared/data")).resolve()
NOTEBOOK = DATA.parent / "baselines" / "reference_pipeline.py"
SOURCE = DATA / "online_retail.csv"
LIMIT = 0.50


def cpu_seconds(command: list[str]) -> tuple[float, str]:
    """Run a command and give the CPU seconds of it and its children, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def main() -> int:
    """Run both sides and print the ratio; 1 where the limit is missed."""
    missing = [path for path in (SOURCE, NOTEBOOK) if not path.exists()]
    if missing:
        print(f"not measured: {', '.join(path.name for path in missing)} is absent")
        return 0
    with tempfile.TemporaryDirectory() as workspace:
        run = [sys.executable, "-m", "clientela", "run", str(SOURCE), "--workspace", workspace]
        ran, printed = cpu_seconds([*run, "--json"])
        place = ["--workspace", workspace, "--out", str(Path(workspace, "report.html"))]
        reported, _ = cpu_seconds([sys.executable, "-m", "clientela", "report", *place])
    facts = json.loads(printed)
    theirs, _ = cpu_seconds([sys.executable, str(NOTEBOOK), str(SOURCE)])
    ratio = (ran + reported) / theirs
    print(f"clientela run    {ran:7.1f} CPU s  {json.dumps(facts['seconds'])} (wall)")
    print(f"clientela report {reported:7.1f} CPU s")
    print(f"notebook         {theirs:7.1f} CPU s")
    print(f"ratio            {ratio:7.3f}  (limit {LIMIT:.2f})")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
