"""The manifest of a workspace: which files make up the tables, and where their rows came from.

A file counts only if the manifest names it, and the manifest is replaced in one step. A run that
dies leaves the old manifest, and so the old tables.
"""

import datetime as dt
import hashlib
import os
from pathlib import Path
from typing import Literal

import msgspec

from clientela.errors import WorkspaceDamaged
from clientela.tables.ledger import Ledger

ROTATION = "rotation.parquet"  # the note of a rotation at work, in the workspace
FORMAT = 1  # counts up when workspaces change their form; later ones are refused
TableName = Literal["transactions", "customers", "quarantine", "identities", "contacts"]


def bucket_of(customer_id: str) -> str:
    """Compute the bucket of a customer.

    Examples
    --------
    >>> bucket_of("17850")
    'e'
    """
    return hashlib.md5(customer_id.encode(), usedforsecurity=False).hexdigest()[0]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A Parquet file of a table.

    ``path`` is relative to the workspace's ``tables`` folder, ``size`` is in bytes.
    """

    table: TableName
    path: str
    bucket: str = ""
    kind: str = ""
    rows: int
    size: int = 0
    sha256: str = ""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A source that was read, when it was taken in, and the account of its rows.

    ``file_sha256`` is of the file's bytes and ``reading`` names what decided how it was read; both
    are empty where that has to be read each time.
    """

    sha256: str
    file_sha256: str = ""
    reading: str = ""
    layout: str
    taken_in: dt.datetime | None = None
    ledger: Ledger


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the tables.

    ``read`` counts the sources ever read, and names the next files; ``batches`` keeps those that
    brought new rows; ``cleaning`` is the fingerprint of the settings that rows were read by,
    ``rules`` of the rules that the version knew; ``id_form`` is how customer ids are written,
    ``last`` the last moment that a source told; ``tombstones`` counts the spellings of erased
    people, and ``pseudonyms`` is the fingerprint of the keys that replaced the ids.
    """

    format: int = FORMAT
    currency: str = ""
    timezone: str = ""
    cleaning: str = ""
    rules: str = ""
    pseudonyms: str = ""
    id_form: str = ""
    last: dt.datetime | None = None
    read: int = 0
    tombstones: int = 0
    files: tuple[File, ...] = ()
    batches: tuple[Batch, ...] = ()

    @property
    def data_hash(self) -> str:
        """Name the content of the tables: the sources read, in whatever order."""
        sources = sorted(batch.sha256 for batch in self.batches)
        return hashlib.sha256("\n".join(sources).encode()).hexdigest()

    def of(self, table: TableName, buckets: tuple[str, ...] | None = None) -> tuple[File, ...]:
        """Return the files of a table, of all buckets or of some."""
        return tuple(
            file
            for file in self.files
            if file.table == table and (buckets is None or file.bucket in buckets)
        )


def read(path: Path) -> Manifest:
    """Read a manifest, an empty one where there is none yet.

    Raises
    ------
    WorkspaceDamaged
        The manifest is damaged or of a later version.
    """
    if not path.exists():
        return Manifest()
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise WorkspaceDamaged(
            f"the workspace's manifest is damaged: {error}",
            where=str(path),
            do="clientela doctor --repair brings the last one back; else restore a backup, or "
            "start anew with --replace",
        ) from None
    if manifest.format > FORMAT:
        raise WorkspaceDamaged(
            "the workspace was written by a later version of Clientela",
            where=str(path),
            do="upgrade Clientela",
        )
    return manifest


def encode(manifest: Manifest) -> bytes:
    """Write a manifest as the bytes of its file."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step, durably."""
    aside = path.with_suffix(".tmp")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    flush(path.parent)


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, stand on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
