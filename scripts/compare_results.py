"""Compare two results databases, table by table: equal, or the difference.

Usage: python scripts/compare_results.py BEFORE.db AFTER.db [--texts]

Ids and times of runs are left out, texts too unless ``--texts`` is given. Columns that were renamed
on purpose stand in ``RENAMED``; a number that only a bootstrap draws is reported with the largest
difference, and does not count. Exits with 1 where anything else differs.
"""

import argparse
import json
import math
import sqlite3
import sys
from collections import Counter
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]

LEFT_OUT = {"run_id", "started_at", "finished_at", "published_at", "created_at", "seconds", "store"}
"""Columns that are of the run itself."""

RENAMED: dict[str, dict[str, str]] = {}
"""Columns renamed on purpose: table of BEFORE, then old name and new name."""

RENAMED_TABLES: dict[str, str] = {}

DRAWN = {"low", "high", "difference_low", "difference_high", "p_value", "p_holm", "profit_low"}
"""Columns drawn by a bootstrap or permutation."""

TEXT_MARKS = ("_en", "_pt_br", "content", "version", "config_hash", "card")


def main() -> None:
    """Compare the two databases named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--texts", action="store_true", help="compare texts too")
    options = parser.parse_args()
    for path in (options.before, options.after):  # SQLite would make an empty one
        if not path.is_file():
            parser.error(f"there is no results database: {path}")
    with sqlite3.connect(options.before) as before, sqlite3.connect(options.after) as after:
        differences = compare_databases(before, after, texts=options.texts)
    for line in differences:
        print(line)
    if not differences:
        print("equal")
    sys.exit(any(not line.startswith("drawn ") for line in differences))


def compare_databases(
    before: sqlite3.Connection, after: sqlite3.Connection, *, texts: bool
) -> list[str]:
    """Return a line for each difference; those of drawn numbers begin with "drawn"."""
    old = {RENAMED_TABLES.get(name, name): name for name in list_tables(before)}
    new = set(list_tables(after))
    lines = [f"table {name} only before" for name in sorted(old.keys() - new)]
    lines += [f"table {name} only after" for name in sorted(new - old.keys())]
    for name in sorted(old.keys() & new):
        renamed = RENAMED.get(old[name], {})
        first = {renamed.get(c, c): c for c in list_columns(before, old[name])}
        second = list_columns(after, name)
        ids = {c for c in (*first, *second) if c in LEFT_OUT or c.endswith("model_id")}
        skipped = ids | {c for c in (*first, *second) if not texts and c.endswith(TEXT_MARKS)}
        one, other = set(first) - skipped, set(second) - skipped
        lines += [f"{name}.{column} only before" for column in sorted(one - other)]
        lines += [f"{name}.{column} only after" for column in sorted(other - one)]
        shared = sorted(one & other)
        rows = read_rows(before, old[name], [first[c] for c in shared])
        lines += compare_rows(name, shared, rows, read_rows(after, name, shared))
    return lines


def list_tables(db: sqlite3.Connection) -> list[str]:
    """Return the names of the tables, views and SQLite's own aside."""
    rows = db.execute("select name from sqlite_master where type = 'table'").fetchall()
    return [name for (name,) in rows if not name.startswith("sqlite_")]


def list_columns(db: sqlite3.Connection, table: str) -> list[str]:
    """Return the names of a table's columns."""
    return [row[0] for row in db.execute("select name from pragma_table_info(?)", [table])]


def read_rows(db: sqlite3.Connection, table: str, columns: list[str]) -> list[Row]:
    """Return the rows, sorted as text; structures in JSON are compared by their content."""
    if not columns:
        return []
    quoted = ", ".join(f'"{column}"' for column in columns)
    rows = db.execute(f'select {quoted} from "{table}"').fetchall()  # noqa: S608  names of sqlite_master
    return sorted((tuple(map(normal, row)) for row in rows), key=sort_key)


def normal(value: Any) -> Any:
    """Return JSON with its keys in order and without what is of the run; others as they are."""
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.dumps(drop_run(json.loads(value)), sort_keys=True)
        except ValueError:
            return value
    return value


def drop_run(value: Any) -> Any:
    """Leave out of structures what is of the run itself: its id, times and ids of models."""
    if isinstance(value, dict):
        return {k: drop_run(v) for k, v in value.items() if k not in {*LEFT_OUT, "id"}}
    return [drop_run(item) for item in value] if isinstance(value, list) else value


def sort_key(row: Row) -> list[str]:
    """Return texts first and numbers rounded, so that rows that nearly agree stand together."""
    texts = [str(v) for v in row if not isinstance(v, float)]
    return texts + [f"{v:.3e}" for v in row if isinstance(v, float)]


def compare_rows(table: str, columns: list[str], before: list[Row], after: list[Row]) -> list[str]:
    """Return a line for each column in which rows differ, with how many and how far."""
    if len(before) != len(after):
        missing = sum((Counter(before) - Counter(after)).values())
        return [
            f"{table}: {len(before)} rows before, {len(after)} after; {missing} not found again"
        ]
    lines = []
    for number, column in enumerate(columns):
        pairs = [(b[number], a[number]) for b, a in zip(before, after, strict=True)]
        wrong = [(b, a) for b, a in pairs if not alike(b, a)]
        if wrong:
            word = "drawn " if column in DRAWN else ""
            lines.append(
                f"{word}{table}.{column}: {len(wrong)} of {len(pairs)} rows, {worst(wrong)}"
            )
    return lines


def alike(before: Any, after: Any) -> bool:
    """Compare two values; numbers to nine digits, which sums in another order keep."""
    if isinstance(before, float | int) and isinstance(after, float | int):
        return math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-12)
    return bool(before == after)


def worst(wrong: list[tuple[Any, Any]]) -> str:
    """Return the pair that lies furthest apart, or the first where they are no numbers."""
    numbers = [pair for pair in wrong if all(isinstance(v, float | int) for v in pair)]
    one, other = max(numbers, key=lambda pair: abs(pair[0] - pair[1])) if numbers else wrong[0]
    return f"such as {str(one)[:80]} and {str(other)[:80]}"


if __name__ == "__main__":
    main()
