"""Merge the small files that nightly appends leave, so that reading stays quick over the years."""

from collections import Counter

import ibis
import msgspec

from clientela.tables.append import Appending, write_partitions
from clientela.tables.manifest import File, Manifest

MOST_FILES = 32  # by convention: a month of nightly runs between two tidyings


def compact_files(job: Appending, manifest: Manifest) -> Manifest:
    """Merge each part of a table that is in more than 32 files into one file.

    A part is a kind and bucket of the transactions, or a bucket of the quarantine. Nothing counts
    until the manifest is committed.
    """
    parts = Counter((file.table, file.kind, file.bucket) for file in manifest.files)
    files = manifest.files
    for (table, kind, bucket), count in parts.items():
        if count <= MOST_FILES:
            continue
        small = [f for f in files if (f.table, f.kind, f.bucket) == (table, kind, bucket)]
        files = tuple(f for f in files if f not in small) + _merge_files(job, small)
    return msgspec.structs.replace(manifest, files=files)


def _merge_files(job: Appending, small: list[File]) -> tuple[File, ...]:
    first = small[0]
    rows = job.engine.read_parquet([job.workspace.tables_folder / file.path for file in small])
    rows = rows.mutate(part_bucket=ibis.literal(first.bucket))
    if first.kind:
        rows = rows.mutate(part_kind=rows.kind)
    name = f"{job.tag}-{first.kind or first.table}-{first.bucket}-merged"
    return write_partitions(job, rows, first.table, name)
