"""Past days replayed: the same results and models as having run then."""

import datetime as dt
import shutil
import sqlite3
from pathlib import Path

from clientela.config import read_settings
from clientela.pipeline.backfill import backfill, list_days
from clientela.pipeline.reading import RunRequest
from clientela.pipeline.run import run
from tests.pipeline.test_backfill import FIRST, SECOND, write_exports
from tests.shop import QUICK
from tests.torture.score import Score

PUBLISHED = ("customers", "segments", "figures", "models", "revenue_by_month", "drift")


def attack(score: Score, folder: Path) -> None:
    """Run on two days, the second with late and corrected orders, and replay both."""
    shutil.rmtree(folder)
    folder.mkdir()
    score.run("two days", lambda: compare_replay(folder))


def read_published(store: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(store) as connection:
        connection.row_factory = sqlite3.Row
        runs = {
            row["run_id"]: i
            for i, row in enumerate(connection.execute("SELECT run_id FROM runs ORDER BY run_id"))
        }
        tables = {}
        for name in PUBLISHED:
            rows = [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]  # noqa: S608
            for row in rows:
                row["run_id"] = runs[row["run_id"]]
                row.pop("reference_run_id", None)
            tables[name] = sorted((tuple(row.values()) for row in rows), key=str)
    return tables


def compare_replay(folder: Path) -> None:
    settings, workspace = read_settings(QUICK), folder / "workspace"
    exports = write_exports(folder, customers=60)
    customers = []
    for day, export in zip((FIRST, SECOND), exports, strict=True):
        now = dt.datetime.combine(day, dt.time(3), dt.UTC)
        facts = run(RunRequest((str(export),)), settings, workspace, None, now)
        customers.append((facts["as_of"], facts["customers"], facts["net_amount"]))
    assert any(line["place"] == "replaced" for line in facts["reconciliation"])
    before = {path: path.read_bytes() for path in (workspace / "tables").rglob("*.*")}

    days = list_days(FIRST, SECOND, "month")
    replayed = backfill(settings, workspace, folder / "then", days, lang="en")

    names = ("as_of", "customers", "net_amount")
    assert [tuple(row[name] for name in names) for row in replayed["runs"]] == customers
    then, real = (read_published(folder / place / "results.db") for place in ("then", "workspace"))
    for name in PUBLISHED:
        assert then[name], name
        assert then[name] == real[name], name
    assert models_of(folder / "then") == models_of(workspace)
    assert {path: path.read_bytes() for path in before} == before
    assert backfill(settings, workspace, folder / "then", days, lang="en")["runs"] == []


def models_of(workspace: Path) -> dict[str, bytes]:
    """Every file of every model: what is learnt again from the same rows has the same bytes."""
    folder = workspace / "models"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}
