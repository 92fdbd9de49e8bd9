"""What a command costs before it does anything, beside the library that reads its words.

``python benchmarks/startup.py``: the least CPU of some processes each; Python alone is taken off.
"""

import sys

from figures import Figure, report
from processes import run_python

ROUNDS = 7
SIDES = {
    "Typer alone": ("-c", "import typer, typer.main"),
    "clientela --help": ("-m", "clientela", "--help"),
    "clientela run --help": ("-m", "clientela", "run", "--help"),
    "import clientela": ("-c", "import clientela"),
}
LIMITS = {"clientela --help": 3.0, "clientela run --help": 5.0, "import clientela": 0.5}
"""Times Typer; no side loads DuckDB, Arrow or NumPy, which alone take ten times as long."""


def main() -> int:
    """Measure each side and report the ratios."""
    least = {name: _measure(*words) for name, words in {"": ("-c", ""), **SIDES}.items()}
    python = least.pop("")
    unit = least["Typer alone"] - python
    figures = [Figure("CPU ms", python * 1e3, "Python alone")]
    for name, seconds in least.items():
        figures.append(Figure("CPU ms", seconds * 1e3, name))
        if name in LIMITS:
            times = (seconds - python) / unit
            figures.append(Figure("times Typer", times, name, limit=LIMITS[name]))
    return report("startup", figures)


def _measure(*words: str) -> float:
    return min(run_python(*words).cpu for _ in range(ROUNDS))


if __name__ == "__main__":
    sys.exit(main())
