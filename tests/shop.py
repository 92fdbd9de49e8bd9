"""A small simulated shop, and the command line run inside the test's process."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clientela.cli import main
from clientela.tables.simulate import RetailSettings, Simulated, simulate_retail

QUICK = Path(__file__).parent / "quick.toml"


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.out)
        return facts


def small_shop(folder: Path, seed: int = 1, customers: int = 120) -> Simulated:
    """Simulate a shop that a run takes in a moment."""
    return simulate_retail(folder, RetailSettings(customers=customers, products=60, seed=seed))


def clientela(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Ran:
    """Run a command as a user would, with ``--json``; a run without a configuration is quick."""
    capsys.readouterr()
    code = main([*_quickly(*map(str, arguments)), "--json"])
    out, err = capsys.readouterr()
    return Ran(code, out, err)


def _quickly(*arguments: str) -> tuple[str, ...]:
    configured = {"--config", "-c"} & set(arguments)
    if arguments[0] != "run" or "--workspace" not in arguments or configured:
        return arguments
    workspace = Path(arguments[arguments.index("--workspace") + 1])
    own = (workspace / "clientela.toml").exists()
    return arguments if own else (*arguments, "--config", str(QUICK))
