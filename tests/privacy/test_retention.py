"""What is older than the firm keeps leaves tables and runs; totals stay."""

import datetime as dt
import os
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import func, select

from clientela.privacy.retention import expire_rows
from clientela.store import schema
from clientela.store.connect import connect_to_read
from clientela.store.publish import publish
from clientela.store.read import open_reader
from clientela.tables.workspace import Workspace
from tests.store.runs import everything, record

DAY = dt.date(2026, 1, 20)


def test_lines_and_refused_rows_of_older_days_go(workspace: Path) -> None:
    held = Workspace(workspace)
    with held.lock():
        held.begin()
        before = held.manifest()
        manifest, expired = expire_rows(held, before, DAY)
        held.commit(manifest)
    rows = [row for path in held.paths("transactions") for row in pq.read_table(path).to_pylist()]
    assert min(row["ordered_local"] for row in rows).date() == DAY
    assert len(rows) + expired["transactions"] == sum(
        file.rows for file in before.of("transactions")
    )
    assert sum(file.rows for file in manifest.of("quarantine")) == 3  # undated, read today
    assert manifest.of("contacts") == before.of("contacts")
    held.check_files()
    assert expire_rows(held, manifest, DAY) == (manifest, {})
    assert expire_rows(held, manifest, None) == (manifest, {})


def test_refused_rows_without_a_date_go_with_their_file(workspace: Path) -> None:
    held = Workspace(workspace)
    for path in held.paths("quarantine"):
        os.utime(path, (0, 0))
    manifest, expired = expire_rows(held, held.manifest(), dt.date(2026, 1, 1))
    assert manifest.of("quarantine") == ()
    assert expired == {"quarantine": 3}


def test_the_last_runs_of_old_months_lose_their_customers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    days = [dt.date(2011, month, 9) for month in (9, 10, 11)]
    for number, day in enumerate(days, 1):
        publish(url, record(number, as_of=day), everything(), keep_from=dt.date(2011, 10, 1))
    customers, runs = schema.customers, schema.runs
    with connect_to_read(url) as connection:
        kept = set(connection.scalars(select(customers.c.run_id).distinct()))
        assert connection.scalar(select(func.count()).select_from(runs)) == 3
    assert kept == {record(2).run_id, record(3).run_id}
    publish(url, record(4, as_of=days[0]), everything(), keep_from=dt.date(2012, 1, 1))
    with closing(open_reader(url)) as reader:
        assert reader.customer("c001").content is not None
