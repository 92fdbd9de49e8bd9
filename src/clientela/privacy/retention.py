"""Retention: lines and refused rows older than the firm wants to keep leave the tables."""

import datetime as dt
from collections import Counter

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clientela.tables.manifest import File, Manifest, flush
from clientela.tables.recovery import describe_file
from clientela.tables.workspace import Workspace

DATED = ("transactions", "quarantine")
MONTHS = 12  # of a year


def find_first_day(now: dt.datetime, keep_months: int | None) -> dt.date | None:
    """Return the first day that is kept; None where all are.

    Examples
    --------
    >>> find_first_day(dt.datetime(2026, 3, 31, tzinfo=dt.UTC), 25)
    datetime.date(2024, 2, 1)
    """
    if keep_months is None:
        return None
    months = now.year * MONTHS + now.month - 1 - keep_months
    return dt.date(months // MONTHS, months % MONTHS + 1, 1)


def expire_rows(
    workspace: Workspace, manifest: Manifest, first_day: dt.date | None
) -> tuple[Manifest, dict[str, int]]:
    """Leave out what was dated before a day; nothing counts until the manifest is committed.

    A refused row without a date goes with the file it stands in, by the day that was written.

    Returns
    -------
    Manifest, dict
        The tables without those rows, and how many went by table.
    """
    if first_day is None:
        return manifest, {}
    expired: Counter[str] = Counter()
    files: list[File] = []
    for number, file in enumerate(manifest.files):
        name = f"{manifest.read:06d}-kept-{number}"
        remaining = _keep(workspace, file, first_day, name) if file.table in DATED else file
        expired[file.table] += file.rows - (remaining.rows if remaining else 0)
        files += [remaining] if remaining else []
    if not expired.total():
        return manifest, {}
    changed = msgspec.structs.replace(manifest, files=tuple(files), read=manifest.read + 1)
    return changed, {table: rows for table, rows in expired.items() if rows}


def _keep(workspace: Workspace, file: File, first_day: dt.date, name: str) -> File | None:
    """Return what stands in a file's place: itself, a new one, or none where no row is left."""
    path = workspace.tables_folder / file.path
    source = pq.ParquetFile(path)
    written = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).date()
    undated = written >= first_day
    groups = range(source.num_row_groups)
    dates = (source.read_row_group(group, columns=["ordered_local"]) for group in groups)
    remaining = sum(pc.sum(_mark(rows, first_day, undated=undated)).as_py() or 0 for rows in dates)
    if remaining == file.rows:
        return file
    if not remaining:
        return None
    target = path.with_name(f"{name}.parquet")
    with pq.ParquetWriter(target, source.schema_arrow) as writer:
        for group in groups:
            rows = source.read_row_group(group)
            writer.write_table(rows.filter(_mark(rows, first_day, undated=undated)))
    flush(target)
    flush(target.parent)
    return describe_file(workspace.tables_folder, str(target.relative_to(workspace.tables_folder)))


def _mark(rows: pa.Table, first_day: dt.date, *, undated: bool) -> pa.ChunkedArray:
    moments = rows["ordered_local"]
    first = pa.scalar(dt.datetime.combine(first_day, dt.time()), moments.type)
    return pc.fill_null(pc.greater_equal(moments, first), undated)
