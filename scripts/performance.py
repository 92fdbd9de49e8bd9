"""Write the tables of ``docs/performance.md`` from what the benchmarks kept.

``python scripts/performance.py``; with ``--check`` only say whether the page is stale. Between
``<!-- figures: NAME -->`` and ``<!-- end -->`` stand the tables of ``NAME.json`` of the results,
between ``<!-- goals -->`` and ``<!-- end -->`` every figure that something is aimed at, and between
``<!-- sizes -->`` and ``<!-- end -->`` whole runs by size, between ``<!-- others -->`` and
``<!-- end -->`` what no other block names. All else is written by hand.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from figures import Figure, layout, read_tables, write_number  # noqa: E402

PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "benchmarks" / "results"
BLOCK = re.compile(r"<!-- (figures: ([\w-]+)|goals|sizes|others) -->\n.*?<!-- end -->", re.DOTALL)
ENGINES = {"large-1000000": "one machine", "spark_run": "Spark"}
HOUR_SECONDS = 3_600
MACHINE_MB = 16 * 1024  # what a machine of 2 or 4 cores has for little money, by convention


def main(arguments: list[str]) -> int:
    """Write or check the page, and return the exit code."""
    page = PAGE.read_text("utf-8")
    fresh = render(page)
    if "--check" in arguments:
        print("docs/performance.md is stale" if fresh != page else "docs/performance.md is fresh")
        return int(fresh != page)
    PAGE.write_text(fresh, "utf-8")
    return 0


def render(page: str) -> str:
    """Return the page with its tables written anew."""
    named = {found[2] for found in BLOCK.finditer(page)}
    others = [path.stem for path in sorted(RESULTS.glob("*.json")) if path.stem not in named]
    return BLOCK.sub(lambda found: _render_block(found[1], found[2], others), page)


def _render_block(head: str, name: str | None, others: list[str]) -> str:
    if name:
        kept = (RESULTS / f"{name}.json").exists()
        content = describe_result(read_result(name)) if kept else "Not measured yet."
    elif head == "others":
        content = "\n\n".join(
            f"### {each}\n\n{describe_result(read_result(each))}" for each in others
        )
    else:
        content = write_table(list_goals()) if head == "goals" else describe_sizes()
    return f"<!-- {head} -->\n\n{content}\n\n<!-- end -->"


def read_result(name: str) -> dict[str, Any]:
    """Return what a benchmark kept."""
    kept: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    return kept


def describe_result(kept: dict[str, Any]) -> str:
    """Say how it was measured, then its tables."""
    tables = "\n\n".join(write_table(layout(table)) for table in read_tables(kept))
    load = kept["load"]
    busy = kept.get("note") or f"load {load:.1f} when it began"
    return (
        f"`{kept['command']}`, {kept['date']}, build {kept['build']}, {kept['cores']} cores, "
        f"{busy}:\n\n{tables}"
    )


def list_goals() -> list[list[str]]:
    """List every figure that something is aimed at, with the command that prints it."""
    rows = [["", "measured", "aimed at", "reached", "printed by"]]
    for path in sorted(RESULTS.glob("*.json")):
        kept = read_result(path.stem)
        for figure in (figure for table in read_tables(kept) for figure in table):
            if figure.goal is not None:
                bound = "at least" if figure.least else "at most"
                rows.append(
                    [
                        ": ".join(filter(None, (figure.of, figure.name))),
                        f"{write_number(figure.value)} {figure.unit}".strip(),
                        f"{bound} {write_number(figure.goal)}",
                        "yes" if figure.reached else "no",
                        f"`{kept['command']}`",
                    ]
                )
    return rows


def list_sizes() -> list[list[str]]:
    """List whole runs from the file by engine and size, and what a million customers cost."""
    rows = [
        [
            *("", "customers", "lines", "CPU s", "lines a CPU second", "peak MB"),
            "core hours a million customers",
        ]
    ]
    for name, engine in ENGINES.items():
        if (RESULTS / f"{name}.json").exists():
            rows += [[engine, *row] for row in _list_runs(read_result(name))]
    return rows


def describe_sizes() -> str:
    """Write whole runs by size, and how many customers a machine's memory holds by them."""
    rows = list(_list_runs(read_result("large-1000000")))[-2:]
    (few, few_mb), (many, many_mb) = (
        [float(row[place].replace(",", "")) for place in (0, 4)] for row in rows
    )
    slope = (many_mb - few_mb) / (many - few)
    held = (MACHINE_MB - few_mb) / slope + few
    return (
        f"{write_table(list_sizes())}\n\nFrom {rows[0][0]} to {rows[1][0]} customers memory grows "
        f"by {write_number(slope * 1_000)} MB a thousand: by that line, which nobody has run,\n"
        f"{write_number(MACHINE_MB // 1024)} GB hold {write_number(held / 1e6)} million customers."
    )


def _list_runs(kept: dict[str, Any]) -> Iterator[list[str]]:
    runs: dict[str, dict[str, Figure]] = {}
    for figure in read_tables(kept)[0]:
        runs.setdefault(figure.of, {})[figure.name] = figure
    for of, figures in runs.items():
        if not of.endswith("first run"):
            continue
        customers = int(of.partition(" ")[0].replace(",", ""))
        lines, cpu = figures["lines"].value, figures["CPU s"].value
        hours = cpu / customers * 1_000_000 / HOUR_SECONDS
        values = (customers, lines, cpu, lines / cpu, figures["peak MB"].value, hours)
        yield [write_number(value) for value in values]


def write_table(rows: list[list[str]]) -> str:
    """Write a Markdown table; its first row is the heading."""
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
