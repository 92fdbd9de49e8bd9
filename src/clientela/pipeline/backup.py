"""Backup of a workspace in one file, and its restoration in an empty place.

The results database is copied by SQLite itself, so that a server may go on reading; PostgreSQL has
tools of its own. Every file stands in the backup with its hash, which restoring checks before the
workspace appears.
"""

import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from clientela.errors import InputError
from clientela.tables.workspace import Workspace

HASHES = "backup.json"
SKIPPED = (".lock", ".work")
DATABASE_ENDINGS = ("-wal", "-shm", "-journal")
"""Files beside a SQLite database, which its copy does not need."""
CHUNK_BYTES = 1 << 20  # by convention: 1 MB a read


def back_up(folder: Path, target: Path) -> dict[str, Any]:
    """Write the whole workspace to one file; no run goes on meanwhile.

    Returns
    -------
    dict
        ``written``, ``files`` and ``bytes``.

    Raises
    ------
    InputError
        There is no workspace, or the target is there already.
    Locked
        A run holds the workspace.
    """
    if not folder.is_dir():
        raise InputError("there is no workspace to back up", where=str(folder), do="check -w")
    if target.exists():
        raise InputError(
            "the backup is there already", where=str(target), do="give it another name"
        )
    workspace = Workspace(folder)
    aside = target.with_name(f"{target.name}.part")
    with workspace.lock(), workspace.scratch() as scratch:
        hashes = {}
        with tarfile.open(aside, "w") as archive:
            for path in _list_files(folder):
                name = path.relative_to(folder).as_posix()
                source = _copy_database(path, scratch) if path.suffix == ".db" else path
                archive.add(source, name, recursive=False)
                hashes[name] = _hash_file(source)
            content = msgspec.json.format(msgspec.json.encode(hashes))
            entry = tarfile.TarInfo(HASHES)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(target)
    return {"written": str(target), "files": len(hashes), "bytes": target.stat().st_size}


def restore(source: Path, folder: Path) -> dict[str, Any]:
    """Bring a backup back into an empty place; it appears whole or not at all.

    Returns
    -------
    dict
        ``restored`` and ``files``.

    Raises
    ------
    InputError
        The place is not empty, or the backup is none, damaged or cut off.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(
            "the place to restore to is not empty",
            where=str(folder),
            do="name an empty folder, or move the old workspace away",
        )
    aside = folder.with_name(f"{folder.name}.restoring")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        try:
            with tarfile.open(source) as archive:
                archive.extractall(aside, filter="data")
            hashes = msgspec.json.decode((aside / HASHES).read_bytes(), type=dict[str, str])
        except (tarfile.TarError, OSError, msgspec.DecodeError) as error:
            raise _refuse(source, str(error)) from None
        wrong = [name for name, sha in hashes.items() if _hash_or_none(aside / name) != sha]
        if wrong:
            raise _refuse(source, f"{wrong[0]} is not as it was written")
        (aside / HASHES).unlink()
        if folder.exists():
            folder.rmdir()
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return {"restored": str(folder), "files": len(hashes)}


def _refuse(source: Path, why: str) -> InputError:
    return InputError(
        f"the backup cannot be restored: {why}", where=str(source), do="take another backup"
    )


def _list_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        is_skipped = path.relative_to(folder).parts[0] in SKIPPED
        if path.is_file() and not is_skipped and not path.name.endswith(DATABASE_ENDINGS):
            yield path


def _copy_database(path: Path, scratch: Path) -> Path:
    copy = scratch / path.name
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as whole:
        live.backup(whole)
    return copy


def _hash_or_none(path: Path) -> str | None:
    return _hash_file(path) if path.is_file() else None


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
