"""Run the benchmarks, one after another, then write the tables of ``docs/performance.md``.

``python benchmarks/run.py [name …]`` (``make bench``) takes under twenty minutes on two cores where
nothing else runs; ``--large`` (``make bench-large``) runs those that take longer, and on larger
files. A benchmark prints its figures with their limits, keeps them in ``benchmarks/results``, and
exits with 1 beyond a limit.
"""

import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
QUICK: tuple[tuple[str, ...], ...] = (
    ("startup",),
    ("small",),
    ("rerun",),
    ("notebook",),
    ("large", "1000", "10000"),
    ("cleaning",),
    ("features", "500000", "5000000"),
    ("past", "75000", "150000"),
    ("spark",),
    ("simulate",),
    ("scoring",),
    ("claims",),
    ("monitoring", "2"),
    ("extra_features",),
    ("publish", "200000"),
    ("filters",),
    ("questions",),
    ("pages",),
    ("published_beside",),
    ("serving",),
    ("workers",),
    ("predicting",),
    ("first_chart",),
)
LARGE: tuple[tuple[str, ...], ...] = (
    ("notebook", "3"),
    ("large", "10000", "100000", "1000000"),
    ("features",),
    ("past", "75000", "300000"),
    ("publish",),
    ("spark_run", "1000", "10000"),
    ("load", "60", "20000"),
    ("monitoring",),
    ("backtest",),
    ("churn",),
    ("clv",),
    ("subscription",),
)
"""What ``make truth`` prints is run by itself: it takes twenty minutes more."""


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all of a list; 1 where one failed or missed its limit."""
    names = [word for word in arguments if word != "--large"]
    runs = LARGE if "--large" in arguments else QUICK
    failed, begun = [], time.monotonic()
    for name, *words in runs:
        if names and name not in names:
            continue
        print(f"\n=== {' '.join((name, *words))} ===", flush=True)
        if _run(FOLDER / f"{name}.py", *words):
            failed.append(name)
    _run(FOLDER.parent / "scripts" / "performance.py")
    print(f"\n{(time.monotonic() - begun) / 60:.0f} minutes,", end=" ")
    print(f"failed: {', '.join(failed)}" if failed else "all within their limits")
    return 1 if failed else 0


def _run(file: Path, *words: str) -> int:
    command = [sys.executable, str(file), *words]
    return subprocess.run(command, cwd=FOLDER.parent, check=False).returncode  # noqa: S603 - ours


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
