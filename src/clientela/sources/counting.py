"""Count the records of delimited text without parsing it, independently of any parser."""

from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from clientela.errors import SourceError
from clientela.sources.grammar import Dialect

QUOTE, FEED, RETURN = b'"\n\r'
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]
DENSE = 128  # with more than one quote in so many bytes, counting by arrays is faster


class _State(Enum):
    RECORD_START = auto()
    FIELD_START = auto()
    FIELD = auto()
    QUOTED = auto()


class RecordCounter:
    r"""Count records in chunks of UTF-8 text, in constant memory.

    Lines without quotes are only counted; the grammar walks through the others.

    Parameters
    ----------
    dialect : Dialect
        What quotes and delimiters mean.
    where : str
        The source as errors name it.
    line : int
        The physical line the text begins on.

    Examples
    --------
    >>> counter = RecordCounter(Dialect(b","), "sales.csv")
    >>> counter.feed(b'1,12" RULER\n\n2,"two\nli')
    >>> counter.feed(b'nes"\n3,x')
    >>> counter.finish()
    3
    """

    def __init__(self, dialect: Dialect, where: str, line: int = 1) -> None:
        self.records = 0
        self._dialect = dialect
        self._where = where
        self._line = line
        self._state = _State.RECORD_START
        self._opened_on = 0
        self._held = b""

    @property
    def is_open(self) -> bool:
        """Whether a record has begun that has not ended."""
        return bool(self._held) or self._state is not _State.RECORD_START

    def feed(self, chunk: bytes) -> None:
        """Count what a chunk completes.

        Raises
        ------
        SourceError
            A NUL byte, or a quote that was never closed where it should have been.
        """
        data = self._held + chunk
        # A quote or CR at the very end means one thing or another, depending on what follows.
        complete = data.rstrip(b'"\r')
        self._held = data[len(complete) :]
        self._count(complete)

    def finish(self) -> int:
        """Count the last line, which needs no line end, and give the number of records.

        Raises
        ------
        SourceError
            A quoted field is still open.
        """
        if self._held or self._state is not _State.RECORD_START:
            self._count(self._held + b"\n")
            self._held = b""
        if self._state is _State.QUOTED:
            raise _unclosed_quote(self._where, self._opened_on)
        return self.records

    def _count(self, data: bytes) -> None:
        if not data:
            return
        check_no_nul(data, self._where, self._line)
        position = self._finish_record(data)
        if self._dialect.quoting and data.count(b'"') * DENSE > len(data):
            position += self._count_regular(data[position:])
        while position < len(data):
            position = self._advance(data, position)
        self._line += line_ends(data)

    def _finish_record(self, data: bytes) -> int:
        """Finish the record that an earlier chunk began; give the place after it."""
        position = 0
        if self._state is _State.QUOTED:
            position = self._dialect.quote_end(data, 0)
            if position < 0:
                return len(data)
            self._check_closing(data, self._opened_on, position)
            self._state = _State.FIELD
        if self._state is _State.RECORD_START:
            return position
        from_here = (
            self._dialect.record_end
            if self._state is _State.FIELD_START
            else self._dialect.rest_end
        )
        return self._close_record(data, position, from_here(data, position))

    def _count_regular(self, data: bytes) -> int:
        """Count the records that can be counted at once; give the place after them."""
        if self._state is not _State.RECORD_START:
            return 0
        records, end = count_regular(data, self._dialect.delimiter)
        self.records += records
        return end

    def _advance(self, data: bytes, position: int) -> int:
        """Count lines without quotes up to one with, then the record that one begins."""
        quote = data.find(b'"', position) if self._dialect.quoting else -1
        end = len(data) if quote < 0 else quote
        start = 1 + max(data.rfind(b"\n", position, end), data.rfind(b"\r", position, end))
        if start > position:
            self.records += lines_with_content(data[position:start])
            return start
        self._state = _State.FIELD_START
        return self._close_record(data, position, self._dialect.record_end(data, position))

    def _close_record(self, data: bytes, position: int, end: int) -> int:
        """Count the record from ``position`` to ``end``, or leave it open where ``end`` is -1."""
        if end < 0:
            return self._leave_open(data, position)
        self._check_quotes(data, position, end)
        self.records += 1
        self._state = _State.RECORD_START
        return end

    def _leave_open(self, data: bytes, position: int) -> int:
        """Note in which state the data ends, inside a record."""
        if self._state is _State.FIELD:
            position = self._dialect.unquoted_end(data, position) + 1
        while position <= len(data):
            end = self._dialect.field_end(data, position)
            if end < 0:
                self._state = _State.QUOTED
                self._opened_on = self._line + line_ends(data[:position])
                break
            self._check_quotes(data, position, end)
            self._state = _State.FIELD if end > position else _State.FIELD_START
            position = end + 1
        return len(data)

    def _check_quotes(self, data: bytes, start: int, end: int) -> None:
        """Check where the quoted fields of a record close that stands on several lines."""
        if not line_ends(data[start:end].rstrip(b"\r\n")):
            return
        while start < end:
            if data.startswith(b'"', start):
                opened_on = self._line + line_ends(data[:start])
                self._check_closing(data, opened_on, self._dialect.quote_end(data, start + 1))
            start = self._dialect.field_end(data, start) + 1

    def _check_closing(self, data: bytes, opened_on: int, position: int) -> None:
        """Refuse a quoted field over several lines that ends in the middle of a field.

        Such a quote was not meant to close this field but to open another one.
        """
        follows = data[position : position + 1]
        if follows in (b"", b"\r", b"\n", self._dialect.delimiter):
            return
        if self._line + line_ends(data[:position]) > opened_on:
            raise _unclosed_quote(self._where, opened_on)


