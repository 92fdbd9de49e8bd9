"""What a benchmark found: its figures printed with limits and goals, and kept as one JSON file.

A figure beyond its limit fails the benchmark. A goal is what is aimed at; where it is not reached
yet, the limit is what holds today, so that nothing gets worse unseen. ``scripts/performance.py``
writes the tables of ``docs/performance.md`` from the files in ``benchmarks/results``.
"""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results"
LOAD = os.getloadavg()[0]  # before the benchmark has done anything


@dataclass(frozen=True)
class Figure:
    """One number, of something where several are compared; its column is its name.

    Parameters
    ----------
    limit, goal : float, optional
        The most it may be, or with ``least`` the least; beyond the limit the benchmark fails.
    """

    name: str
    value: float
    of: str = ""
    unit: str = ""
    limit: float | None = None
    goal: float | None = None
    least: bool = False

    @property
    def missed(self) -> bool:
        """Whether it is beyond its limit."""
        return self.limit is not None and not self._holds(self.limit)

    @property
    def reached(self) -> bool:
        """Whether its goal is reached."""
        return self.goal is not None and self._holds(self.goal)

    def _holds(self, bound: float) -> bool:
        return self.value >= bound if self.least else self.value <= bound

    def show(self) -> str:
        """Write the value with its unit, its limit and its goal."""
        bound = "at least" if self.least else "at most"
        goal = f"aimed at {write_number(self.goal)}" if self.goal is not None else ""
        limit = f"{bound} {write_number(self.limit)}" if self.limit is not None else ""
        notes = ", ".join(filter(None, (limit, goal)))
        unit = f" {self.unit}" if self.unit else ""
        return f"{write_number(self.value)}{unit}" + (f" ({notes})" if notes else "")


def write_number(value: float | None) -> str:
    """Write a number with three digits at least, thousands apart.

    Examples
    --------
    >>> [write_number(value) for value in (58199500, 1080.2, 17.25, 0.5, 0.0912, 3)]
    ['58,199,500', '1,080', '17.2', '0.50', '0.091', '3']
    """
    if value is None or value != value:
        return "-"
    value = value if abs(value) >= 1_000 else float(f"{value:.3g}")
    if value == int(value):
        return f"{int(value):,}"
    digits = next((n for least, n in ((100, 0), (10, 1), (0.1, 2)) if abs(value) >= least), 3)
    return f"{value:,.{digits}f}"


def layout(figures: Sequence[Figure]) -> list[list[str]]:
    """Return the rows of a table, its heading first: a row a thing compared, a column a name."""
    rows = list(dict.fromkeys(figure.of for figure in figures))
    names = list(dict.fromkeys(figure.name for figure in figures))
    if rows == [""]:
        return [["", "measured"], *([figure.name, figure.show()] for figure in figures)]
    cells = {(figure.of, figure.name): figure.show() for figure in figures}
    table = [[row, *(cells.get((row, name), "") for name in names)] for row in rows]
    return [["", *names], *table]


def report(name: str, *tables: Iterable[Figure]) -> int:
    """Print the figures and keep them under a name; return 1 where one is beyond its limit.

    Parameters
    ----------
    *tables : iterables of Figure
        A table each.
    """
    lists = [list(table) for table in tables]
    for figures in lists:
        _print(layout(figures))
    RESULTS.mkdir(exist_ok=True)
    kept = describe_build() | {"tables": [[asdict(each) for each in table] for table in lists]}
    text = json.dumps(kept, indent=1, ensure_ascii=False, default=float)  # NumPy's numbers too
    (RESULTS / f"{name}.json").write_text(text + "\n", "utf-8")
    missed = [figure for figures in lists for figure in figures if figure.missed]
    for figure in missed:
        print(f"beyond the limit: {figure.of} {figure.name}: {figure.show()}")
    return int(bool(missed))


def read_tables(kept: Mapping[str, Any]) -> list[list[Figure]]:
    """Return the tables of what was kept."""
    return [[Figure(**each) for each in table] for table in kept["tables"]]


def describe_build() -> dict[str, Any]:
    """Say what was measured, when and on what; a database is named by its kind alone."""
    git = ["git", "describe", "--always", "--exclude=*"]
    changed = ["git", "diff", "--quiet", "HEAD", "--", "src"]  # results may have changed before
    build = subprocess.run(git, capture_output=True, text=True, check=False, cwd=FOLDER)  # noqa: S603
    dirty = subprocess.run(changed, check=False, cwd=FOLDER.parent).returncode == 1  # noqa: S603
    words = (word.partition("://")[0] if "://" in word else word for word in sys.argv[1:])
    return {
        "command": " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *words]),
        "build": (build.stdout.strip() or "unknown") + "-dirty" * dirty,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "load": round(LOAD, 1),
    }


def _print(table: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    print(flush=True)
