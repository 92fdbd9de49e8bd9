"""A past day of a large firm: its cost must not grow with customers that are not learnt from.

``python benchmarks/past.py [customers …]``, 75,000 and 300,000 unless said; each size is measured
in a process of its own: to draw the sample and stage its lines, then one past day of the sample
and, beside it, of everybody, all with a tenth of the usual memory limit for ten times the lines.
"""

import datetime as dt
import json
import subprocess
import sys
import time
from pathlib import Path

from figures import Figure, report
from lines import AS_OF, FIRST_DAY, LINES_A_CUSTOMER, workspace

WORK = Path(__file__).parent / ".work" / "past"
SIZES = (75_000, 300_000)
PAST = AS_OF - dt.timedelta(days=120)
MEMORY_LIMIT_MB = 256
MOST_GROWTH = 1.25  # CPU of a past day of the sample, at the largest size against the smallest
MOST_MEMORY_MB = 1_200


def child(customers: int) -> None:
    """Measure one size and print it as JSON."""
    from clientela.config import EngineSettings
    from clientela.engine import connect
    from clientela.features.history import History
    from clientela.features.reading import make_reader

    made = workspace(WORK, customers * LINES_A_CUSTOMER)
    spill = WORK / f"spill-{customers}"
    spill.mkdir(exist_ok=True)
    engine = connect(EngineSettings(memory_limit_mb=MEMORY_LIMIT_MB), spill)
    past = History(
        engine, make_reader(engine, made), made.groups(engine.rows_at_once), FIRST_DAY.date(), AS_OF
    )
    past.snapshot(AS_OF, ["orders"])
    seconds = {}
    for name, work in (
        ("stage", lambda: past.sample),
        ("sample", lambda: past.sample.snapshot(PAST)),
        ("everybody", lambda: past.snapshot(PAST)),
    ):
        begun = time.process_time()
        work()
        seconds[name] = time.process_time() - begun
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    [peak] = [line for line in status if line.startswith("VmHWM")]
    peak_mb = int(peak.split()[1]) / 1024
    print(json.dumps(seconds | {"lines": made.lines(), "peak_mb": peak_mb}))
    engine.close()


def main(sizes: tuple[int, ...] = SIZES) -> int:
    """Measure each size and report its growth."""
    figures, sampled = [], []
    for customers in sizes:
        workspace(WORK, customers * LINES_A_CUSTOMER)
        command = [sys.executable, __file__, "--size", str(customers)]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
        found, of = json.loads(out.splitlines()[-1]), f"{customers:,} customers"
        sampled.append(found["sample"])
        figures += [
            Figure("lines", found["lines"], of),
            Figure("draw and stage the sample, CPU s", found["stage"], of),
            Figure("a past day of the sample", found["sample"], of, "CPU s"),
            Figure("of everybody", found["everybody"], of, "CPU s"),
            Figure("peak MB", found["peak_mb"], of, limit=MOST_MEMORY_MB),
        ]
    growth = Figure("growth of the sample's day", sampled[-1] / sampled[0], limit=MOST_GROWTH)
    return report("past", figures, [growth])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--size"]:
        child(int(sys.argv[2]))
    else:
        sys.exit(main(tuple(map(int, sys.argv[1:])) or SIZES))
