"""A text file, opened: its encoding, dialect and header, and its records to come."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources.counting import RecordCounter, check_no_nul, line_ends
from clientela.sources.decoding import to_utf8
from clientela.sources.dialect import MOST_TITLES, blanks_to_tabs, decide, find_header
from clientela.sources.fixed_width import cut_lines
from clientela.sources.grammar import Dialect
from clientela.sources.names import check_names
from clientela.sources.opening import Digest, chunks

HEAD_BYTES = 1 << 18  # by convention: 256 KB, some thousand lines, tell encoding and grammar
TITLE_BYTES = 4_096  # by convention: what a row at the head of a file takes at most


@dataclass(frozen=True)
class Text:
    """A text file whose header has been read.

    ``head`` and then ``tail`` are its records in UTF-8, which begin on physical line ``line``,
    after the text ``before``; ``at_end`` tells whether ``head`` is all there is.
    """

    where: str
    encoding: str
    dialect: Dialect
    columns: tuple[str, ...]
    head: bytes
    at_end: bool
    tail: Iterator[bytes]
    line: int
    before: bytes = b""


class RecordStream:
    """The records of a text as a parser reads them, counted as they pass."""

    closed = False

    def __init__(self, text: Text) -> None:
        self._counter = RecordCounter(text.dialect, text.where, text.line)
        self._parts = chain([text.head], text.tail)
        self._held = bytearray()

    def read(self, size: int) -> bytes:
        """Return as much as is asked for, less only at the end."""
        while len(self._held) < size and (part := next(self._parts, None)) is not None:
            self._counter.feed(part)
            self._held += part
        data = bytes(self._held[:size])
        del self._held[:size]
        return data

    def count(self) -> int:
        """Count to the end, whatever the parser read, and give the number of records."""
        for part in self._parts:
            self._counter.feed(part)
        return self._counter.finish()


def begin(path: Path, encoding: str, settings: Source, digest: Digest | None = None) -> Text:
    """Open a text file, decide its dialect and read its header.

    Raises
    ------
    SourceError
        The file is empty, or its header cannot be read.
    Undecodable
        It is not of this encoding.
    """
    where = str(path)
    stream = to_utf8(chunks(path, digest), encoding)
    head, at_end = _gather_head(stream)
    if not head.strip():
        raise SourceError("the file is empty", where=where, do="give a file with rows")
    check_no_nul(head, where)
    dialect = decide(head, at_end, settings.delimiter, where)
    if dialect.blanks or dialect.cuts:
        parts = chain([head], stream)
        stream = cut_lines(parts, dialect.cuts) if dialect.cuts else blanks_to_tabs(parts)
        head, at_end = _gather_head(stream)
    names, start = _header(head, at_end, dialect, where, settings.header_row)
    line = 1 + line_ends(head[:start])
    before = head[:start]
    return Text(where, encoding, dialect, names, head[start:], at_end, stream, line, before)


def _gather_head(stream: Iterator[bytes]) -> tuple[bytes, bool]:
    """Take the first part of a stream, and tell whether that is all of it."""
    parts: list[bytes] = []
    size = 0
    for part in stream:
        parts.append(part)
        size += len(part)
        if size >= HEAD_BYTES:
            return b"".join(parts), False
    return b"".join(parts), True


def _header(
    head: bytes, at_end: bool, dialect: Dialect, where: str, row: int | None
) -> tuple[tuple[str, ...], int]:
    """Return the names of the columns and the place where the records begin."""
    start = len(head) - len(head.lstrip(b"\r\n"))
    closed = head + b"\n" if at_end else head
    if dialect.header:
        start = _skip_titles(closed, start, dialect, row)
    end = dialect.record_end(closed, start)
    if end < 0:
        raise SourceError(
            "the header does not end: a quote in it is never closed, or this is no table",
            where=where,
            do="correct the first line",
        )
    fields = dialect.split(closed[start:end].rstrip(b"\r\n"))
    if not dialect.header:
        return tuple(f"column_{n}" for n in range(1, len(fields) + 1)), start
    return check_names(fields, where), min(end, len(head))


def _skip_titles(data: bytes, start: int, dialect: Dialect, row: int | None) -> int:
    """Find where the header begins: the row that is configured, or that looks like one."""
    if row is None:
        head = data[: MOST_TITLES * TITLE_BYTES]
        rows = [dialect.split(record) for record in dialect.records(head, False)[:MOST_TITLES]]
        row = 1 + find_header(rows)
    for _ in range(row - 1):
        start = max(dialect.record_end(data, start), start)
        start += len(data[start:]) - len(data[start:].lstrip(b"\r\n"))
    return start
