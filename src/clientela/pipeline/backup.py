"""Backup of a workspace in one file, and its restoration in an empty place.

A results database in SQLite is copied by SQLite itself, so that a server may go on reading; one in
PostgreSQL table by table into SQLite, and back. Every file stands in the backup with its hash,
which restoring checks before the workspace appears.
"""

import datetime as dt
import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

import msgspec

from clientela.errors import InputError
from clientela.files.atomic_write import aside
from clientela.files.object_lock import lock_prefix
from clientela.files.object_store import exists, is_object, open_reader, open_writer
from clientela.store.copy import copy_results
from clientela.tables.workspace import Workspace

HASHES = "backup.json"
RESULTS_COPY = "store.db"
"""Results that are kept in PostgreSQL, as they stand in a backup."""
SKIPPED = (".lock", ".work")
DATABASE_ENDINGS = ("-wal", "-shm", "-journal")
"""Files beside a SQLite database, which its copy does not need."""
OWNER_MODE = 0o600  # as all that is written: it names customers
RESTORING = ".clientela-restoring"  # marks what is being unpacked, which nothing else bears
CHUNK_BYTES = 1 << 20  # by convention: 1 MB a read


def back_up(folder: Path, target: str, store_url: str, now: dt.datetime) -> dict[str, Any]:
    """Write the whole workspace to one file; no run goes on meanwhile.

    Parameters
    ----------
    folder : Path
        The workspace.
    target : str
        The file, or ``s3://bucket/prefix/name``.
    store_url : str
        The results database; one in PostgreSQL is copied too.
    now : datetime
        The moment, aware.

    Returns
    -------
    dict
        ``written``, ``files``, ``bytes`` and ``replaced_lock``: whose lock in S3 had expired.

    Raises
    ------
    InputError
        There is no workspace, or the target is there already.
    Locked
        A run holds the workspace, or another writes to the place in S3.
    """
    if not folder.is_dir():
        raise InputError("there is no workspace to back up", where=str(folder), do="check -w")
    workspace = Workspace(folder)
    with (
        workspace.lock(),
        _lock_place(target, now) as owner,
        workspace.scratch() as scratch,
        _write_new(target) as file,
    ):
        hashes = {}
        with tarfile.open(fileobj=file, mode="w|", bufsize=CHUNK_BYTES) as archive:
            for path, name in _list_sources(folder, scratch, store_url):
                archive.add(path, name, recursive=False)
                hashes[name] = _hash_file(path)
            content = msgspec.json.format(msgspec.json.encode(hashes))
            entry = tarfile.TarInfo(HASHES)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return {
        "written": target,
        "files": len(hashes),
        "bytes": archive.offset,
        "replaced_lock": owner,
    }


def _lock_place(target: str, now: dt.datetime) -> AbstractContextManager[str | None]:
    return lock_prefix(target.rpartition("/")[0], now) if is_object(target) else nullcontext()


@contextmanager
def _write_new(target: str) -> Iterator[IO[bytes]]:
    """Open a file that is not there yet; it appears when all is written."""
    exists_already = exists(target) if is_object(target) else Path(target).exists()
    if exists_already:
        raise InputError("the backup is there already", where=target, do="give it another name")
    if is_object(target):
        with open_writer(target) as writer:
            yield writer
        return
    with aside(Path(target)) as path, path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _list_sources(folder: Path, scratch: Path, store_url: str) -> Iterator[tuple[Path, str]]:
    """List what a backup holds: the file to read, and its name there."""
    for path in _list_files(folder):
        source = _copy_database(path, scratch) if path.suffix == ".db" else path
        yield source, path.relative_to(folder).as_posix()
    if not store_url.startswith("sqlite"):
        copy_results(store_url, f"sqlite:///{(scratch / RESULTS_COPY).absolute()}")
        yield _copy_database(scratch / RESULTS_COPY, scratch), RESULTS_COPY


def restore(source: str, folder: Path, store: str | None = None) -> dict[str, Any]:
    """Bring a backup back into an empty place; it appears whole or not at all.

    Parameters
    ----------
    source : str
        The file, or ``s3://bucket/prefix/name``.
    folder : Path
        The workspace, empty.
    store : str, optional
        The empty database to bring results of PostgreSQL back to; ``results.db`` if absent.

    Returns
    -------
    dict
        ``restored``, ``files`` and ``rows``, those brought back to ``store``.

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
    address, folder = str(folder), folder.absolute()  # "." has no name
    unpacked = folder.with_name(f"{folder.name}.restoring")
    _clear_earlier(unpacked)
    unpacked.mkdir(parents=True)
    (unpacked / RESTORING).touch()
    try:
        hashes = _unpack(source, unpacked)
        rows = _restore_results(unpacked, store)
        if folder.exists():
            folder.rmdir()
        unpacked.replace(folder)
        (folder / RESTORING).unlink()
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    return {"restored": address, "files": len(hashes), "rows": rows}


def _clear_earlier(unpacked: Path) -> None:
    """Remove what a restoring that was killed left; nothing that does not bear its mark.

    Raises
    ------
    InputError
        Something else stands there.
    """
    if not unpacked.is_symlink() and (unpacked / RESTORING).is_file():
        shutil.rmtree(unpacked)
    elif unpacked.is_symlink() or (unpacked.exists() and any(unpacked.iterdir())):
        raise InputError(
            "the backup is unpacked beside its place first, and something stands there already",
            where=str(unpacked),
            do="move it away, or restore to another name",
        )
    elif unpacked.exists():
        unpacked.rmdir()


def _unpack(source: str, folder: Path) -> dict[str, str]:
    """Unpack a backup and return the hashes of its files, all of them right."""
    try:
        with (
            open_reader(source) if is_object(source) else Path(source).open("rb") as file,
            tarfile.open(fileobj=file, mode="r|") as archive,
        ):
            archive.extractall(folder, filter=_keep_private)  # noqa: S202 - stricter than "data"
        hashes = msgspec.json.decode((folder / HASHES).read_bytes(), type=dict[str, str])
    except (tarfile.TarError, OSError, msgspec.DecodeError) as error:
        raise _refuse(source, str(error)) from None
    wrong = [name for name, sha in hashes.items() if _hash_or_none(folder / name) != sha]
    (folder / HASHES).unlink()
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    wrong += sorted(present - hashes.keys() - {RESTORING})
    if wrong:
        raise _refuse(source, f"{wrong[0]} is not as it was written")
    return hashes


def _keep_private(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
    """Take files alone, whoever could read them where they were: they name customers."""
    if not member.isreg():
        raise tarfile.SpecialFileError(member)
    return tarfile.data_filter(member, folder).replace(mode=OWNER_MODE)


def _restore_results(folder: Path, store: str | None) -> int:
    """Bring results of PostgreSQL back: to a database, or to where a workspace has its own."""
    copy = folder / RESULTS_COPY
    if not copy.exists():
        return 0
    if store is None:
        copy.replace(folder / "results.db")
        return 0
    rows = copy_results(f"sqlite:///{copy.absolute()}", store)
    for path in folder.glob(f"{RESULTS_COPY}*"):
        path.unlink()
    return rows


def _refuse(source: str, why: str) -> InputError:
    return InputError(
        f"the backup cannot be restored: {why}", where=source, do="take another backup"
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
