"""Past days replayed: the same results as having run then, whatever came late or was corrected."""

import csv
import datetime as dt
import io
import re
from pathlib import Path
from typing import Any

import pytest

from clientela.config import Settings, parse_settings
from clientela.engine import Engine
from clientela.errors import InputError, KeyChanged
from clientela.pipeline.backfill import backfill
from clientela.pipeline.reading import RunRequest, read_sources
from clientela.progress import Progress
from clientela.tables import manifest as manifests
from clientela.tables.reading import ReadJob
from clientela.tables.rebuild import end_day, list_batches, rebuild_tables
from clientela.tables.workspace import Workspace
from tests.shop import small_shop

FIRST, SECOND = dt.date(2011, 10, 10), dt.date(2011, 11, 10)
LATE, CORRECTED = 7, 11  # every so many orders


def write_exports(folder: Path, customers: int = 40) -> tuple[Path, Path]:
    """The shop's file in two: the second brings late orders, and orders with other content."""
    source = small_shop(folder, customers=customers).transactions
    with source.open(newline="") as file:
        reader = csv.DictReader(file)
        rows, header = list(reader), reader.fieldnames or ()
    numbers = {row["InvoiceNo"]: i for i, row in enumerate(rows)}
    early = [row for row in rows if row["InvoiceDate"] < f"{FIRST}"]
    late = [row for row in early if numbers[row["InvoiceNo"]] % LATE == 0]
    wrong = [row for row in early if numbers[row["InvoiceNo"]] % CORRECTED == 0]
    first = [
        row | {"Quantity": str(int(row["Quantity"] or 0) * 2)} if row in wrong else row
        for row in early
        if row not in late
    ]
    second = [row for row in rows if row not in early and row["InvoiceDate"] < f"{SECOND}"]
    again = [row for row in early if row in late or row in wrong]
    paths = folder / "first.csv", folder / "second.csv"
    for path, part in zip(paths, (first, again + second), strict=True):
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, header)
            writer.writeheader()
            writer.writerows(part)
    return paths


def take_in(
    engine: Engine, workspace: Workspace, day: dt.date, request: RunRequest, settings: Settings
) -> None:
    """Take sources in, as a run at three in the night does."""
    now = dt.datetime.combine(day, dt.time(3), dt.UTC)
    with workspace.lock(), workspace.scratch() as scratch:
        progress = Progress("test", io.StringIO())
        read_sources(ReadJob(workspace, engine, settings, progress, scratch, now), request)


def read_rows(engine: Engine, workspace: Workspace) -> dict[str, list[Any]]:
    """Every row of the canonical tables, and of what had been refused."""
    tables = workspace.tables(engine)
    held = {"transactions": tables.transactions, "customers": tables.customers}
    refused = tables.quarantine
    assert refused is not None
    held["quarantine"] = refused.select("rule", "table", "taken_in", "line_key", "line_no")
    return {
        name: []
        if table is None
        else sorted(map(str, engine.to_arrow(table.select(sorted(table.columns))).to_pylist()))
        for name, table in held.items()
    }


def rebuild(engine: Engine, source: Workspace, target: Workspace, day: dt.date) -> None:
    with source.scratch() as scratch:
        rebuild_tables(engine, source, target, scratch, end_day(day, source.manifest().timezone))


def test_tables_are_rebuilt_as_they_were(duckdb: Engine, tmp_path: Path) -> None:
    workspace, then = Workspace(tmp_path / "workspace"), Workspace(tmp_path / "then")
    first, second = write_exports(tmp_path)
    people = tmp_path / "people.csv"
    real = []
    for day, export, region in ((FIRST, first, "Kent"), (SECOND, second, "Wales")):
        people.write_text(f"customer_id,region\n12346,{region}\n12347,Essex\n", "utf-8")
        request = RunRequest((str(export),), (str(people),))
        take_in(duckdb, workspace, day, request, Settings())
        real.append(read_rows(duckdb, workspace))
    assert any("corrected_order" in row for row in real[1]["quarantine"])
    assert any("superseded_customer" in row for row in real[1]["quarantine"])
    for day, rows in ((SECOND, real[1]), (FIRST, real[0])):
        rebuild(duckdb, workspace, then, day)
        assert read_rows(duckdb, then) == rows
    assert len(then.manifest().batches) == 2
    assert list_batches(workspace.manifest(), end_day(FIRST, "UTC")) == then.manifest().batches

    long_ago = FIRST - dt.timedelta(days=90)
    rebuild(duckdb, workspace, then, long_ago)
    known = [row for row in real[0]["transactions"] if day_of(row) <= long_ago]
    assert read_rows(duckdb, then)["transactions"] == known


def day_of(row: str) -> dt.date:
    found = re.search(r"'ordered_local': datetime.datetime\((\d+), (\d+), (\d+)", row)
    assert found is not None
    return dt.date(*map(int, found.groups()))


def test_a_line_cancelled_since_counts_until_then(duckdb: Engine, tmp_path: Path) -> None:
    settings = parse_settings(
        {"source": {"values": {"status": {"paid": "sale", "void": "no sale"}}}}
    )
    workspace, then = Workspace(tmp_path / "workspace"), Workspace(tmp_path / "then")
    header = "order_id,customer_id,ordered_at,quantity,unit_price,status\n"
    for day, state in ((FIRST, "paid"), (SECOND, "void")):
        export = tmp_path / f"{state}.csv"
        lines = [f"A{n},C{n % 5},2011-09-0{n % 9 + 1} 10:00,1,{n}.50,paid\n" for n in range(1, 30)]
        lines[3] = lines[3].replace("paid", state)
        export.write_text(header + "".join(lines), "utf-8")
        take_in(duckdb, workspace, day, RunRequest((str(export),)), settings)
    orders = []
    for day in (FIRST, SECOND):
        rebuild(duckdb, workspace, then, day)
        lines = duckdb.to_arrow(then.tables(duckdb).transactions.select("order_id"))
        orders.append("A4" in lines["order_id"].to_pylist())
    assert orders == [True, False]


def test_only_a_folder_of_its_own_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match="no backfill made it"):
        backfill(Settings(), tmp_path, tmp_path, [FIRST], lang="en")


def test_a_past_under_other_keys_is_not_gone_on_with(tmp_path: Path) -> None:
    for name, key in (("w", "new"), ("into", "old")):
        place = Workspace(tmp_path / name)
        place.tables_folder.mkdir(parents=True)
        place.commit(manifests.Manifest(pseudonyms=key))
    (tmp_path / "into" / "backfill.txt").write_text(f"{(tmp_path / 'w').resolve()}\n")
    with pytest.raises(KeyChanged, match="rotated since"):
        backfill(Settings(), tmp_path / "w", tmp_path / "into", [FIRST], lang="en")


def test_the_past_of_another_workspace_is_not_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "backfill.txt").write_text("/srv/other\n")
    with pytest.raises(InputError, match="another workspace, /srv/other"):
        backfill(Settings(), tmp_path / "w", tmp_path / "into", [FIRST], lang="en")
