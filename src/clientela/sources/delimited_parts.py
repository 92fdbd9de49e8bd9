"""CSV read in parts: ranges of a large file, or files of a folder, each by whoever is asked.

A range is believed to begin with a record because the one before it, read from a true beginning,
ends one there. Ranges of which that is not so are joined. All are counted before any is parsed, so
that the records are numbered through.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto
from functools import partial
from itertools import accumulate, chain
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from clientela.config import Source
from clientela.errors import SourceError
from clientela.files.object_store import TEXT_ENDINGS
from clientela.sources.counting import RecordCounter
from clientela.sources.decoding import Undecodable, encodings, to_utf8
from clientela.sources.delimited import MOST_REJECTS, join_parts, stage_text
from clientela.sources.grammar import Dialect
from clientela.sources.guard import Guard
from clientela.sources.opening import (
    Digest,
    find_files,
    first_bytes,
    is_gzip,
    name_files,
    read_range,
    try_hash,
)
from clientela.sources.staging import CallEach, StagedSource
from clientela.sources.text import Text, begin

PART_BYTES = 1 << 26  # by convention: 64 MB, a few seconds of a core
DIVISIBLE = ("utf-8", "utf-8-sig", "windows-1252", "cp1252", "latin-1", "iso8859-1")
"""Encodings of which every LF byte is a line end."""


class TextSpan(NamedTuple):
    """A range of a text file, its header left out; without ``dialect`` the whole file."""

    file: Path
    file_bytes: int
    encoding: str
    start: int
    end: int
    dialect: Dialect | None = None
    columns: tuple[str, ...] = ()


class Trouble(Enum):
    """Why a range was not counted."""

    OPEN = auto()
    UNDECODABLE = auto()
    UNREADABLE = auto()


Counts = Mapping[TextSpan, int | Trouble]


def stage_parts(
    location: str, settings: Source, guard: Guard, folder: Path, call_each: CallEach
) -> StagedSource | None:
    """Read text files in parts, each into a file of its own.

    Returns
    -------
    StagedSource or None
        None where there are no two parts, or something is wrong with one: to read the files in
        order tells what.
    """
    files = find_files(Path(location).resolve(), TEXT_ENDINGS)
    try:
        counts = _count_spans(_divide(files, settings), settings, call_each)
    except (OSError, SourceError):
        return None
    if len(counts) < 2:
        return None
    before = [0, *accumulate(counts.values())]
    numbered = list(zip(counts, before, strict=False))
    read = partial(_stage_span, settings=settings, guard=guard, folder=folder)
    parts = [part for part in call_each(read, numbered) if part]
    hashes = [hash_ for hash_ in call_each(try_hash, files) if hash_]
    if [part.counted for part in parts] != [*counts.values()] or len(hashes) < len(files):
        return None
    if sum(part.rejected for part in parts) > MOST_REJECTS:
        return None
    return join_parts(location, parts, name_files(hashes))


def _divide(files: Sequence[Path], settings: Source) -> dict[Path, list[TextSpan]]:
    return {file: _divide_file(file, settings, None) for file in files}


def _divide_file(file: Path, settings: Source, failed: str | None) -> list[TextSpan]:
    """Divide a file as one of the next encoding that its head is of; no spans where none is."""
    names = encodings(first_bytes(file, 4), settings.encoding)
    for encoding in names[names.index(failed) + 1 :] if failed else names:
        try:
            return _divide_as(encoding, file, settings)
        except Undecodable:
            continue
    return []


def _divide_as(encoding: str, file: Path, settings: Source) -> list[TextSpan]:
    size = file.stat().st_size
    whole = TextSpan(file, size, encoding, 0, size)
    if size <= PART_BYTES or is_gzip(file) or encoding not in DIVISIBLE:
        return [whole]
    text = begin(file, encoding, settings)
    if text.dialect.blanks or text.dialect.cuts:
        return [whole]
    first = len(text.before.decode().encode(encoding))
    starts = [first, *(at for at in _find_starts(whole, text) if at > first)]
    whole = whole._replace(dialect=text.dialect, columns=text.columns)
    return [
        whole._replace(start=start, end=end)
        for start, end in zip(starts, [*starts[1:], size], strict=True)
    ]


def _find_starts(span: TextSpan, text: Text) -> Iterator[int]:
    """Find after every so many bytes where a record seems to begin."""
    size = span.file_bytes
    for place in range(PART_BYTES, size, PART_BYTES):
        window = next(read_range(span.file, place, min(place + PART_BYTES, size)))
        start = _find_start(window, text.dialect, len(text.columns))
        if start and place + start < size:
            yield place + start


def _find_start(window: bytes, dialect: Dialect, fields: int) -> int:
    """Find the first line of as many fields as the header has; 0 where none does.

    Inside a quoted text of several lines such a line is rare.
    """
    start = window.find(b"\n") + 1
    while start and (end := dialect.record_end(window, start)) > 0:
        if len(dialect.split(window[start:end].rstrip(b"\r\n"))) == fields:
            return start
        start = window.find(b"\n", start) + 1
    return 0


def _count_spans(
    spans: dict[Path, list[TextSpan]], settings: Source, call_each: CallEach
) -> dict[TextSpan, int]:
    """Count the records of all spans, divided otherwise until each begins with a record.

    Raises
    ------
    OSError
        A part cannot be counted.
    """
    counts: dict[TextSpan, int | Trouble] = {}
    while asked := [span for parts in spans.values() for span in parts if span not in counts]:
        if len(asked) == 1 and len(spans) == 1:
            return {}
        answers = call_each(partial(count_span, settings=settings), asked)
        counts |= dict(zip(asked, answers, strict=True))
        spans = {file: _divide_again(parts, counts, settings) for file, parts in spans.items()}
    known = {span: counts[span] for parts in spans.values() for span in parts}
    return {span: count for span, count in known.items() if isinstance(count, int)}


def _divide_again(spans: list[TextSpan], counts: Counts, settings: Source) -> list[TextSpan]:
    """Divide a file by what was counted."""
    troubles = {counts[span] for span in spans}
    if Trouble.UNREADABLE in troubles:
        raise FileNotFoundError(spans[0].file)
    if Trouble.UNDECODABLE in troubles:
        again = _divide_file(spans[0].file, settings, spans[0].encoding)
        if not again:
            raise FileNotFoundError(spans[0].file)
        return again
    joined: list[TextSpan] = []
    for span in spans:
        if joined and counts.get(joined[-1]) is Trouble.OPEN:
            joined[-1] = joined[-1]._replace(end=span.end)
        else:
            joined.append(span)
    return joined


def count_span(span: TextSpan, *, settings: Source) -> int | Trouble:
    """Count the records of a range, or say why not."""
    try:
        text = _open_span(span, settings)
        counter = RecordCounter(text.dialect, text.where)
        for part in chain([text.head], text.tail):
            counter.feed(part)
        if span.end < span.file_bytes and counter.is_open:
            return Trouble.OPEN
        return counter.finish()
    except Undecodable:
        return Trouble.UNDECODABLE
    except (OSError, SourceError):
        return Trouble.UNREADABLE


def _open_span(span: TextSpan, settings: Source, digest: Digest | None = None) -> Text:
    if span.file.stat().st_size != span.file_bytes:
        raise FileNotFoundError(span.file)
    if span.dialect is None:
        return begin(span.file, span.encoding, settings, digest)
    encoding = span.encoding.removesuffix("-sig")
    content = to_utf8(read_range(span.file, span.start, span.end), encoding)
    where = str(span.file)
    return Text(where, encoding, span.dialect, span.columns, b"", False, content, 1)


def _stage_span(
    numbered: tuple[TextSpan, int], *, settings: Source, guard: Guard, folder: Path
) -> StagedSource | None:
    """Parse a range whose records come after others; None where it cannot be read whole."""
    span, before = numbered
    name = f"staging-{before}-{uuid4().hex}"
    try:
        opened = partial(_open_span, span, settings)
        return stage_text(opened, guard, folder, before, name)
    except (OSError, SourceError, Undecodable):
        return None
