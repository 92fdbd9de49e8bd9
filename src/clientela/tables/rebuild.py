"""The tables as they were at a past moment, in a workspace of their own.

A row counts from the moment it was taken in, and until a correction or a newer version of the
customer replaced it. What the first run took in the firm had before it had us: those rows count
from their own day. Contacts are as of today, for what a person wishes has no past.
"""

import datetime as dt
import json
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.tables import CUSTOMERS, TRANSACTIONS, Column
from clientela.engine import Engine
from clientela.tables.append import Appending, write_partitions
from clientela.tables.buckets import bucket, bucket_of_id
from clientela.tables.manifest import Batch, File, Manifest, TableName
from clientela.tables.returns import link_returns
from clientela.tables.routing import BEFORE
from clientela.tables.schema import ibis_schema
from clientela.tables.workspace import Workspace

UNTIMED = ("contacts", "identities")
REPLACED = {"transactions": "corrected_order", "customers": "superseded_customer"}
"""The rule under which the quarantine holds what a table held before."""


def end_day(day: dt.date, timezone: str) -> dt.datetime:
    """Return the last second of a day in the firm's zone.

    Examples
    --------
    >>> end_day(dt.date(2024, 7, 1), "America/Sao_Paulo").isoformat()
    '2024-07-01T23:59:59-03:00'
    """
    return dt.datetime.combine(day, dt.time(23, 59, 59), ZoneInfo(timezone or "UTC"))


def list_batches(manifest: Manifest, moment: dt.datetime) -> tuple[Batch, ...]:
    """Return the sources taken in by a moment, and those of the first run in any case."""
    known_by = max(moment, _find_first(manifest))
    return tuple(
        batch for batch in manifest.batches if batch.taken_in and batch.taken_in <= known_by
    )


def _find_first(manifest: Manifest) -> dt.datetime:
    """Return when the first run took in its sources."""
    moments = (batch.taken_in for batch in manifest.batches if batch.taken_in)
    return min(moments, default=dt.datetime.min.replace(tzinfo=dt.UTC))


def rebuild_tables(
    engine: Engine, source: Workspace, target: Workspace, scratch: Path, moment: dt.datetime
) -> Manifest:
    """Write what a workspace held at a moment into another one, in the place of what is there.

    Parameters
    ----------
    source, target : Workspace
        Read, and written; models and results of the target stay.
    scratch : Path
        An empty folder to work in.
    moment : datetime
        Aware; lines dated after its day in the firm's zone are left out too.

    Returns
    -------
    Manifest
        What the target holds now.
    """
    manifest = source.manifest()
    shutil.rmtree(target.tables_folder, ignore_errors=True)
    target.begin(anew=True)
    job = Appending(
        workspace=target,
        engine=engine,
        scratch=scratch,
        manifest=Manifest(),
        decisions={},
        now=moment,
        now_local=moment.astimezone(ZoneInfo(manifest.timezone or "UTC")).replace(tzinfo=None),
        tag="000000",
    )
    writer = _Rebuilding(job, source, manifest)
    files = (
        *writer.write_transactions(),
        *writer.write_customers(),
        *writer.write_quarantine(),
    )
    for file in manifest.files:
        if file.table in UNTIMED:
            _copy(source.tables_folder / file.path, target.tables_folder / file.path)
            files = (*files, file)
    for name in ("tombstones.key", "tables/tombstones.json"):
        if (source.folder / name).exists():
            _copy(source.folder / name, target.folder / name)
    rebuilt = msgspec.structs.replace(
        manifest, files=files, batches=list_batches(manifest, moment), last=None
    )
    target.commit(rebuilt)
    return rebuilt


def _to_utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target)


class _Rebuilding:
    """What of a workspace's tables counts at the moment of a job."""

    def __init__(self, job: Appending, source: Workspace, manifest: Manifest) -> None:
        self.job, self.source, self.manifest = job, source, manifest
        self.moment = _to_utc(job.now)
        self.known_by = _to_utc(max(job.now, _find_first(manifest)))

    def write_transactions(self) -> tuple[File, ...]:
        """Write the lines of then, returns linked to the purchases that were known."""
        engine, lines = self.job.engine, self._select("transactions", TRANSACTIONS)
        if lines is None:
            return ()
        after = self.job.now_local.date() + dt.timedelta(days=1)
        lines = engine.materialise(lines.filter(lines.ordered_local < ibis.literal(after)))
        sales, back = (lines.filter(lines.kind == kind) for kind in ("sale", "return"))
        linked = link_returns(engine, sales, back).select(lines.columns)
        rows = lines.filter(lines.kind != "return").union(linked)
        parts = rows.mutate(part_kind=rows.kind, part_bucket=bucket(rows))
        return write_partitions(self.job, parts, "transactions", "000000-lines")

    def write_customers(self) -> tuple[File, ...]:
        """Write the customers of then, each in the version of then."""
        people = self._select("customers", CUSTOMERS)
        if people is None:
            return ()
        parts = people.mutate(part_bucket=bucket_of_id(people.customer_id))
        return write_partitions(self.job, parts, "customers", "000000-customers")

    def write_quarantine(self) -> tuple[File, ...]:
        """Write what had been refused."""
        rows = self._read("quarantine")
        if rows is None:
            return ()
        rows = rows.filter(rows.taken_in <= ibis.literal(self.known_by))
        key = ibis.coalesce(rows.customer_id, rows.line_key)
        parts = rows.mutate(part_bucket=bucket_of_id(key))
        return write_partitions(self.job, parts, "quarantine", "000000-refused")

    def _select(self, table: TableName, columns: tuple[Column, ...]) -> ir.Table | None:
        """Select the rows of then: those held since, and those that were replaced later."""
        stored = self._read(table)
        if stored is None:
            return None
        schema = ibis_schema(columns)
        before = self._restore(table, schema)
        rows = stored.select(schema.names).cast(schema)
        if before is not None:
            rows = rows.union(self.job.engine.from_arrow(before))
        return rows.filter(rows.taken_in <= ibis.literal(self.known_by))

    def _restore(self, table: TableName, schema: ibis.Schema) -> pa.Table | None:
        """Read the rows that were replaced after the moment, as they stand in the quarantine."""
        refused = self._read("quarantine")
        if refused is None:
            return None
        named = refused.table.isin([table, BEFORE] if table == "transactions" else [table])
        # A source may hold two versions of a customer: the older of them was never in the table.
        was_held = named & (refused.rule == REPLACED[table]) & (refused.source == table)
        later = refused.filter(was_held & (refused.taken_in > ibis.literal(self.moment)))
        rows = self.job.engine.to_arrow(later.select("line", "line_key")).to_pylist()
        contents = [json.loads(row["line"]) | {"line_key": row["line_key"]} for row in rows]
        types = schema.to_pyarrow()
        texts = {name: pa.array([c[name] for c in contents], pa.string()) for name in types.names}
        return pa.table({name: pc.cast(texts[name], types.field(name).type) for name in texts})

    def _read(self, table: TableName) -> ir.Table | None:
        paths = self.source.paths(table, manifest=self.manifest)
        return self.job.engine.read_parquet(paths) if paths else None
