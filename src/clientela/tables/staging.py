"""Staging: any source as one Parquet file of raw text, its records numbered and counted."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

REJECTS = pa.schema([("source_row", pa.int64()), ("line", pa.string()), ("reason", pa.string())])


@dataclass(frozen=True)
class Staged:
    """A source that was read whole.

    Parameters
    ----------
    location : str
        The source as announced: a path, or a URL without its password.
    path : Path
        The Parquet file: ``source_row`` (int64, 1-based record number, the header not counted)
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
    path: Path
    columns: tuple[str, ...]
    counted: int
    parsed: int
    rejected: int
    rejects: pa.Table
    sha256: str
    typed: frozenset[str]
    details: dict[str, str]


@dataclass(frozen=True)
class Sample:
    """The columns of a source and its first rows, as text, before anything is stored."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
