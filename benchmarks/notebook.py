"""The whole run on UCI Online Retail, value and churn too, and its report, against the notebook.

``python benchmarks/notebook.py [rounds]`` reads the real file from the folder in ``CLIENTELA_DATA``
(default ``../shared/data``) and the notebook from ``../baselines`` beside it; without them it says
so and ends well. Both sides have one thread; of several rounds the least CPU counts. The notebook
finds one segmentation and makes no report. The CPU of a run is read where a stage begins: segments
are published by reading, the snapshot, segments and publishing, Insiders by the programme and the
report too. Then the same file is run once more.
"""

import os
import sys
import tempfile
from pathlib import Path

from figures import Figure, report
from processes import Used, run_clientela, run_python

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("CLIENTELA_DATA", ROOT / "../shared/data")).resolve()
NOTEBOOK = DATA.parent / "baselines" / "reference_pipeline.py"
SOURCE = DATA / "online_retail.csv"
ROUNDS = 1
LATER = ("value", "churn", "programme", "monitor", "report")
PARTS = {
    "up to published segments": (LATER, 0.30, 0.15),
    "with Insiders and report": (("value", "churn", "monitor"), 0.42, 0.30),
    "everything": ((), 0.50, 0.40),
}
"""Stages that are left out, the most of the notebook's CPU, and what is aimed at."""
MOST_AGAIN, AGAIN_GOAL = 0.06, 4.0
"""The same file once more: the most of the notebook's CPU, and CPU seconds aimed at."""
ONE_THREAD = "[engine]\nthreads = 1\n"


def run_ours(folder: Path) -> tuple[Used, Used, Used]:
    """Run, write the report, and run once more."""
    config = folder / "one.toml"
    config.write_text(ONE_THREAD, "utf-8")
    place = ("--workspace", folder / "workspace", "--config", config)
    first = run_clientela("run", SOURCE, *place, "--json")
    written = run_clientela("report", *place[:2], "--out", folder / "report.html")
    return first, written, run_clientela("run", SOURCE, *place, "--json")


def main(rounds: int = ROUNDS) -> int:
    """Run both sides and report the ratios."""
    missing = [path for path in (SOURCE, NOTEBOOK) if not path.exists()]
    if missing:
        print(f"not measured: {', '.join(path.name for path in missing)} is absent")
        return 0
    parts: dict[str, list[float]] = {name: [] for name in (*PARTS, "again", "notebook")}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            first, written, again = run_ours(Path(name))
        for part, (left_out, _, _) in PARTS.items():
            spent = first.cpu - sum(first.stages.get(stage, 0.0) for stage in left_out)
            parts[part].append(spent + written.cpu * (part != "up to published segments"))
        parts["again"].append(again.cpu)
        parts["notebook"].append(run_python(NOTEBOOK, SOURCE).cpu)
        stages = ", ".join(f"{stage} {cpu:.1f}" for stage, cpu in first.stages.items())
        print(f"CPU s by stage: {stages}; the report's page {written.cpu:.1f}", flush=True)
    least = {name: min(spent) for name, spent in parts.items()}
    figures = [Figure("CPU s", least["notebook"], "the notebook")]
    for part, (_, limit, goal) in PARTS.items():
        ratio = least[part] / least["notebook"]
        figures += [
            Figure("CPU s", least[part], part),
            Figure("of the notebook", ratio, part, limit=limit, goal=goal),
        ]
    ratio = least["again"] / least["notebook"]
    figures += [
        Figure("CPU s", least["again"], "the same file again", goal=AGAIN_GOAL),
        Figure("of the notebook", ratio, "the same file again", limit=MOST_AGAIN),
    ]
    return report("notebook", figures)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
