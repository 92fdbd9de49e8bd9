"""A small simulated shop, and the command line run inside the test's process."""

import csv
import datetime as dt
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clientela.cli import main
from clientela.cli.failure import encode_facts
from clientela.config import read_settings
from clientela.pipeline.reading import RunRequest
from clientela.pipeline.run import run
from clientela.simulate import RetailSettings, Simulation, simulate_retail

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


@dataclass(frozen=True)
class FirstRun:
    """A small shop's file and the workspace of its first run, to be read or copied."""

    folder: Path

    @property
    def source(self) -> Path:
        return self.folder / "shop" / "transactions.csv"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def facts(self) -> dict[str, Any]:
        """What ``run --json`` printed."""
        facts: dict[str, Any] = json.loads((self.folder / "facts.json").read_text("utf-8"))
        return facts

    def copy(self, folder: Path) -> Path:
        """Copy the workspace, to write into it."""
        return Path(shutil.copytree(self.workspace, folder, dirs_exist_ok=True))

    def write_next_day(self, folder: Path, orders: int = 5, newcomers: int = 0) -> Path:
        """Write an export of the day after the last: some lines of known customers, once more."""
        with self.source.open(encoding="utf-8", newline="") as file:
            lines = [line for line in csv.DictReader(file) if line["CustomerID"]][:orders]
        day = dt.date.fromisoformat(self.facts["as_of"]) + dt.timedelta(days=1)
        target = folder / "next-day.csv"
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(lines[0]))
            writer.writeheader()
            for number, line in enumerate(lines):
                changed = {"InvoiceNo": str(900_000 + number), "InvoiceDate": f"{day} 10:00:00"}
                if number < newcomers:
                    changed["CustomerID"] = str(90_000 + number)
                writer.writerow(line | changed)
        return target

    def make(self) -> None:
        """Simulate the shop and run, unless that was done."""
        if (self.folder / "facts.json").exists():
            return
        source = small_shop(self.folder / "shop").transactions
        now = dt.datetime.now(dt.UTC)
        facts = run(RunRequest((str(source),)), read_settings(QUICK), self.workspace, None, now)
        (self.folder / "facts.json").write_text(encode_facts(facts), "utf-8")


def small_shop(folder: Path, seed: int = 1, customers: int = 120) -> Simulation:
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
