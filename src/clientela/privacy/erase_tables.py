"""Erasing people from the canonical tables: each file that holds one is written anew without them.

Files are read and written a row group at a time, so that memory does not grow with the tables.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clientela.privacy.traces import Traces
from clientela.store.mentions import blank_mentions
from clientela.tables.manifest import File, Manifest, flush
from clientela.tables.mentions import list_texts
from clientela.tables.recovery import describe_file
from clientela.tables.workspace import Workspace


def erase_from_tables(workspace: Workspace, traces: Traces) -> dict[str, int]:
    """Rewrite the tables without some people, in one step; return the rows erased by table.

    The caller holds the workspace's lock. Other people's free texts that name them are blanked,
    which counts as ``mentions``.
    """
    workspace.begin()
    manifest = workspace.manifest()
    tag = f"{manifest.read:06d}-erased"
    erased: Counter[str] = Counter()
    files: list[File] = []
    for number, file in enumerate(manifest.files):
        files += _rewrite(workspace.tables_folder, file, traces, f"{tag}-{number}", erased)
    tombstones = workspace.tombstones(manifest)
    _commit(workspace, manifest, tuple(files), len(tombstones.hashes))
    return dict(erased)


def _commit(
    workspace: Workspace, manifest: Manifest, files: tuple[File, ...], tombstones: int
) -> None:
    if files == manifest.files and tombstones == manifest.tombstones:
        return
    changed = msgspec.structs.replace(
        manifest, files=files, read=manifest.read + 1, tombstones=tombstones
    )
    workspace.commit(changed)


def _rewrite(
    folder: Path, file: File, traces: Traces, name: str, erased: Counter[str]
) -> list[File]:
    """Return what stands in a file's place: itself, a new one, or none where no row is left."""
    path = folder / file.path
    source = pq.ParquetFile(path)
    theirs, mentions = _count(source, file, traces)
    if not theirs and not mentions:
        return [file]
    erased[file.table] += theirs
    if mentions:
        erased["mentions"] += mentions
    if theirs == file.rows:
        return []
    target = path.with_name(f"{name}.parquet")
    pattern = traces.pattern
    with pq.ParquetWriter(target, source.schema_arrow) as writer:
        for group in range(source.num_row_groups):
            rows = source.read_row_group(group)
            rows = rows.filter(pc.invert(_mark(rows, file, traces)))
            writer.write_table(_blank(rows, pattern))
    flush(target)
    flush(target.parent)
    return [describe_file(folder, str(target.relative_to(folder)))]


def _count(source: pq.ParquetFile, file: File, traces: Traces) -> tuple[int, int]:
    """Count the rows of some people in a file, and those of others that name them."""
    texts = list_texts(source.schema_arrow)
    columns = [
        name
        for name in source.schema_arrow.names
        if name in texts or name in ("customer_id", "order_id", "source_id", "line")
    ]
    theirs, mentions, pattern = 0, 0, traces.pattern
    for group in range(source.num_row_groups):
        rows = source.read_row_group(group, columns=columns)
        marks = _mark(rows, file, traces)
        theirs += pc.sum(marks).as_py() or 0
        others = rows.filter(pc.invert(marks))
        mentions += sum(len(_find_mentions(others, name, pattern)) for name in texts)
    return theirs, mentions


def _mark(rows: pa.Table, file: File, traces: Traces) -> pa.ChunkedArray:
    """Mark the rows of some people: by id, by order where there is no id, by what a line says."""
    ids = pa.array([*traces.ids, *traces.spellings], pa.string())
    marks = pc.is_in(rows["customer_id"], value_set=ids)
    if "order_id" in rows.column_names:
        orders = pc.is_in(rows["order_id"], value_set=pa.array(traces.orders, pa.string()))
        marks = pc.or_(marks, pc.and_(orders, pc.is_null(rows["customer_id"])))
    if file.table == "quarantine":
        marks = pc.or_(marks, _mark_lines(rows, traces))
    return marks


def _mark_lines(rows: pa.Table, traces: Traces) -> pa.ChunkedArray:
    owners, lines = rows["customer_id"].to_pylist(), rows["line"].to_pylist()
    named = [
        traces.names(line, whole=owner is None) for owner, line in zip(owners, lines, strict=True)
    ]
    return pa.chunked_array([pa.array(named, pa.bool_())])


def _find_mentions(rows: pa.Table, column: str, pattern: re.Pattern[str] | None) -> Sequence[int]:
    """Return the positions of rows whose free text names somebody."""
    if pattern is None or column not in rows.column_names:
        return []
    texts = pc.unique(rows[column].combine_chunks()).to_pylist()
    named = [text for text in texts if text is not None and pattern.search(text)]
    if not named:
        return []
    marks = pc.is_in(rows[column], value_set=pa.array(named, pa.string()))
    positions: list[int] = pc.indices_nonzero(marks).to_pylist()
    return positions


def _blank(rows: pa.Table, pattern: re.Pattern[str] | None) -> pa.Table:
    for name in list_texts(rows.schema):
        positions = _find_mentions(rows, name, pattern)
        if not positions or pattern is None:
            continue
        values = rows[name].to_pylist()
        for position in positions:
            values[position] = blank_mentions(pattern, values[position])
        index = rows.column_names.index(name)
        rows = rows.set_column(index, rows.schema.field(name), pa.array(values, pa.string()))
    return rows
