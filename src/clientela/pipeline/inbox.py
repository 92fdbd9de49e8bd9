"""A folder or prefix of S3 with new files: taken as they came, moved when they are in.

A prefix of S3 is held by a lock meanwhile, for its files could be taken from two machines. Of a
table of a database new rows are taken: the workspace knows those that it holds by their content,
so that nothing is moved or marked there.
"""

import dataclasses
import datetime as dt
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec

from clientela.config.database_url import show_url
from clientela.config.system import DONE, REFUSED
from clientela.errors import InputError
from clientela.files.object_lock import lock_prefix
from clientela.files.object_store import (
    is_object,
    list_objects,
    move,
    open_bucket,
    write_object,
)
from clientela.i18n import translate
from clientela.pipeline.reading import RunRequest
from clientela.telemetry import logger

UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
"""Endings that programs give to files they still write, by their own conventions."""

Run = Callable[[RunRequest], dict[str, Any]]


class Inbox(Protocol):
    """A place with new files."""

    def hold(self, now: dt.datetime) -> AbstractContextManager[str | None]:
        """Keep others out; gives whose lock had expired."""

    def list_files(self) -> list[str]:
        """List the files that are there whole, the oldest first; hidden ones are no exports."""

    def move(self, file: str, name: str) -> None:
        """Move a file to a name inside of the inbox."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file beside those that were moved."""


class FolderInbox:
    """A folder of this machine; the lock of the workspace keeps others out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def hold(self, now: dt.datetime) -> AbstractContextManager[str | None]:
        """Hold nothing: the run itself holds the workspace."""
        return nullcontext()

    def list_files(self) -> list[str]:
        """List the files, the oldest first.

        Raises
        ------
        InputError
            There is no such folder.
        """
        if not self._folder.is_dir():
            raise InputError(
                "there is no such inbox",
                where=str(self._folder),
                do="make the folder, or correct --inbox",
            )
        files = [path for path in self._folder.iterdir() if path.is_file() and is_whole(path.name)]
        return [str(path) for path in sorted(files, key=lambda path: (_age(path), path.name))]

    def move(self, file: str, name: str) -> None:
        """Move a file; the folder is made."""
        target = self._folder / name
        target.parent.mkdir(exist_ok=True)
        shutil.move(file, target)

    def write(self, name: str, content: bytes) -> None:
        """Write a file."""
        (self._folder / name).write_bytes(content)


class BucketInbox:
    """A prefix of S3."""

    def __init__(self, prefix: str) -> None:
        self._prefix = f"{prefix.rstrip('/')}/"

    def hold(self, now: dt.datetime) -> AbstractContextManager[str | None]:
        """Hold the prefix."""
        return lock_prefix(self._prefix, now)

    def list_files(self) -> list[str]:
        """List the objects right under the prefix, the oldest first."""
        prefix = open_bucket(self._prefix)[1]
        names = [meta["path"].removeprefix(prefix) for meta in list_objects(self._prefix)]
        return [self._prefix + name for name in names if "/" not in name and is_whole(name)]

    def move(self, file: str, name: str) -> None:
        """Give an object another name."""
        move(file, self._prefix + name)

    def write(self, name: str, content: bytes) -> None:
        """Write an object."""
        write_object(content, self._prefix + name)


def is_whole(name: str) -> bool:
    """Check that a name is neither hidden nor that of a file which is still written.

    Examples
    --------
    >>> is_whole("sales.csv"), is_whole("sales.csv.part"), is_whole(".DS_Store")
    (True, False, False)
    """
    return not name.startswith(".") and not name.endswith(UNFINISHED)


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns


def open_inbox(place: str) -> Inbox:
    """Open an inbox: a folder, or ``s3://bucket/prefix``."""
    return BucketInbox(place) if is_object(place) else FolderInbox(Path(place))


def run_inbox(place: str, request: RunRequest, run: Run, now: dt.datetime) -> dict[str, Any]:
    """Run with all files of an inbox; those that cannot be read are set aside, the others go in.

    A file that went in stands in ``done``, with the moment before its name, after the run was
    published; a run that dies leaves it where it was, and rows that are held already change
    nothing. A refused file stands in ``refused`` beside its problem, ``NAME.problem.json``.

    Parameters
    ----------
    place : str
        A folder, ``s3://bucket/prefix``, or a table: ``postgresql://reader@db/shop?table=sales``.
    run : callable
        The whole job.

    Returns
    -------
    dict
        What the run gives, with ``inbox``: the names ``taken`` and those ``refused`` with why.

    Raises
    ------
    InputError
        What is wrong is not one file's fault, or nothing could be taken at all.
    Locked
        Another run takes files from the same prefix of S3.
    """
    if "://" in place and not is_object(place):
        facts = run(dataclasses.replace(request, sources=(*request.sources, place)))
        return facts | {"inbox": {"taken": [show_url(place)], "refused": []}}
    inbox = open_inbox(place)
    with inbox.hold(now) as owner:
        if owner is not None:
            logger(sys.stderr).warning("lock_taken_over", place=place, owner=owner)
        return _take_files(inbox, request, run, now)


def _take_files(inbox: Inbox, request: RunRequest, run: Run, now: dt.datetime) -> dict[str, Any]:
    files, refused = inbox.list_files(), []
    while True:
        try:
            facts = run(dataclasses.replace(request, sources=(*request.sources, *files)))
            break
        except InputError as error:
            blamed = _find_blamed(files, error.where)
            if blamed is None:
                raise
            files.remove(blamed)
            error.translate(partial(translate, lang=request.lang))
            _set_aside(inbox, blamed, error)
            refused.append({"file": _name(blamed), "problem": str(error)})
            if not files:
                raise
    stamp = now.strftime("%Y%m%dT%H%M%S")
    for file in files:
        inbox.move(file, f"{DONE}/{stamp}-{_name(file)}")
    return facts | {"inbox": {"taken": [_name(file) for file in files], "refused": refused}}


def _find_blamed(files: Sequence[str], where: str) -> str | None:
    """Return the one file that an error names; a name may be a part of another file's.

    Examples
    --------
    >>> _find_blamed(["inbox/sales.csv", "inbox/more-sales.csv"], "more-sales.csv, line 3")
    'inbox/more-sales.csv'
    """
    for write in (str, _name):
        named = sorted((file for file in files if write(file) in where), key=len)
        if named and all(write(file) in write(named[-1]) for file in named):
            return named[-1]
    return None


def _set_aside(inbox: Inbox, file: str, error: InputError) -> None:
    inbox.move(file, f"{REFUSED}/{_name(file)}")
    problem = msgspec.json.format(msgspec.json.encode(error.problem()))
    inbox.write(f"{REFUSED}/{_name(file)}.problem.json", problem)


def _name(file: str) -> str:
    return file.rsplit("/", 1)[-1]
