"""Pseudonyms under a further key: the tables are written anew, every row where its new id belongs.

Nothing tells the ids behind pseudonyms, so that the further key replaces the pseudonyms themselves;
a source read later goes through all keys in turn, and comes to the same.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clientela.mapping.row_key import digest_ids
from clientela.sources.guard import ORDER_LETTERS, replace_order
from clientela.sources.ids import pseudonym
from clientela.tables.manifest import File, Manifest, bucket_of, flush
from clientela.tables.recovery import describe_file
from clientela.tables.workspace import Workspace

PSEUDONYM = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
ORDER = re.compile(rf"[0-9a-f]{{{ORDER_LETTERS}}}$")  # whatever mark or store stands before
TOKEN = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{24})(?![0-9a-f])")
ROWS_HELD = 1_000_000  # by convention, some 200 MB of lines before they are written
DIGEST_LETTERS = 32  # of an MD5 in hexadecimal, of which a key of pseudonyms has two


class Rotation:
    """Replace pseudonyms by those under a further key.

    Parameters
    ----------
    pseudonyms : set of str
        Those to be replaced, of customers and of orders in refused lines; others pass, so that it
        may be done twice.
    key : bytes
        The further key.
    """

    def __init__(self, pseudonyms: Set[str], key: bytes) -> None:
        self._key = key
        self.replaced: Mapping[str, str] = {
            text: pseudonym(text, key)[: len(text)] for text in sorted(pseudonyms)
        }

    def replace(self, text: str) -> str:
        """Replace the pseudonyms in a text."""
        return TOKEN.sub(lambda match: self.replaced.get(match[0], match[0]), text)

    def replace_order(self, text: str) -> str:
        """Replace the number of an order, and the customer in one derived of theirs."""
        derived = self.replace(text)
        if derived != text:
            return derived
        return ORDER.sub(lambda match: replace_order(match[0], self._key), text)


def list_pseudonyms(workspace: Workspace, manifest: Manifest) -> set[str]:
    """Return the pseudonyms of customers in the tables, and of orders in refused lines."""
    pseudonyms: set[str] = set()
    for file in manifest.files:
        rows = pq.ParquetFile(workspace.tables_folder / file.path)
        is_refused = file.table == "quarantine"
        names = ["customer_id", *(("line", "line_key") if is_refused else ())]
        for group in range(rows.num_row_groups):
            table = rows.read_row_group(group, columns=names)
            ids = pc.unique(table["customer_id"])
            pseudonyms.update(*map(find_pseudonyms, filter(None, ids.to_pylist())))
            if is_refused:
                orders = map(_find_order, table.to_pylist())
                pseudonyms.update(*(ORDER.findall(order) for order in orders if order))
    return pseudonyms


def find_pseudonyms(text: str) -> list[str]:
    """Return what may be pseudonyms of customers in a text."""
    return PSEUDONYM.findall(text)


def rotate_tables(workspace: Workspace, rotation: Rotation, pseudonyms: str) -> int:
    """Write the tables anew, in one step; return how many rows they have.

    The caller holds the workspace's lock.

    Parameters
    ----------
    pseudonyms : str
        The fingerprint of the keys from now on.
    """
    workspace.begin(rotating=True)
    manifest = workspace.manifest()
    writer = _Writer(workspace.tables_folder, f"{manifest.read:06d}-rotated")
    files = sorted(manifest.files, key=_part)
    written: list[File] = []
    for (table, kind), group in groupby(files, key=_part):
        paths = [workspace.tables_folder / file.path for file in group]
        parts = (_replace_rows(rows, table, rotation) for rows in _read(paths))
        written += writer.write(Path(table, f"kind={kind}") if kind else Path(table), parts)
    changed = msgspec.structs.replace(
        manifest, files=tuple(written), read=manifest.read + 1, pseudonyms=pseudonyms
    )
    workspace.commit(changed)
    return sum(file.rows for file in written)


def _part(file: File) -> tuple[str, str]:
    return file.table, file.kind


def _read(paths: list[Path]) -> Iterator[pa.Table]:
    """Yield the rows of files a row group at a time, all with the columns of all."""
    sources = [pq.ParquetFile(path) for path in paths]
    empty = pa.unify_schemas([source.schema_arrow for source in sources]).empty_table()
    for source in sources:
        for group in range(source.num_row_groups):
            rows = source.read_row_group(group)
            yield pa.concat_tables([empty, rows], promote_options="default")


def _replace_rows(rows: pa.Table, table: str, rotation: Rotation) -> pa.Table:
    """Replace ids, orders and keys; last comes the bucket that each row now belongs to."""
    names = [name for name in ("order_id", "returns_order_id", "line") if name in rows.column_names]
    before = rows.select([*names, *({"line_key"} & set(rows.column_names)), "customer_id"])
    records = before.to_pylist()
    buckets = [_replace_record(record, table, rotation) for record in records]
    for name in before.column_names:
        field = rows.schema.field(name)
        values = pa.array([record[name] for record in records], field.type)
        rows = rows.set_column(rows.column_names.index(name), field, values)
    return rows.append_column("bucket", pa.array(buckets, pa.string()))


def _replace_record(record: dict[str, Any], table: str, rotation: Rotation) -> str:
    """Replace what one row holds, in place; return the bucket it now belongs to."""
    owner, order, key = (record.get(name) for name in ("customer_id", "order_id", "line_key"))
    if table == "quarantine":
        order = _find_order(record)
        record["line"] = rotation.replace(record["line"] or "")
    new_owner = None if owner is None else rotation.replace(owner)
    new_order = None if order is None else rotation.replace_order(order)
    record["customer_id"] = new_owner
    record |= {"order_id": new_order} if "order_id" in record else {}
    if record.get("returns_order_id") is not None:
        record["returns_order_id"] = rotation.replace_order(record["returns_order_id"])
    if key is None or len(key) != 2 * DIGEST_LETTERS:
        # Of a line that could not be read, which stands by its key, or of contacts, without one
        return bucket_of(new_owner) if new_owner else str(key)[0]
    content, ids = key[:DIGEST_LETTERS], key[DIGEST_LETTERS:]
    pairs = [((owner, order), (new_owner, new_order)), ((owner,), (new_owner,))]
    pairs.append(((order,), (new_order,)))  # of posted lines
    new = next((digest_ids(*after) for before, after in pairs if digest_ids(*before) == ids), ids)
    record["line_key"] = content + new
    return bucket_of(new_owner or new_order or record["line_key"])


def _find_order(record: dict[str, Any]) -> str | None:
    """Return the number among a refused line's values that its key was made of."""
    owner, ids = record["customer_id"], record["line_key"][DIGEST_LETTERS:]
    try:
        content = json.loads(record["line"] or "")
    except ValueError:
        return None
    values = content.values() if isinstance(content, dict) else ()
    texts = [text for text in values if isinstance(text, str)]
    digests = ((text, digest_ids(owner, text), digest_ids(text)) for text in texts)
    return next((text for text, *either in digests if ids in either), None)


class _Writer:
    """Write rows into a file a bucket, once there are many."""

    def __init__(self, folder: Path, tag: str) -> None:
        self.folder, self.tag, self.number = folder, tag, 0

    def write(self, place: Path, parts: Iterator[pa.Table]) -> list[File]:
        by_bucket: dict[str, list[pa.Table]] = defaultdict(list)
        rows, files = 0, list[File]()
        for part in parts:
            for bucket in pc.unique(part["bucket"]).to_pylist():
                theirs = part.filter(pc.equal(part["bucket"], bucket)).drop_columns("bucket")
                by_bucket[bucket].append(theirs)
            rows += part.num_rows
            if rows >= ROWS_HELD:
                files += self._flush(place, by_bucket)
                rows = 0
        return files + self._flush(place, by_bucket)

    def _flush(self, place: Path, by_bucket: dict[str, list[pa.Table]]) -> list[File]:
        files = []
        for bucket in sorted(by_bucket):
            path = place / f"bucket={bucket}" / f"{self.tag}-{self.number}.parquet"
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.concat_tables(by_bucket[bucket]), target)
            flush(target)
            flush(target.parent)
            files.append(describe_file(self.folder, str(path)))
            self.number += 1
        by_bucket.clear()
        return files
