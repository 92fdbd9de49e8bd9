"""Canonical tables to features on Spark, against the same features in hand-written SQL on Spark.

``python benchmarks/spark.py [lines]``, 500,000 unless said. Both sides run in one local session on
the same workspace, in turns, after one turn each that is not counted. CPU is that of the Java
process and of Python, from planning to the Arrow table. By hand is ``features.sql``, put into
Spark's dialect. The table's values must be equal; the exit code is 1 beyond the limit.
"""

import os
import re
import resource
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from figures import Figure, report
from lines import AS_OF, workspace

from clientela.config import EngineSettings
from clientela.engine import connect
from clientela.features.build import build

FOLDER = Path(__file__).parent
WORK = FOLDER / ".work" / "features"
LINES = 500_000
TURNS = 3
MOST_RATIO = 1.2
TICKS = os.sysconf("SC_CLK_TCK")


DIALECT = (
    (
        r"getvariable\('as_of'\) - CAST\((\w+) AS DATE\)",
        r"datediff(DATE '{day}', CAST(\1 AS DATE))",
    ),
    (r"CAST\(first_at AS DATE\) - (lag\(.*?\)\s+OVER \(.*?\))", r"datediff(first_at, \1)"),
    (r"getvariable\('as_of'\)", "DATE '{day}'"),
    (r"first\(name ORDER BY gross DESC, name\)", "min_by(name, struct(-gross, name))"),
    (r"isodow\((\w+)\)", r"weekday(\1) + 1"),
    (r"FILTER \(", "FILTER (WHERE "),
    (r"\bEXCLUDE\b", "EXCEPT"),
    (r"\bVARCHAR\b", "STRING"),
)
"""What DuckDB writes otherwise than Spark, in ``features.sql``."""


def write_hand() -> str:
    """Put ``features.sql`` into Spark's dialect, for the benchmark's day."""
    sql = (FOLDER / "features.sql").read_text("utf-8")
    for pattern, written in DIALECT:
        sql = re.sub(pattern, written.format(day=AS_OF), sql, flags=re.DOTALL)
    return sql


def measure_cpu(process: int) -> float:
    """Return the CPU seconds of this process and of Spark's."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime + (int(fields[11]) + int(fields[12])) / TICKS


def main(lines: int = LINES) -> int:
    """Measure both sides in turns and report their CPU."""
    made = workspace(WORK, lines)
    engine: Any = connect(EngineSettings(name="spark"), WORK / "spill")
    process = engine.session.sparkContext._gateway.proc.pid
    groups = made.groups(engine.rows_at_once)
    engine.bind("lines", made.tables(engine).transactions)
    hand_sql = write_hand()
    sides: dict[str, Callable[[], pa.Table]] = {
        "ours": lambda: build(engine, lambda group: made.tables(engine, group), AS_OF, groups),
        "hand": lambda: engine.session.sql(hand_sql).toArrow().sort_by("customer_id"),
    }
    tables = {side: compute() for side, compute in sides.items()}
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(TURNS):
        for side, compute in sides.items():
            before = measure_cpu(process)
            compute()
            seconds[side].append(measure_cpu(process) - before)
    engine.close()
    ratio = statistics.median(
        ours / hand for ours, hand in zip(seconds["ours"], seconds["hand"], strict=True)
    )
    ours, hand = (statistics.median(seconds[side]) for side in sides)
    differing = [
        name
        for name in tables["ours"].column_names
        if not is_equal(tables["ours"][name], tables["hand"][name])
    ]
    if differing:
        print(f"different values in {', '.join(differing)}")
    figures = [
        Figure("lines", lines),
        Figure("features, CPU s", ours),
        Figure("the same by hand, CPU s", hand),
        Figure("features, of the SQL by hand", ratio, limit=MOST_RATIO, goal=MOST_RATIO),
        Figure("columns whose values differ", len(differing), limit=0),
    ]
    return report("spark", figures)


def is_equal(ours: pa.ChunkedArray, hand: pa.ChunkedArray) -> bool:
    """Compare two columns, floats to a billionth."""
    if not pa.types.is_floating(ours.type):
        return bool(ours.equals(hand.cast(ours.type)))
    left, right = (values.cast(pa.float64()).to_numpy() for values in (ours, hand))
    return bool(np.allclose(left, right, rtol=1e-9, atol=1e-9, equal_nan=True))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
