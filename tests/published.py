"""What a run published, table by table, to be compared with what another did."""

import math
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

APART = {"run_id", "started_at", "finished_at", "engine", "config_hash", "seconds", "summary"}
"""Columns in which two runs differ; the file of filters holds them too."""
FILES = "run_files"
Table = dict[str, list[Any]]


def read_published(path: Path) -> dict[str, Table]:
    """Read all tables of a results database, without what two runs never share."""
    with closing(sqlite3.connect(path)) as results:
        names = [
            name for (name,) in results.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        return {name: _read(results, name) for name in names if name != FILES}


def _read(results: sqlite3.Connection, name: str) -> Table:
    cursor = results.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - its own tables
    columns = [column[0] for column in cursor.description]
    chosen = [number for number, column in enumerate(columns) if column not in APART]
    rows = sorted(([row[number] for number in chosen] for row in cursor), key=_plain)
    return {columns[number]: [row[i] for row in rows] for i, number in enumerate(chosen)}


def _plain(row: list[Any]) -> str:
    """Sort by what is no float, whose last digit may differ, then by the rest."""
    whole = [value for value in row if not isinstance(value, float)]
    return repr((whole, [round(value, 6) for value in row if isinstance(value, float)]))


def find_differing(left: dict[str, Table], right: dict[str, Table]) -> list[str]:
    """Name the columns that differ by more than a billionth, with the first values that do."""
    differing = [f"table {name}" for name in left.keys() ^ right.keys()]
    for name in sorted(left.keys() & right.keys()):
        for column, values in left[name].items():
            others = right[name][column]
            if len(values) != len(others):
                differing.append(f"{name}: {len(values)} and {len(others)} rows")
                break
            unequal = [pair for pair in zip(values, others, strict=True) if not _agree(*pair)]
            differing += [f"{name}.{column}: {unequal[0]}"] if unequal else []
    return differing


def _agree(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return bool(a == b)
