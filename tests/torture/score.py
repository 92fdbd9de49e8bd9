"""What a part of the attack counts, kept on disk so that the attack goes on where it stopped."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

COUNTS = ("tried", "failed", "lost", "seen by the wrong")


class Score:
    """The figures of one part: cases tried, failed, data lost, data seen by the wrong.

    Parameters
    ----------
    path : Path
        Where they stay; a part that was interrupted begins at its next case.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts = dict.fromkeys(COUNTS, 0)
        self.cases: list[str] = []
        self.faults: list[str] = []
        if path.exists():
            state = json.loads(path.read_text("utf-8"))
            self.counts, self.cases, self.faults = state["counts"], state["cases"], state["faults"]

    def is_done(self, case: str) -> bool:
        """Check whether a case was tried before."""
        return case in self.cases

    def note(self, case: str, fault: str = "", kind: str = "failed", times: int = 1) -> None:
        """Count a case, and what went wrong with it."""
        self.cases.append(case)
        self.counts["tried"] += times
        if fault:
            self.counts[kind] += 1
            self.faults.append(f"{case}: {fault}"[:500])
            sys.stderr.write(f"FAULT {case}: {fault}\n"[:2_000])
        content = {"counts": self.counts, "cases": self.cases, "faults": self.faults}
        self.path.write_text(json.dumps(content, indent=1), "utf-8")

    def run(self, case: str, attempt: Callable[[], None]) -> None:
        """Try a case unless it was tried; an assertion that fails is a fault."""
        if self.is_done(case):
            return
        try:
            attempt()
        except Exception as error:
            lost = "lost" in str(error)
            self.note(case, f"{type(error).__name__}: {error}", "lost" if lost else "failed")
        else:
            self.note(case)
