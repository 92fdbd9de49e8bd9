"""What the simulator knows, beside what the models say."""

from collections.abc import Mapping
from typing import Any

from clientela.report.backtest.grid import grid, titled


def truth_text(facts: Mapping[str, Any]) -> str:
    """Lay out the comparison with the simulator's truth, where there is one."""
    truth = facts.get("truth")
    if not truth:
        return ""
    parts = [
        "Against the simulator's truth\n-----------------------------",
        "\n".join(f"- {sentence}" for sentence in truth.get("sentences", [])),
        *(titled(name, _table(rows)) for name, rows in truth.get("tables", {}).items() if rows),
    ]
    return "\n\n".join(part for part in parts if part)


def _table(rows: list[Mapping[str, Any]]) -> str:
    return grid(list(rows[0]), [list(row.values()) for row in rows])
