"""JSON: an object a line or a list of all; what it holds are columns, as customer.id.

Of an order with a list of lines each line is a row (:mod:`clientela.sources.json_documents`).
"""

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources.guard import Guard
from clientela.sources.json_documents import NumberText, read_documents, refuse, spread_lines
from clientela.sources.names import check_names
from clientela.sources.opening import Digest
from clientela.sources.staging import Sample, StagedSource, writing
from clientela.sources.values import check_no_nul

BATCH_ROWS = 65_536  # by convention: a power of two that stays under some MB
SAMPLE_ROWS = 2_000  # by convention: enough to prove columns by, and read at once
Record = dict[str, str | None]


def peek(location: str, settings: Source) -> Sample:
    """Return the columns and the first rows of JSON."""
    records = list(islice(_read_records(Path(location), hashlib.sha256()), SAMPLE_ROWS))
    columns = check_names(_list_columns(records, location), location)
    return Sample(columns, tuple(tuple(map(record.get, columns)) for record in records))


def stage(location: str, settings: Source, guard: Guard, folder: Path) -> StagedSource:
    """Read JSON whole: once for their columns, which any line may add to, once for values.

    Raises
    ------
    SourceError
        An object is none, or the file is no JSON.
    """
    path, digest = Path(location), hashlib.sha256()
    is_numeric: dict[str, bool] = {}
    counted = 0
    for record in _read_records(path, digest):
        counted += 1
        for name, value in record.items():
            number = value is None or isinstance(value, NumberText)
            is_numeric[name] = is_numeric.get(name, True) and number
    columns = check_names([*is_numeric] or _list_columns([], location), location)
    with writing(folder, columns, guard) as (target, writer):
        records = _read_records(path, hashlib.sha256())
        while batch := list(islice(records, BATCH_ROWS)):
            numbers = pa.array(range(writer.rows + 1, writer.rows + len(batch) + 1), pa.int64())
            texts = [
                pa.array([record.get(name) for record in batch], pa.string()) for name in is_numeric
            ]
            values = zip(columns, texts, strict=True)
            writer.write(numbers, [check_no_nul(text, name, location) for name, text in values])
    if counted != writer.rows:
        raise SourceError(
            f"{counted:,} rows were counted, but {writer.rows:,} read", where=location
        )
    return StagedSource(
        location=location,
        paths=(target,),
        columns=writer.columns,
        counted=counted,
        parsed=writer.rows,
        sha256=digest.hexdigest(),
        typed=frozenset(c for c, typed in zip(columns, is_numeric.values(), strict=True) if typed),
        details={"format": "JSON"},
    )


def _list_columns(records: list[Record], location: str) -> list[str]:
    columns = list(dict.fromkeys(name for record in records for name in record))
    if not columns:
        raise SourceError("the file holds no records", where=location, do="give a file with rows")
    return columns


def _read_records(path: Path, digest: Digest) -> Iterator[Record]:
    """Read each object as text by column; of an order with lines, one record a line."""
    for number, document in read_documents(path, digest):
        if not isinstance(document, dict):
            raise refuse(path, f"{number} is no JSON object")
        try:
            for fields in spread_lines(document):
                for text in (part for pair in fields.items() for part in pair if part):
                    if not text.isascii():  # half of a pair of UTF-16 is no text
                        text.encode()
                yield fields
        except (ValueError, RecursionError) as error:
            raise refuse(path, f"{number} is no JSON: {error}") from None
