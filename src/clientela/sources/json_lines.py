"""JSON lines: an object a line; objects within it are columns of their own, as customer.id."""

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources.guard import Guard
from clientela.sources.names import check_names
from clientela.sources.opening import Digest, chunks
from clientela.sources.staging import Sample, StagedSource, writing
from clientela.sources.values import check_no_nul

BATCH_ROWS = 65_536  # by convention: a power of two that stays under some MB
LONGEST_LINE_BYTES = 1 << 24  # by convention: 16 MB; an order of 10,000 lines takes some 2 MB
SAMPLE_ROWS = 2_000  # by convention: enough to prove columns by, and read at once
Record = dict[str, str | None]


class NumberText(str):
    """A number as the file writes it."""


def peek(location: str, settings: Source) -> Sample:
    """Return the columns and the first rows of JSON lines."""
    records = list(islice(_read_records(Path(location), hashlib.sha256()), SAMPLE_ROWS))
    columns = check_names(_list_columns(records, location), location)
    return Sample(columns, tuple(tuple(map(record.get, columns)) for record in records))


def stage(location: str, settings: Source, guard: Guard, folder: Path) -> StagedSource:
    """Read JSON lines whole: once for their columns, which any line may add to, once for values.

    Raises
    ------
    SourceError
        A line is no JSON object.
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
        path=target,
        columns=writer.columns,
        counted=counted,
        parsed=writer.rows,
        sha256=digest.hexdigest(),
        typed=frozenset(c for c, typed in zip(columns, is_numeric.values(), strict=True) if typed),
        details={"format": "JSON lines"},
    )


def _list_columns(records: list[Record], location: str) -> list[str]:
    columns = list(dict.fromkeys(name for record in records for name in record))
    if not columns:
        raise SourceError("the file holds no records", where=location, do="give a file with rows")
    return columns


def _read_records(path: Path, digest: Digest) -> Iterator[Record]:
    """Read each line's object as text by column; lists are no value of a line, and left out."""
    for number, line in enumerate(_read_lines(path, digest), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(
                line, parse_float=NumberText, parse_int=NumberText, parse_constant=lambda _: None
            )
            fields = dict(_flatten(record, "")) if isinstance(record, dict) else {}
            if b"\\u" in line or not line.isascii():  # half of a pair of UTF-16 is no text
                "".join(text for pair in fields.items() for text in pair if text).encode()
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"line {number:,} is no JSON: {error}",
                where=str(path),
                do="write one object a line, without a list around them",
            ) from None
        if not isinstance(record, dict):
            raise SourceError(
                f"line {number:,} is no JSON object",
                where=str(path),
                do="write one object a line, without a list around them",
            )
        yield fields


def _read_lines(path: Path, digest: Digest) -> Iterator[bytes]:
    """Yield the lines of a file.

    Raises
    ------
    SourceError
        One is longer than any record: it would be held, and copied, whole.
    """
    remainder = b""
    for chunk in chunks(path, digest):
        *lines, remainder = (remainder + chunk).removeprefix(b"\xef\xbb\xbf").split(b"\n")
        yield from lines
        if len(remainder) > LONGEST_LINE_BYTES:
            raise SourceError(
                f"a line is longer than {LONGEST_LINE_BYTES >> 20} MB",
                where=str(path),
                do="write one object a line, without a list around them",
            )
    yield remainder


def _flatten(record: dict[str, Any], prefix: str) -> Iterator[tuple[str, str | None]]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, bool):
            yield prefix + name, str(value).lower()
        elif not isinstance(value, list):
            yield prefix + name, value
