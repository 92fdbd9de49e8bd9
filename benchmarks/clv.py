"""BG/NBD on the CDNOW sample: our fit against lifetimes and pymc-marketing, in CPU seconds.

``python benchmarks/clv.py`` reads ``cdnow_sample.txt`` from the folder in ``CLIENTELA_DATA``
(default ``../shared/data``); without it, it says so and ends well. The first time, pip installs
each peer into an environment of its own under ``~/.cache/clientela/peers``; where that fails it is
not measured, and the table says so. Targets: at most a quarter of lifetimes' CPU seconds once warm,
and a hundredth of pymc-marketing's first fit. Imports count nowhere; what a peer
compiles for its first fit counts.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
from environment import find_python, run_alone
from figures import Figure, report

from clientela.btyd import beta_geometric
from clientela.btyd.frame import Frame

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("CLIENTELA_DATA", ROOT / "../shared/data")).resolve()
SOURCE = DATA / "cdnow_sample.txt"
UNTIL = date(1997, 9, 30)
AGAIN = 10

MEASURE = """
import json, resource, sys
import numpy as np
def clock():
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)
rows = np.loadtxt(sys.argv[1], delimiter=",")
{prepare}
seconds = []
for _ in range({times}):
    begun = clock()
    {fit}
    seconds.append(clock() - begun)
print(json.dumps({{"seconds": seconds, "parameters": {parameters}}}))
"""
LIFETIMES = MEASURE.format(
    prepare="from lifetimes import BetaGeoFitter",
    times=6,
    fit="model = BetaGeoFitter().fit(rows[:, 0], rows[:, 1], rows[:, 2])",
    parameters="[float(each) for each in model.params_.to_numpy()]",
)
PYMC = MEASURE.format(
    prepare=(
        "import pandas as pd\nfrom pymc_marketing.clv import BetaGeoModel\n"
        "data = pd.DataFrame(rows, columns=['frequency', 'recency', 'T'])\n"
        "data.insert(0, 'customer_id', range(len(data)))"
    ),
    times=2,
    fit=("model = BetaGeoModel(data); found = model.fit(method='map', progressbar=False)"),
    parameters="[float(model.fit_result[each].mean()) for each in ('r', 'alpha', 'a', 'b')]",
)
PEERS = (
    ("lifetimes", "lifetimes==0.11.3", LIFETIMES, -1, 0.25),
    ("pymc-marketing", "pymc-marketing", PYMC, 0, 0.01),
)


def calibration(source: Path) -> Frame:
    """Give the sample's first 39 weeks as frequency, recency and T in weeks."""
    days: dict[str, set[date]] = defaultdict(set)
    for line in source.read_text("ascii").splitlines():
        _, customer, day, _, _ = line.split()
        if date.fromisoformat(day) <= UNTIL:
            days[customer].add(date.fromisoformat(day))
    rows = [
        (len(each) - 1, (max(each) - min(each)).days, (UNTIL - min(each)).days)
        for each in days.values()
    ]
    x, t_x, T = np.array(rows, dtype=np.float64).T
    return Frame(x, t_x, T, np.zeros(len(x)), "days").to("weeks")


def ours(frame: Frame) -> tuple[float, float, list[float]]:
    """Give the CPU seconds of the first fit, of a warm one, and the parameters."""
    importlib.import_module("scipy.optimize")  # before the clock starts, as the peers are
    seconds = []
    for _ in range(AGAIN + 1):
        begun = time.process_time()
        fit = beta_geometric.fit_beta_geometric(frame)
        seconds.append(time.process_time() - begun)
    return seconds[0], sorted(seconds[1:])[AGAIN // 2], list(fit.model.parameters().values())


def theirs(
    name: str, package: str, code: str, rows: Path
) -> tuple[float, float, list[float]] | str:
    """Give the same of a peer, or why it cannot be measured."""
    try:
        python = find_python(name, package)
        told = json.loads(
            run_alone([python, "-c", code, str(rows)], str(rows.parent)).splitlines()[-1]
        )
    except (subprocess.SubprocessError, OSError, ValueError, IndexError) as error:
        return str(getattr(error, "stderr", "") or error).strip().splitlines()[-1][:100]
    first, *warm = told["seconds"]
    return first, sorted(warm)[len(warm) // 2], told["parameters"]


def main() -> int:
    """Fit with each and report the ratios."""
    if not SOURCE.exists():
        print(f"not measured: {SOURCE.name} is absent")
        return 0
    frame = calibration(SOURCE)
    mine = ours(frame)
    figures = list_figures("clientela", *mine)
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "frame.csv"
        columns = [frame.frequency, frame.recency, frame.T]
        np.savetxt(rows, np.stack(columns, axis=1), delimiter=",")
        for name, package, code, which, limit in PEERS:
            found = theirs(name, package, code, rows)
            if isinstance(found, str):
                print(f"{name} not measured: {found}")
                continue
            ratio = mine[1] / found[1] if which else mine[0] / found[0]
            figures += list_figures(name, *found)
            figures.append(Figure("ours, times this", ratio, name, limit=limit))
    return report("clv", figures)


def list_figures(of: str, first: float, warm: float, parameters: list[float]) -> list[Figure]:
    """List what a fit took, and what it found."""
    found = zip(("r", "alpha", "a", "b"), parameters, strict=True)
    seconds = [Figure("first fit, CPU s", first, of), Figure("warm, CPU s", warm, of)]
    return seconds + [Figure(name, value, of) for name, value in found]


if __name__ == "__main__":
    sys.exit(main())
