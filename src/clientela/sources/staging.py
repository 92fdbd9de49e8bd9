"""Staging: any source as one Parquet file of raw text, its records numbered and counted."""

import contextlib
import errno
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from clientela.errors import DiskFull

REJECTS = pa.schema([("source_row", pa.int64()), ("line", pa.string()), ("reason", pa.string())])
ROWS_A_GROUP = 122_880  # DuckDB's own row group, so that each is read by one thread


@dataclass(frozen=True)
class StagedSource:
    """A source that was read whole.

    Parameters
    ----------
    location : str
        The source as announced: a path, or a URL without its password.
    paths : tuple of Path
        The Parquet files: ``source_row`` (int64, 1-based record number, the header not counted)
        and every column of the source as text, null where empty.
    columns : tuple of str
        The columns of the source that are held, in order.
    counted, parsed, rejected : int
        Records of the source; ``counted`` is found independently and equals the sum of the others.
    rejects : pa.Table
        The rejected records: source_row, line, reason.
    sha256 : str
        Of the source's bytes; of a table or query, of the query and its row count.
    typed : frozenset of str
        Columns whose text was written from numbers: their decimal mark is a point.
    details : dict
        What was detected, to be announced: format, delimiter, encoding, sheet.
    """

    location: str
    paths: tuple[Path, ...]
    columns: tuple[str, ...]
    counted: int
    parsed: int
    sha256: str
    typed: frozenset[str]
    details: dict[str, str]
    rejected: int = 0
    rejects: pa.Table = field(default_factory=REJECTS.empty_table)

    @property
    def path(self) -> Path:
        """The file of a source that was staged as one."""
        (path,) = self.paths
        return path


@dataclass(frozen=True)
class Sample:
    """The columns of a source and its first rows, as text, before anything is stored."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class CallEach(Protocol):
    """What calls a function of each item, somewhere (:meth:`clientela.engine.Engine.call_each`)."""

    def __call__(
        self, function: Callable[[Asked], Answer], items: Sequence[Asked], /
    ) -> list[Answer]:
        """Return the answers in the order of the items."""


class Door(Protocol):
    """What every value passes on its way to the disk (:class:`clientela.sources.guard.Guard`)."""

    def drops(self, column: str) -> bool:
        """Tell whether a column is not stored."""

    def apply(self, column: str, values: pa.Array) -> pa.Array:
        """Return the values as they may be stored."""

    def line(self, text: str) -> str:
        """Return a rejected line as it may be stored."""


class Writer:
    """Write batches of text columns, with the numbers of their records, to a staging file."""

    def __init__(self, path: Path, columns: Sequence[str], door: Door) -> None:
        self.columns = tuple(column for column in columns if not door.drops(column))
        self.rows = 0
        self._door = door
        self._places = [columns.index(column) for column in self.columns]
        fields = [(column, pa.string()) for column in self.columns]
        self._schema = pa.schema([("source_row", pa.int64()), *fields])
        self._held: list[pa.RecordBatch] = []
        # What nobody asks of a staging file took half the time of writing it.
        self._file = pq.ParquetWriter(
            path, self._schema, use_dictionary=list(self.columns), write_statistics=False
        )

    def write(self, source_rows: pa.Array, values: Sequence[pa.Array]) -> None:
        """Write one batch: record numbers, and the values of all columns of the source."""
        arrays = [
            self._door.apply(column, values[index])
            for column, index in zip(self.columns, self._places, strict=True)
        ]
        batch = pa.record_batch([source_rows, *arrays], schema=self._schema)
        self.rows += len(batch)
        self._held.append(batch)
        if sum(map(len, self._held)) >= ROWS_A_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is held and end the file."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        if self._held:
            self._file.write_table(pa.Table.from_batches(self._held))
            self._held = []


@contextlib.contextmanager
def writing(
    folder: Path, columns: Sequence[str], door: Door, name: str = "staging"
) -> Iterator[tuple[Path, Writer]]:
    """Open a staging file in a folder, and end it well or leave none.

    Raises
    ------
    DiskFull
        There is no room for it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.parquet"
    try:
        writer = Writer(path, columns, door)
        yield path, writer
        writer.close()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(
                "no space left while reading the source", do="free the disk and run again"
            ) from error
        raise