def check_no_nul(data: bytes, where: str, line: int = 1) -> None:
    """Refuse text with NUL bytes; ``line`` is the physical line it begins on.

    Raises
    ------
    SourceError
        There is one.
    """
    if b"\0" in data:
        line += line_ends(data[: data.index(b"\0")])
        raise SourceError(
            f"there is a NUL byte on line {line:,}: this is no text, or UTF-16 without a mark",
            where=where,
            do='export the file as text anew, or set source.encoding, such as "utf-16-le"',
        )


def line_ends(data: bytes) -> int:
    r"""Count line ends: LF, CRLF or CR.

    Examples
    --------
    >>> line_ends(b"a\r\nb\rc\n")
    3
    """
    feeds = data.count(b"\n")
    if b"\r" not in data:
        return feeds
    return feeds + data.count(b"\r") - data.count(b"\r\n")


def lines_with_content(data: bytes) -> int:
    r"""Count the lines of whole lines that are not blank.

    Examples
    --------
    >>> lines_with_content(b"a\n\n\nb\r\n\r\nc\n")
    3
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if data.startswith(b"\n") or b"\n\n" in data:
        return sum(1 for line in data.split(b"\n") if line)
    return data.count(b"\n")


def _unclosed_quote(where: str, line: int) -> SourceError:
    return SourceError(
        f"the quote that opens a field on line {line:,} is never closed",
        where=where,
        do=f"correct line {line:,}, or double the quotes that belong to its text",
    )


def count_regular(data: bytes, delimiter: bytes) -> tuple[int, int]:
    r"""Count whole records of text that follows RFC 4180 to the letter, many at once.

    In such text a quote opens or closes a field by its parity alone, so whole chunks are counted
    as arrays. The first quote that breaks the rule ends the count; the grammar takes over there.

    Returns
    -------
    int, int
        The records, blank lines left out, and the place after the last of them.

    Examples
    --------
    >>> count_regular(b'1,"a\nb"\n\n2,"c ""d"" e"\n3,"open', b",")
    (2, 23)
    """
    text = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(text == QUOTE)
    ends = _line_ends(text)
    ends = ends[ends < _first_irregular(text, quotes, delimiter[0])]
    ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    if not len(ends):
        return 0, 0
    starts = np.concatenate(([0], ends[:-1] + 1))
    length = ends - starts
    blank = (length == 0) | ((length == 1) & (text[starts] == RETURN))
    return int(len(ends) - blank.sum()), int(ends[-1]) + 1


def _line_ends(text: Bytes) -> Places:
    """Find the last byte of every line end."""
    is_end = text == FEED
    returns = text == RETURN
    if returns.any():
        returns[:-1] &= ~is_end[1:]
        is_end |= returns
    return np.flatnonzero(is_end)


def _first_irregular(text: Bytes, quotes: Places, delimiter: int) -> int:
    """Find the first quote that stands neither at a field's edge nor beside its twin."""
    edges = np.zeros(256, np.bool_)
    edges[[delimiter, FEED, RETURN, QUOTE]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    bad_opening = opening[~edges[text[opening - 1]] & (opening > 0)]
    closing = closing[closing < len(text) - 1]
    bad_closing = closing[~edges[text[closing + 1]]]
    bad = np.concatenate((bad_opening[:1], bad_closing[:1]))
    return int(bad.min()) if len(bad) else len(text)
