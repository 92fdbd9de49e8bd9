"""Sources: files, tables and queries, each read whole into one staging Parquet file.

A file is known by its first bytes, not by its name; a database by the ``://`` of its URL. An
object of S3 is read from its copy (:func:`clientela.files.object_store.fetch_all`).
"""

import dataclasses
import importlib
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast

from clientela.config import Source
from clientela.config.database_url import SOURCE_PASSWORD, refuse_secret_text
from clientela.errors import InputError, SourceError
from clientela.files.object_store import TEXT_ENDINGS, FetchedObject
from clientela.sources.guard import Guard, visible
from clientela.sources.opening import chunks, find_files, first_bytes, is_gzip
from clientela.sources.staging import CallEach, Sample, StagedSource

__all__ = ["peek", "stage"]

MAGIC = (
    (b"PAR1", "columnar"),
    (b"PK\x03\x04", "spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "spreadsheet"),
)
PARTED = {
    "columnar": "clientela.sources.columnar",
    "delimited": "clientela.sources.delimited_parts",
}
"""What reads sources in parts."""
JSON_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[?\s*\{\s*"')
JSON_BYTES = 256  # by convention: a list and its first object begin before, however indented
SQLITE_MAGIC = b"SQLite format 3\0"


class SourceReader(Protocol):
    """A module that reads one kind of source."""

    def peek(self, location: str, settings: Source) -> Sample:
        """Return the columns and first rows."""

    def stage(self, location: str, settings: Source, guard: Guard, folder: Path) -> StagedSource:
        """Read the source whole."""


def peek(location: str, settings: Source, dropped: Collection[str] = ()) -> Sample:
    """Return the columns and first rows of a source; nothing is written.

    Parameters
    ----------
    location : str
        A path, or the URL of a table or query.
    settings : Source
        How the source is written, where the user says so.
    dropped : collection of str
        Columns that are not stored (``privacy.drop_columns``) and so not seen either.

    Raises
    ------
    SourceError
        It does not exist, or cannot be read.
    """
    with _read_copy(location) as path:
        return visible(_reader(path).peek(path, settings), dropped)


def stage(
    location: str,
    settings: Source,
    guard: Guard,
    folder: Path,
    call_each: CallEach | None = None,
) -> StagedSource:
    """Read a source whole into Parquet files of ``folder``.

    Parameters
    ----------
    location : str
        A path, or the URL of a table or query.
    settings : Source
        How the source is written, where the user says so.
    guard : Guard
        What every value passes.
    folder : Path
        Where the files are written.
    call_each : callable, optional
        Calls a function of each of some parts elsewhere, from where the folder is seen. Sources
        that can be divided are read by it; those whose ids are replaced are not, for the keys
        stay here.

    Raises
    ------
    SourceError
        It cannot be read whole; the message names the record or line where trouble starts.
    DiskFull
        There is no room for it.
    """
    with _read_copy(location) as path:
        staged = None
        if call_each is not None and not guard.keys and kind(path) in PARTED:
            reader = importlib.import_module(PARTED[kind(path)])
            staged = reader.stage_parts(path, settings, guard, folder, call_each)
        staged = staged or _reader(path).stage(path, settings, guard, folder)
    if isinstance(location, FetchedObject):
        return dataclasses.replace(staged, location=str(location))  # text alone is stored
    return staged


@contextmanager
def _read_copy(location: str) -> Iterator[str]:
    """Return where to read; what goes wrong with the copy of an object names the object."""
    if not isinstance(location, FetchedObject):
        yield location
        return
    path = str(location.copy)
    try:
        yield path
    except InputError as error:
        error.where = error.where.replace(path, location)
        raise


def _reader(location: str) -> SourceReader:
    module = importlib.import_module(f"clientela.sources.{kind(location)}")
    return cast(SourceReader, module)


def kind(location: str) -> str:
    """Find which module reads a source.

    Raises
    ------
    SourceError
        It does not exist, or is a database without a URL.
    """
    if "://" in location:
        return "database"
    path = Path(location)
    if not location or not path.exists():
        refuse_secret_text(location, SOURCE_PASSWORD)
        raise SourceError("there is no such file", where=location, do="check the path")
    if path.is_dir():
        is_text = find_files(path, TEXT_ENDINGS) and not find_files(path, [".parquet"])
        return "delimited" if is_text else "columnar"
    if not path.is_file():
        raise SourceError(
            "this is a pipe or device, and a source is read more than once",
            where=location,
            do="write it to a file first",
        )
    first = first_bytes(path, len(SQLITE_MAGIC))
    if first == SQLITE_MAGIC:
        raise SourceError(
            "this is an SQLite database",
            where=location,
            do=f"name the table: sqlite:///{location}?table=NAME",
        )
    head = next(chunks(path), b"") if is_gzip(path) else first_bytes(path, JSON_BYTES)
    if JSON_START.match(head):
        return "json_lines"
    return next((reader for magic, reader in MAGIC if first.startswith(magic)), "delimited")
